"""Where evidence can be used, and what proves something there.

Each part of the application states for which of its records evidence is kept (`kinds`): for a record, or for a part of
it: what an algorithm does about one requirement.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models

from governance import commenting
from governance.models import Evidence, EvidenceUse, Measure, Requirement


@dataclass(frozen=True)
class Backing:
    """Something else in the application that counts as evidence, such as an impact assessment."""

    title: str
    kind: str
    url: str
    on: date | None = None


def backed_by_nothing(record: Any, part: Any) -> list[Backing]:
    return []


def never_settled(record: Any) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Kind(commenting.Kind):
    """A kind of record for which evidence is kept."""

    uses: type[EvidenceUse]
    subject: str = ""
    """The field of `uses` for the record as a whole; the name of its model, unless given."""
    backing: Callable[[Any, Any], list[Backing]] = backed_by_nothing
    """What else counts as evidence for a record or a part of it."""
    permission: str = "governance.add_evidence"
    is_settled: Callable[[Any], bool] = never_settled
    """Whether what was used for the record stays with it: a decision that was taken, something that was closed."""

    def about(self, record: Any, part: Any = None) -> dict[str, Any]:
        """The fields of a use for this record, or for a part of it."""
        owner = self.uses.OWNER
        if part is not None:
            return {owner: record, part._meta.model_name: part}
        return {owner: getattr(record, owner), self.subject or record._meta.model_name: record}


kinds: dict[str, Kind] = {}
"""By the label of the model, such as `registry.algorithm`."""


def can_be_proven(kind: Kind) -> None:
    """States that evidence is kept for this kind of record."""
    kinds[kind.model._meta.label_lower] = kind


def kind_of(record: models.Model) -> Kind:
    return kinds[record._meta.label_lower]


def uses_at(record: models.Model, part: Any = None) -> Any:
    """Every use of evidence for this record or this part of it, also those that ended."""
    kind = kind_of(record)
    uses: Any = kind.uses
    return uses.objects.filter(**kind.about(record, part))


def is_proven(record: models.Model, part: Any = None) -> bool:
    """Whether something counts today as evidence for this record, or for this part of it."""
    valid = uses_at(record, part).current().filter(evidence__in=Evidence.objects.valid())
    return valid.exists() or bool(kind_of(record).backing(record, part))


@dataclass(frozen=True)
class Place:
    """Where evidence is used."""

    record: Any
    part: Any
    name: str

    @property
    def url(self) -> str:
        return kind_of(self.record).address(self.record, self.part)


def place_of(use: EvidenceUse) -> Place:
    owner, subject = getattr(use, use.OWNER), use.subject
    if isinstance(subject, Requirement | Measure):
        return Place(owner, subject, commenting.name_of(owner, subject))
    return Place(subject, None, f"{subject}, {owner}")
