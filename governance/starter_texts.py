"""Texts to begin with, in Dutch and English: public values, functions and what they have to know.

An organisation takes over what fits and changes it to its own; later changes of a starter text change nothing there.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import get_language

FOLDER: Path = settings.BASE_DIR / "fixtures" / "starter"

Starter = Mapping[str, Any]


@cache
def content(name: str) -> Any:
    """What one file holds."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def starters(name: str) -> list[Starter]:
    """The entries of a file that is a list, in its order; each has a `code`, and its texts in both languages."""
    entries: list[Starter] = content(name)
    return entries


def in_language(texts: Mapping[str, str]) -> str:
    """The text in the reader's language; in Dutch where it is not there."""
    return texts.get((get_language() or "nl")[:2]) or texts.get("nl") or ""


def not_yet_there(name: str, field: str, taken: set[str]) -> list[Starter]:
    """The starters that none of the `taken` names is the name of, in either language."""
    folded = {text.casefold() for text in taken}
    return [entry for entry in starters(name) if not folded & {text.casefold() for text in entry[field].values()}]
