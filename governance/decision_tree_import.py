"""Importing a decision tree: read, checked in full, stored beside the earlier ones and taken into use.

Three checks follow each other: the format (our schema, and the publisher's where it lies beside the file), the
references and conditions, and a walk along every path.
"""

import hashlib
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from jsonschema import SchemaError, ValidationError
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from governance import audit_trail
from governance.decision_tree import AXIS_OF_LABEL, Tree, TreeError, read_tree
from governance.models import DecisionTree

BUILT_IN: Path = settings.BASE_DIR / "fixtures" / "decision_tree.yaml"
SCHEMA = Path(__file__).with_name("decision_tree_schema.json")
PUBLISHED_SCHEMA = "schema_decision_tree.json"
"""The name under which the official schema lies beside the official tree."""

MAX_PATHS = 1_000_000
"""A tree with more paths cannot be walked in reasonable time; the official one has 3,140."""

after_import: list[Callable[[DecisionTree], int]] = []
"""Called in the transaction that takes a tree into use; each returns how many records are due for review by it."""

Place = Sequence[str | int]
"""Keys and indexes that lead from the top of a document to something in it."""


@dataclass(frozen=True)
class Differences:
    """The numbers of questions or conclusions that differ. What leads elsewhere may be reworded as well."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    leading_elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True)
class TreeReport:
    """What an import found and did. The differences are with the tree in use before; without one all is added."""

    record: DecisionTree
    tree: Tree
    former: DecisionTree | None
    is_new: bool
    is_taken_into_use: bool
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
    document = _read(path)
    _check_format(document)
    fingerprint = _fingerprint(document)
    tree, paths, reached = _follow(document)
    is_built_in = path.resolve() == BUILT_IN.resolve()
    with transaction.atomic():
        former = DecisionTree.objects.select_for_update().filter(is_current=True).first()
        record = DecisionTree.objects.filter(fingerprint=fingerprint).first()
        is_new = record is None
        if record is None:
            record = DecisionTree(
                source=DecisionTree.Source.BUILT_IN if is_built_in else DecisionTree.Source.OFFICIAL,
                name=document.content["name"],
                version=document.content["version"],
                fingerprint=fingerprint,
                content=document.content,
            )
        would_displace = is_built_in and former is not None and former.source == DecisionTree.Source.OFFICIAL
        takes_over = former != record and (make_current or former is None or (is_new and not would_displace))
        due_for_review = _store(record, former, is_new=is_new, takes_over=takes_over)
    before = former.content if former else {"questions": [], "conclusions": []}
    labels = {label for question in tree.questions.values() for answer in question.answers for label in answer.labels}
    return TreeReport(
        record=record,
        tree=tree,
        former=former,
        is_new=is_new,
        is_taken_into_use=takes_over,
        paths=paths,
        unreached=tuple(number for number in (*tree.questions, *tree.conclusions) if number not in reached),
        labels_without_axis=tuple(sorted(labels - AXIS_OF_LABEL.keys())),
        questions=_differences(before["questions"], document.content["questions"], "questionId"),
        conclusions=_differences(before["conclusions"], document.content["conclusions"], "conclusionId"),
        due_for_review=due_for_review,
    )


def _store(record: DecisionTree, former: DecisionTree | None, *, is_new: bool, takes_over: bool) -> int:
    """Saves what changes and returns how many records are due for review because of it."""
    changes: dict[str, list[Any]] = {}
    if takes_over:
        DecisionTree.objects.filter(is_current=True).update(is_current=False)
        record.is_current = True
        changes = {"in use": [str(former) if former else None, str(record)]}
    if is_new or takes_over:
        record.save()
        audit_trail.record("decision_tree.imported" if is_new else "decision_tree.taken_into_use", record, changes)
    return sum(count(record) for count in after_import) if takes_over else 0


def _differences(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], number: str) -> Differences:
    before, after = {entry[number]: entry for entry in old}, {entry[number]: entry for entry in new}
    changed = [key for key in after if key in before and before[key] != after[key]]
    elsewhere = [key for key in changed if _routes(before[key]) != _routes(after[key])]
    return Differences(
        added=tuple(key for key in after if key not in before),
        removed=tuple(key for key in before if key not in after),
        reworded=tuple(key for key in changed if key not in elsewhere),
        leading_elsewhere=tuple(elsewhere),
    )


def _routes(entry: Mapping[str, Any]) -> list[list[Any]]:
    """What each answer gives and where it leads, without the words."""
    fields = ("labels", "nextQuestionId", "nextConclusionId", "redirects")
    return [[answer.get(name) for name in fields] for answer in entry.get("answers", [])]


# Reading


@dataclass(frozen=True)
class Document:
    """A YAML file that was read, and where in it everything stands."""

    path: Path
    content: Any
    root: yaml.Node | None

    def line(self, place: Place) -> int:
        """The line, from 1, of what stands at `place`, or of the nearest thing around it that exists."""
        node, line = self.root, 1
        for step in place:
            node = _inside(node, step)
            if node is None:
                break
            line = node.start_mark.line + 1
        return line

    def describe(self, place: Place) -> str:
        """The place for a reader: questions by their number, the rest counted from 1."""
        steps, here = [], self.content
        for step in place:
            here = here[step]
            number = (here.get("questionId") or here.get("conclusionId")) if isinstance(here, dict) else None
            steps.append(str(number or (step + 1 if isinstance(step, int) else step)))
        return " › ".join(steps)

    def place_of(self, number: str) -> Place:
        """Where the question or conclusion with this number stands; the last, when it stands there twice."""
        found: Place = ()
        for kind, key in (("conclusions", "conclusionId"), ("questions", "questionId")):
            for index, entry in enumerate(self.content[kind]):
                if entry[key] == number:
                    found = (kind, index)
        return found

    def error(self, reason: object, place: Place = (), number: str = "") -> TreeError:
        """The error to raise for a fault at this place."""
        where = {"file": self.path, "line": self.line(place), "place": self.describe(place), "reason": reason}
        sentence = _("%(file)s, line %(line)d (%(place)s): %(reason)s") if place else _("%(file)s: %(reason)s")
        return TreeError(sentence % where, number)


def _inside(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step]
    return None


def _read(path: Path) -> Document:
    """The YAML in the file. Raises `TreeError` when it cannot be read."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        _refuse_repeated_keys(path, root)
        return Document(path, loader.construct_document(root) if root else None, root)
    except TreeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError as error:
        reason = _("it is not UTF-8 text (byte %(n)d)") % {"n": error.start + 1}
    except yaml.MarkedYAMLError as error:
        if error.problem_mark:
            where = {"file": path, "line": error.problem_mark.line + 1, "reason": error.problem}
            raise TreeError(_("%(file)s, line %(line)d: this is not YAML: %(reason)s.") % where) from error
        reason = str(error)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
    except RecursionError:
        reason = _("it is nested too deeply")
    raise TreeError(_("%(file)s cannot be read: %(reason)s.") % {"file": path, "reason": reason})


