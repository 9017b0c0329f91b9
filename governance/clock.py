"""The clock is asked here and nowhere else, so that what happened on an earlier day can be told as of that day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils import timezone

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The moment it is, with its time zone."""
    return _moment.get() or timezone.now()


def today() -> date:
    """The day it is here."""
    return timezone.localdate(now())


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Inside, it is that moment: for the demo's history and for tests."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)
