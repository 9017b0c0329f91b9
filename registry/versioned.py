"""Records about an algorithm that count their versions: changed as long as they read as they were seen."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from governance import audit_trail
from governance.conflict import Conflict
from governance.models import Organisation


def organisation_of(record: Any) -> Organisation:
    organisation: Organisation = record.algorithm.organisation
    return organisation


def told(verb: str, record: Any, changes: Mapping[str, Any]) -> None:
    """Records the event, in the trail of the organisation of the algorithm."""
    audit_trail.record(verb, record, changes, organisation=organisation_of(record))


def held(record: Any, seen: int) -> Any:
    """The record as it stands, held until the transaction ends. Raises `Conflict` when it is not as it was `seen`."""
    rows = type(record).objects.select_for_update(no_key=True, of=("self",))
    fresh = rows.select_related("algorithm__organisation").get(pk=record.pk)
    if fresh.version != seen:
        raise Conflict(fresh)
    return fresh


def add(record: Any, fields: Mapping[str, Any], verb: str, *, check: Callable[[Any], None]) -> Any:
    """Saves a new record with these fields, linked rows as lists. Raises `ValidationError` naming the fields."""
    with transaction.atomic():
        _fill(record, fields)
        check(record)
        record.save()
        _link(record, fields)
        told(verb, record, audit_trail.changes_between({}, _plain(record, fields)))
    return record


def change(
    fresh: Any, fields: Mapping[str, Any], verb: str, *, check: Callable[[Any], None], reason: str = ""
) -> dict[str, list[Any]]:
    """Changes a record that is `held`, and returns what differs; nothing is written when nothing does."""
    changes = differing(fresh, fields)
    if not changes:
        return changes
    _fill(fresh, fields)
    check(fresh)
    fresh.version += 1
    fresh.save()
    _link(fresh, fields)
    told(verb, fresh, {**changes, "reason": [None, reason]} if reason else changes)
    return changes


def _links(record: Any) -> set[str]:
    return {field.name for field in record._meta.many_to_many}


def read(record: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these fields as they stand; linked rows by name."""
    linked = _links(record)
    return {
        name: sorted(str(row) for row in getattr(record, name).all()) if name in linked else getattr(record, name)
        for name in fields
    }


def differing(record: Any, fields: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Which of these fields have another value now, as `{field: [old, new]}`."""
    return audit_trail.changes_between(read(record, fields), _plain(record, fields))


def _plain(record: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    linked = _links(record)
    return {name: sorted(map(str, value)) if name in linked else value for name, value in fields.items()}


def _fill(record: Any, fields: Mapping[str, Any]) -> None:
    for name in fields.keys() - _links(record):
        setattr(record, name, fields[name])


def _link(record: Any, fields: Mapping[str, Any]) -> None:
    for name in fields.keys() & _links(record):
        getattr(record, name).set(fields[name])
