"""Records that count their versions: adding one, changing it as long as it reads as it was seen, and ending it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict


def add(record: Any, fields: Mapping[str, Any]) -> Any:
    """Saves a new record with these fields, linked rows as lists. Raises `ValidationError` naming the fields."""
    with transaction.atomic():
        _write(record, fields)
        changes = audit_trail.changes_between({}, _read(record, fields, wanted=True))
        audit_trail.record(f"{record._meta.model_name}.added", record, changes)
    return record


def revise(record: Any, fields: Mapping[str, Any], *, seen: int) -> Any:
    """The record with these fields changed, as its next version.

    Raises `Conflict` when `seen` is no longer its version, and `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fresh = _held(record, seen)
        changes = audit_trail.changes_between(_read(fresh, fields), _read(fresh, fields, wanted=True))
        if changes:
            fresh.version += 1
            _write(fresh, fields)
            audit_trail.record(f"{fresh._meta.model_name}.revised", fresh, changes)
    return fresh


def end(record: Any, *, seen: int) -> Any:
    """The record, ended now: it is offered nowhere any more, and stays readable where it was used. Raises `Conflict`.

    To be called in a transaction when more ends with it.
    """
    with transaction.atomic():
        fresh = _held(record, seen)
        fresh.ended = clock.now()
        fresh.version += 1
        fresh.save(update_fields=["ended", "version"])
        audit_trail.record(f"{fresh._meta.model_name}.ended", fresh, {"ended": [None, fresh.ended.isoformat()]})
    return fresh


def _held(record: Any, seen: int) -> Any:
    """The record as it is stored, locked until the end of the transaction."""
    fresh = type(record).objects.select_for_update().get(pk=record.pk)
    if fresh.ended is not None:
        raise ValidationError(_("This has ended and can no longer be changed."))
    if fresh.version != seen:
        raise Conflict(fresh)
    return fresh


def _links(record: Any) -> set[str]:
    return {field.name for field in record._meta.many_to_many}


def _read(record: Any, fields: Mapping[str, Any], *, wanted: bool = False) -> dict[str, Any]:
    """The values of these fields as they are, or as `fields` wants them; linked rows by name."""
    linked = _links(record)
    read = {}
    for name in fields:
        if name in linked:
            read[name] = sorted(str(row) for row in (fields[name] if wanted else getattr(record, name).all()))
        else:
            read[name] = fields[name] if wanted else getattr(record, name)
    return read


def _write(record: Any, fields: Mapping[str, Any]) -> None:
    linked = {name: list(fields[name]) for name in fields if name in _links(record)}
    for name in fields.keys() - linked.keys():
        setattr(record, name, fields[name])
    record.full_clean()
    record.save()
    for name, rows in linked.items():
        getattr(record, name).set(rows)
