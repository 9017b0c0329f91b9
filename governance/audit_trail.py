"""Who did what, written by the verbs in the transaction of the change; `audit_chain` seals it right after."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models

from governance import audit_chain
from governance.models import AuditEvent, Organisation, User

BATCH = 500


@dataclass(frozen=True)
class Acting:
    """Who runs the current code, on whose behalf, through which door and from where."""

    user: User | None
    channel: str
    request_id: str
    address: str | None = None
    on_behalf_of: User | None = None


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(
    user: User | None,
    channel: str,
    request_id: str = "",
    *,
    address: str | None = None,
    on_behalf_of: User | None = None,
) -> Iterator[Acting]:
    """Everything recorded inside is recorded as done by `user` through `channel` (page, admin, api, command)."""
    context = Acting(user, channel, request_id or str(uuid.uuid4()), address, on_behalf_of)
    token = _acting.set(context)
    try:
        yield context
    finally:
        _acting.reset(token)


@contextmanager
def on_behalf_of(user: User) -> Iterator[Acting]:
    """What is recorded inside is done for `user`, in the request or command that is going on.

    It is recorded as their own doing where nobody was known yet (who logs in, or accepts an invitation), and otherwise
    as done by whoever is acting, on their behalf.
    """
    current = _acting.get() or Acting(None, "page", "")
    by, behalf = (user, None) if current.user in (None, user) else (current.user, user)
    with acting(by, current.channel, current.request_id, address=current.address, on_behalf_of=behalf) as context:
        yield context


class NobodyIsActing(RuntimeError):
    """A verb was called outside `audit_trail.acting(...)`: a programming error."""


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The fields whose values differ, as `{field: [old, new]}` in plain JSON values."""
    return {field: [_plain(old.get(field)), _plain(value)] for field, value in new.items() if old.get(field) != value}


def event(
    verb: str,
    record: models.Model,
    changes: Mapping[str, Any] | None = None,
    *,
    organisation: Organisation | None = None,
    label: str = "",
) -> AuditEvent:
    """An unsaved event of `verb` on `record`. Raises `NobodyIsActing` without a context."""
    context = _acting.get()
    if context is None:
        raise NobodyIsActing(f"{verb} on {record._meta.label}: wrap the call in audit_trail.acting(user, channel).")
    return AuditEvent(
        organisation=organisation or getattr(record, "organisation", None),
        actor=context.user,
        on_behalf_of=context.on_behalf_of,
        address=context.address,
        channel=context.channel,
        request_id=context.request_id,
        verb=verb,
        subject_type=record._meta.label_lower,
        subject_id="" if record.pk is None else str(record.pk),
        label=(label or str(record))[:255],
        changes=dict(changes or {}),
    )


def append(events: Iterable[AuditEvent]) -> list[AuditEvent]:
    """Writes events; to be called inside the transaction of the change, after whose commit they are sealed."""
    written = AuditEvent.objects.bulk_create(events, batch_size=BATCH)
    audit_chain.seal_after_commit(written)
    return written


def record(
    verb: str,
    record: models.Model,
    changes: Mapping[str, Any] | None = None,
    *,
    organisation: Organisation | None = None,
    label: str = "",
) -> AuditEvent:
    """Writes one event, as `append` does."""
    [written] = append([event(verb, record, changes, organisation=organisation, label=label)])
    return written
