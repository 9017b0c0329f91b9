"""What the audit trail tells of an import of the catalogue: what was added, changed, withdrawn and brought back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from governance import audit_trail
from governance.catalogue_comparison import GROUPS, ITEMS, Comparison, as_json


@dataclass(frozen=True)
class Difference:
    kind: str
    key: str
    done: str
    changes: dict[str, list[Any]]


def differences(comparison: Comparison) -> list[Difference]:
    """What writing the comparison will do to each record. To be asked before it is written."""
    return [*_of_groups(comparison), *_of_criteria(comparison), *_of_items(comparison)]


def append(comparison: Comparison, found: list[Difference]) -> None:
    """Writes an event for each of the differences, after they were written themselves."""
    places: dict[str, Any] = {**dict.fromkeys(ITEMS, comparison.items), **comparison.groups}
    places["criterion"] = comparison.criteria
    events = []
    for difference in found:
        record = places[difference.kind][difference.key]
        events.append(audit_trail.event(f"{record._meta.model_name}.{difference.done}", record, difference.changes))
    audit_trail.append(events)


def _of_groups(comparison: Comparison) -> Iterator[Difference]:
    for kind in GROUPS:
        for slug in comparison.report.added[kind]:
            yield Difference(kind, slug, "added", _first(comparison.catalogue.groups[kind][slug]))
        for slug, fields in comparison.group_changes[kind].items():
            row = comparison.groups[kind][slug]
            old = {name: getattr(row, name) for name in fields}
            yield Difference(kind, slug, "revised", audit_trail.changes_between(old, fields))
    yield from _back_and_forth(comparison, "term")


def _of_criteria(comparison: Comparison) -> Iterator[Difference]:
    order = comparison.catalogue.criteria
    for key in comparison.report.added["criterion"]:
        yield Difference("criterion", key, "added", {"order": [None, order[key]]})
    for key in comparison.report.changed["criterion"]:
        yield Difference("criterion", key, "revised", {"order": [comparison.criteria[key].order, order[key]]})
    yield from _back_and_forth(comparison, "criterion")


def _of_items(comparison: Comparison) -> Iterator[Difference]:
    for kind in ITEMS:
        for urn in comparison.report.added[kind]:
            new = comparison.new[urn]
            yield Difference(kind, urn, "added", _first(as_json({**new.fields, **new.links})))
        for urn in comparison.report.changed[kind]:
            new, old = comparison.new[urn], as_json(comparison.old_states[urn])
            changes = audit_trail.changes_between(old, as_json({**new.fields, **new.links}))
            yield Difference(kind, urn, "revised", changes)
        yield from _back_and_forth(comparison, kind)


def _back_and_forth(comparison: Comparison, kind: str) -> Iterator[Difference]:
    for done in ("withdrawn", "returned"):
        for key in getattr(comparison.report, done)[kind]:
            yield Difference(kind, key, done, {"withdrawn": [done == "returned", done == "withdrawn"]})


def _first(fields: dict[str, Any]) -> dict[str, list[Any]]:
    """What stands in a new record, without what is empty."""
    return audit_trail.changes_between({}, {name: value for name, value in fields.items() if value not in ("", [], {})})