def _refuse_repeated_keys(path: Path, root: yaml.Node | None) -> None:
    """YAML readers keep the last of two equal keys in silence; here that is an error."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode) and key.value in keys:
                    where = {"file": path, "line": key.start_mark.line + 1, "key": key.value}
                    raise TreeError(_("%(file)s, line %(line)d: “%(key)s” is given twice.") % where)
                keys.add(str(key.value))
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)


# Checking


def _check_format(document: Document) -> None:
    """Raises `TreeError` for the first line that does not fit our schema, or the one that lies beside the file."""
    _validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    published = document.path.with_name(PUBLISHED_SCHEMA)
    if published.exists():
        try:
            _validate(document, json.loads(published.read_text(encoding="utf-8")))
        except (OSError, json.JSONDecodeError, UnicodeDecodeError, SchemaError, Unresolvable) as error:
            where = {"file": published, "reason": textwrap.shorten(str(error), 200)}
            raise TreeError(_("%(file)s is not a usable schema: %(reason)s") % where) from error


def _validate(document: Document, schema: Any) -> None:
    kind = validator_for(schema)
    kind.check_schema(schema)
    errors = list(kind(schema, registry=Registry()).iter_errors(document.content))
    if errors:
        first = min(errors, key=lambda error: document.line(error.absolute_path))
        raise document.error(_reason(first), first.absolute_path)


def _reason(error: ValidationError) -> str:
    """What is wrong, in a sentence."""
    expected: Any = error.validator_value
    found: Any = error.instance
    match error.validator:
        case "required":
            missing = next(name for name in expected if name not in found)
            return _("“%(name)s” is missing.") % {"name": missing}
        case "oneOf" if all("required" in choice for choice in expected):
            names = ", ".join(choice["required"][0] for choice in expected)
            return _("give exactly one of %(names)s.") % {"names": names}
        case "minLength":
            return _("this is empty.")
        case "type" if found is None:
            return _("this is empty.")
        case "type" if not error.absolute_path:
            return _(
                "this is no decision tree: a file with “name”, “version”, “questions” and “conclusions” is needed. "
                "Give the file with the tree itself, which the publisher calls decision-tree.yaml."
            )
        case "type" if "string" in expected and not isinstance(found, dict | list):
            return _("this must be text: put it between quotes.")
        case "type" if expected in ("array", "object"):
            return _("this must be a list.") if expected == "array" else _("this must be a group of named fields.")
        case "maxLength":
            return _("this is longer than %(n)d characters.") % {"n": expected}
        case "minItems":
            return _("at least %(n)d are needed.") % {"n": expected}
        case "maxItems":
            return _("at most %(n)d are allowed.") % {"n": expected}
    return Truncator(error.message.replace(repr(found), Truncator(repr(found)).chars(60))).chars(200)


def _fingerprint(document: Document) -> str:
    """SHA-256 of the content as canonical JSON: layout, comments and the order of keys make no difference."""
    try:
        canonical = json.dumps(
            document.content, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":")
        )
        encoded = canonical.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise document.error(_("it holds something that is no text, number or list: %s.") % error) from error
    if "\\u0000" in canonical:
        raise document.error(_("it holds the character NUL, which cannot be stored."))
    return hashlib.sha256(encoded).hexdigest()


def _follow(document: Document) -> tuple[Tree, int, set[str]]:
    """The tree, how many paths it has, and every question and conclusion they come along."""
    paths, reached = 0, set()
    try:
        tree = read_tree(document.content)
        for walk in tree.paths():
            paths += 1
            reached |= {step.question.number for step in walk.steps}
            if walk.conclusion:
                reached.add(walk.conclusion.number)
            if paths > MAX_PATHS:
                raise TreeError(_("There are more than %(n)d paths through the questions.") % {"n": MAX_PATHS})
    except TreeError as error:
        raise document.error(error, document.place_of(error.number), error.number) from error
    except RecursionError as error:
        raise document.error(_("A condition is nested too deeply.")) from error
    return tree, paths, reached
