"""What a person holds across an organisation, and handing it over when they leave.

Each part of the application that lets people hold something states a `Source`; the screen that lists and hands over
asks them all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import models

from governance.models import Organisation, User


@dataclass(frozen=True)
class Holding:
    """One thing a person holds: a function, a responsibility, a piece of work, a policy."""

    key: str
    """Names it among all holdings: `<source>:<number>`."""
    kind: str
    """What sort of thing, in words, by which the screen groups."""
    what: str
    where: str
    """The algorithm or organisation it is about."""
    url: str
    since: datetime | None = None
    at_once: bool = False
    """Goes over as soon as it is handed over, whatever the date: what has no period, such as a piece of work."""


class Source(Protocol):
    name: str
    """The first part of the keys of its holdings."""

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterable[Holding]:
        """What the person holds now, or will hold, in these organisations."""

    def hand_over(self, numbers: "list[int]", to: User | None, moment: datetime, *, by: User) -> int:
        """Ends these holdings at `moment` and lets them begin then for `to`, or for nobody; returns how many.

        To be called in a transaction, for holdings that `held_by` gave. Raises `ValidationError` when `to` cannot have
        one of them.
        """


sources: list[Source] = []
"""What can be held, in the order in which the screen shows it."""


def holdings(person: User, organisations: "models.QuerySet[Organisation]") -> list[Holding]:
    """Everything the person holds in these organisations."""
    return [holding for source in sources for holding in source.held_by(person, organisations)]


def numbers_by_source(keys: Iterable[str]) -> dict[str, list[int]]:
    """`["work:3", "work:5"]` as `{"work": [3, 5]}`; what is not such a key is left out."""
    found: dict[str, list[int]] = {}
    for key in keys:
        name, _colon, number = key.partition(":")
        if number.isdecimal():
            found.setdefault(name, []).append(int(number))
    return found
