"""Importing a decision tree: read, checked in full, stored beside the earlier ones and taken into use.

Three checks, each stricter about meaning than the one before: the format (our schema, and the publisher's where it
lies beside the file), the references and conditions, and a walk along every path.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from jsonschema import SchemaError, ValidationError
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from governance import audit_trail
from governance.decision_tree import AXIS_OF_LABEL, Tree, TreeError, read_tree
from governance.models import DecisionTree

BUILT_IN = settings.BASE_DIR / "fixtures" / "decision_tree.yaml"
SCHEMA = Path(__file__).with_name("decision_tree_schema.json")
PUBLISHED_SCHEMA = "schema_decision_tree.json"
"""The name under which the official schema lies beside the official tree."""

MAX_PATHS = 1_000_000
"""More ways through a tree than this cannot be walked in reasonable time; the official tree has 3,140."""

after_import: list[Callable[[DecisionTree], int]] = []
"""Called in the transaction that takes a tree into use; each returns how many records are now due for review."""


@dataclass(frozen=True)
class Differences:
    """Numbers of questions or conclusions, in the order of the trees. What is rerouted may be reworded as well."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    rerouted: tuple[str, ...] = ()


@dataclass(frozen=True)
class TreeReport:
    """What an import found and did. Differences are with the tree that was in use; there are none without one."""

    tree: DecisionTree
    is_new: bool
    is_taken_into_use: bool
    former: DecisionTree | None
    paths: int
    unreached: tuple[str, ...]
    labels_without_axis: tuple[str, ...]
    questions: Differences
    conclusions: Differences
    due_for_review: int


def import_tree(path: Path = BUILT_IN, *, make_current: bool = False) -> TreeReport:
    """Stores the tree in the YAML file at `path` and takes it into use.

    A tree that is stored already changes nothing, and the built-in tree does not take the place of an official one,
    unless `make_current`. Raises `TreeError` naming file, place and reason, with nothing changed.
    """
    content, tree = _read(path)
    paths, reached = _walk_every_path(path, tree)
    questions = [question for question in tree.questions.values()]
    labels = {label for question in questions for answer in question.answers for label in answer.labels}
    is_built_in = path.resolve() == BUILT_IN.resolve()
    with transaction.atomic():
        former = DecisionTree.objects.select_for_update().filter(is_current=True).first()
        fingerprint = fingerprint_of(path, content)
        record = DecisionTree.objects.filter(fingerprint=fingerprint).first()
        is_new = record is None
        record = record or DecisionTree(
            source=DecisionTree.Source.BUILT_IN if is_built_in else DecisionTree.Source.OFFICIAL,
            name=content["name"],
            version=content["version"],
            fingerprint=fingerprint,
            content=content,
        )
        may_replace = is_new and not (is_built_in and former and former.source == DecisionTree.Source.OFFICIAL)
        takes_over = not record.is_current and (make_current or may_replace or former is None)
        due = _store(record, former, is_new=is_new, takes_over=takes_over)
    old = former.content if former else content
    return TreeReport(
        tree=record,
        is_new=is_new,
        is_taken_into_use=takes_over,
        former=former if former != record else None,
        paths=paths,
        unreached=tuple(number for number in (*tree.questions, *tree.conclusions) if number not in reached),
        labels_without_axis=tuple(sorted(labels - AXIS_OF_LABEL.keys())),
        questions=_differences(old["questions"], content["questions"], "questionId"),
        conclusions=_differences(old["conclusions"], content["conclusions"], "conclusionId"),
        due_for_review=due,
    )


def _store(record: DecisionTree, former: DecisionTree | None, *, is_new: bool, takes_over: bool) -> int:
    """Saves the tree and returns how many records are due for review because of it."""
    if takes_over:
        DecisionTree.objects.filter(is_current=True).update(is_current=False)
        record.is_current = True
    if not (is_new or takes_over):
        return 0
    record.save()
    changes = {"is_current": [False, True], "former": [str(former) if former else None, None]} if takes_over else {}
    audit_trail.record("decision_tree.imported" if is_new else "decision_tree.taken_into_use", record, changes)
    return sum(count(record) for count in after_import) if takes_over else 0


# Reading and checking


def _read(path: Path) -> tuple[dict[str, Any], Tree]:
    """The content of the file as it stands there, and the tree in it."""
    try:
        document = _compose(path, path.read_text(encoding="utf-8"))
        content = document.content
        _validate(path, document, json.loads(SCHEMA.read_text(encoding="utf-8")))
        published = path.with_name(PUBLISHED_SCHEMA)
        if published.exists():
            _validate_as_published(path, document, published)
        return content, read_tree(content)
    except OSError as error:
        raise TreeError(_("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": error.strerror}) from error
    except UnicodeDecodeError as error:
        raise TreeError(
            _("%(file)s is not UTF-8 text: byte %(n)d cannot be read.") % {"file": path, "n": error.start + 1}
        ) from error
