"""What somebody holds, to hand over when they leave. Whoever records responsibilities adds a source here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from governance.models import Organisation, User


@dataclass(frozen=True)
class Holding:
    """One thing that a person holds; `key` is what its source knows it by."""

    key: str
    kind: str
    what: str
    where: str
    url: str
    since: datetime | None


class Source(Protocol):
    def held_by(self, person: User, organisations: QuerySet[Organisation]) -> list[Holding]:
        """What the person holds in these organisations."""

    def hand_over(self, keys: list[str], to: User | None, moment: datetime, by: User) -> int:
        """Gives what has these keys to somebody else, or to nobody; the number that changed hands."""


sources: list[Source] = []


def holdings(person: User, organisations: QuerySet[Organisation]) -> list[Holding]:
    """Everything the person holds in these organisations, in the order of the sources."""
    return [holding for source in sources for holding in source.held_by(person, organisations)]
