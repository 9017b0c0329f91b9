"""The catalogue that comes with the application: readable YAML in Dutch and English, in our own words."""

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from governance.framework_release import Catalogue, Item
from governance.models import FrameworkRelease

FOLDER: Path = settings.BASE_DIR / "fixtures" / "catalogue"

NAME = "2"
"""The version of the built-in catalogue; to be raised with its content."""

GROUPS = {
    "topic": "topics",
    "phase": "phases",
    "discipline": "disciplines",
    "law": "laws",
    "audit_framework": "audit_frameworks",
    "term": "glossary",
}
ITEMS = {"requirement": "requirements", "measure": "measures", "tool": "tools"}

TEXTS = {"title", "summary", "risk", "short", "term", "definition"}
AS_THEY_ARE = {"slug", "law", "number", "url", "category", "publisher"}
LINKS = {"topics", "phases", "disciplines"}


def fingerprint(folder: Path = FOLDER) -> str:
    """SHA-256 of the files."""
    digest = hashlib.sha256()
    for name in sorted({*GROUPS.values(), *ITEMS.values()}):
        content = (folder / f"{name}.yaml").read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def read_built_in(folder: Path = FOLDER) -> Catalogue:
    """The built-in catalogue, in the form in which a release is read."""
    entries = {kind: _entries(folder, name) for kind, name in {**GROUPS, **ITEMS}.items()}
    measures = {_code(measure["urn"]): measure for measure in entries["measure"]}
    criteria: dict[str, int] = {}
    named: dict[str, set[str]] = {code: set() for code in measures}
    for framework in entries["audit_framework"]:
        for criterion in framework["criteria"]:
            key = f"{framework['slug']} {criterion['number']}"
            criteria[key] = len(criteria) + 1
            for code in criterion["measures"]:
                named[code].add(key)
    for code, measure in measures.items():
        for framework, numbers in measure.get("criteria", {}).items():
            named[code] |= {f"{framework.lower()} {number}" for number in numbers}

    catalogue = Catalogue(FrameworkRelease.Source.BUILT_IN, fingerprint(folder), criteria=criteria)
    for kind in GROUPS:
        catalogue.groups[kind] = {entry["slug"]: _fields(entry, without=("slug",)) for entry in entries[kind]}
    urns = {kind: {_code(entry["urn"]): entry["urn"] for entry in entries[kind]} for kind in ("requirement", "measure")}
    for kind, name in ITEMS.items():
        for entry in entries[kind]:
            links = {link: set(entry[link]) for link in LINKS}
            if kind == "requirement":
                links["axes"] = {f"{axis} {value}" for axis, values in entry["axes"].items() for value in values}
            else:
                links["requirements"] = {urns["requirement"][code] for code in entry["requirements"]}
            if kind == "measure":
                links["criteria"] = named[_code(entry["urn"])]
            if kind == "tool":
                links["measures"] = {urns["measure"][code] for code in entry["measures"]}
            fields = _fields(entry)
            if kind == "requirement":
                fields |= {key: _day(entry.get(key)) for key in ("effective_from", "effective_from_existing")}
            if kind != "tool":
                fields["facts"] = entry.get("facts", [])
            fields["sources"] = [_source(source) for source in entry.get("sources", [])]
            catalogue.items.append(Item(kind, entry["urn"], f"{name}.yaml", fields, links))
    return catalogue


def _entries(folder: Path, name: str) -> list[dict[str, Any]]:
    load = partial(yaml.load, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    entries: list[dict[str, Any]] = load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return entries


def _fields(entry: Mapping[str, Any], without: tuple[str, ...] = ()) -> dict[str, Any]:
    fields = {key: entry[key] for key in AS_THEY_ARE if key in entry and key not in without}
    for key in TEXTS & entry.keys():
        fields |= {f"{key}_{language}": entry[key][language].strip() for language in ("nl", "en")}
    return fields


def _source(source: Mapping[str, Any]) -> dict[str, str]:
    return {"title_nl": source["title"]["nl"], "title_en": source["title"]["en"], "url": source.get("url", "")}


def _day(value: str | date | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _code(urn: str) -> str:
    return urn.rsplit(":", 1)[-1]
