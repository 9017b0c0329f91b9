"""Who did what, written by the verbs in the transaction of the change."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models

from governance.models import AuditEvent, Organisation, User


@dataclass(frozen=True)
class Acting:
    """On whose behalf, and through which door, the current code runs."""

    user: User | None
    channel: str
    request_id: str


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(user: User | None, channel: str, request_id: str = "") -> Iterator[Acting]:
    """Everything recorded inside is recorded as done by `user` through `channel` (page, admin, api, command)."""
    context = Acting(user, channel, request_id or str(uuid.uuid4()))
    token = _acting.set(context)
    try:
        yield context
    finally:
        _acting.reset(token)


@contextmanager
def on_behalf_of(user: User) -> Iterator[Acting]:
    """As `acting`, for somebody whom the current request did not know yet: who logs in, or accepts an invitation."""
    current = _acting.get()
    with acting(user, current.channel if current else "page", current.request_id if current else "") as context:
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
        channel=context.channel,
        request_id=context.request_id,
        verb=verb,
        subject_type=record._meta.label_lower,
        subject_id=str(record.pk),
        label=(label or str(record))[:255],
        changes=dict(changes or {}),
    )


def record(
    verb: str,
    record: models.Model,
    changes: Mapping[str, Any] | None = None,
    *,
    organisation: Organisation | None = None,
    label: str = "",
) -> AuditEvent:
    """Writes one event; to be called inside the transaction of the change."""
    written = event(verb, record, changes, organisation=organisation, label=label)
    written.save()
    return written
