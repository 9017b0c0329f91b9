"""The organisation level: what is arranged once for all algorithms (phase 0), how far that is, and who inherits it.

What has phase 0 is worked on at the accountable organisation (`Organisation.accountable`). What has phase 0 and no
other phase is not worked on again per algorithm: algorithms inherit it, with its status.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q
from django.db.models.lookups import StartsWith

from governance import clock
from governance.models import (
    CatalogueItem,
    Measure,
    MeasureWork,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Requirement,
)
from governance.working import Level

Status = OrganisationAssessment.Status


def _hold(organisations: Iterable[int]) -> None:
    rows = Organisation.objects.select_for_update(no_key=True).filter(pk__in=list(organisations))
    list(rows.order_by("pk").values("pk"))


def _nothing_follows(organisations: Iterable[int]) -> None:
    """Nothing is stored about how far an organisation is: `standing` counts it."""


LEVEL: Level[Organisation, OrganisationAssessment, OrganisationMeasureStatus] = Level(
    "organisation", OrganisationAssessment, OrganisationMeasureStatus, hold=_hold, changed=_nothing_follows
)
current_assessment = LEVEL.current_assessment
current_measure_status = LEVEL.current_measure_status
assess = LEVEL.assess
verify = LEVEL.verify
record_measure = LEVEL.record_measure


WORK: dict[type[CatalogueItem], tuple[Any, str]] = {
    Requirement: (OrganisationAssessment, "requirement"),
    Measure: (OrganisationMeasureStatus, "measure"),
}
"""What is recorded about an item, and its field for the item."""


def arranged_for(organisation: Organisation) -> "models.QuerySet[Organisation]":
    """The departments whose organisation level is arranged at this organisation."""
    below = Organisation.objects.filter(path__startswith=organisation.path).exclude(pk=organisation.pk)
    independent = below.exclude(kind=Organisation.Kind.DEPARTMENT)
    return below.exclude(Exists(independent.filter(StartsWith(OuterRef("path"), F("path")))))


def tracked(items: type[CatalogueItem], organisation: Organisation) -> Any:
    """The requirements or measures that an accountable organisation works on: in force, with phase 0, of the framework,
    its own, and those of what is above it and of its departments."""
    counts = Q(organisation=None) | Q(organisation__in=organisation.above)
    counts |= Q(organisation__in=arranged_for(organisation))
    return items.objects.filter(counts).in_force().with_organisation_phase()


def worked_on(work: type[models.Model], organisation: Organisation) -> Any:
    """The open rows of the organisation's work, with the people in them."""
    people = ["assignee", "by", *(["claimed_by", "verified_by"] if work is OrganisationAssessment else [])]
    return work.objects.current().filter(organisation=organisation).select_related(*people)  # type: ignore[attr-defined]


@dataclass
class TrackedRow:
    """A requirement or measure with the organisation's work on it; None where nobody began."""

    item: Any
    work: Any

    @property
    def status(self) -> str:
        return self.work.status if self.work else Status.OPEN

    @property
    def choice(self) -> str:
        return self.work.choice if self.work else MeasureWork.Choice.OPEN

    @property
    def is_claimed(self) -> bool:
        return self.status == Status.MET

    @property
    def is_verified(self) -> bool:
        return self.is_claimed and self.work.verified_at is not None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do, but perhaps to verify."""
        if isinstance(self.work, OrganisationAssessment):
            return self.status in (Status.MET, Status.NOT_APPLICABLE)
        if isinstance(self.work, OrganisationMeasureStatus):
            return self.work.progress == MeasureWork.Progress.DONE or self.choice == MeasureWork.Choice.NOT_APPLIED
        return False

    @property
    def is_overdue(self) -> bool:
        return bool(self.work and self.work.due and self.work.due < clock.today() and not self.is_settled)

    @property
    def is_unassigned(self) -> bool:
        return not self.is_settled and (self.work is None or self.work.assignee_id is None)


def requirement_rows(organisation: Organisation) -> tuple[list[TrackedRow], list[TrackedRow]]:
    """The requirements tracked at this accountable organisation; and what was set aside: worked on, not tracked now."""
    rows = rows_about(tracked(Requirement, organisation), organisation)
    return rows, _set_aside(rows, worked_on(OrganisationAssessment, organisation), "requirement")


def measure_rows(organisation: Organisation) -> tuple[list[TrackedRow], list[TrackedRow]]:
    """The measures tracked at this accountable organisation; and what was set aside: worked on, not tracked now."""
    rows = rows_about(tracked(Measure, organisation), organisation)
    return rows, _set_aside(rows, worked_on(OrganisationMeasureStatus, organisation), "measure")


def rows_about(items: Any, organisation: Organisation) -> list[TrackedRow]:
    """These requirements or these measures in the framework's order, each with the organisation's work on it."""
    work, subject = WORK[items.model]
    done = {getattr(row, f"{subject}_id"): row for row in worked_on(work, organisation)}
    found = items.select_related("organisation").prefetch_related("topics", "phases").order_by("urn")
    return [TrackedRow(item, done.get(item.pk)) for item in found]


def _set_aside(rows: list[TrackedRow], work: Any, subject: str) -> list[TrackedRow]:
    others = work.exclude(**{f"{subject}__in": [row.item.pk for row in rows]}).select_related(
        f"{subject}__organisation"
    )
    others = others.prefetch_related(f"{subject}__topics", f"{subject}__phases")
    return [TrackedRow(getattr(row, subject), row) for row in others]


def is_tracked(organisation: Organisation, item: CatalogueItem) -> bool:
    """Whether the accountable organisation works on the item, or did before it was withdrawn."""
    work, subject = WORK[type(item)]
    return bool(
        tracked(type(item), organisation).filter(pk=item.pk).exists()
        or work.objects.filter(organisation=organisation, **{subject: item}).exists()
    )


@dataclass(frozen=True)
class Standing:
    """How far an accountable organisation is with phase 0, claimed and verified side by side."""

    requirements: int
    """Those that it did not judge inapplicable."""
    claimed: int
    verified: int
    requirements_unassigned: int
    """What is not settled and assigned to nobody."""
    requirements_overdue: int
    measures: int
    settled: int
    measures_unassigned: int
    measures_overdue: int

    @property
    def to_verify(self) -> int:
        return self.claimed - self.verified


def standing(organisation: Organisation, on: date | None = None) -> Standing:
    """The counts of an accountable organisation, on that day (today, unless given) for what is overdue; two queries."""
    late, nobody = Q(work__due__lt=on or clock.today()), Q(work__assignee=None)
    met = Q(work__status=Status.MET)
    unmet = Q(work=None) | Q(work__status__in=[Status.OPEN, Status.IN_PROGRESS, Status.NOT_MET])
    requirements = _with_work(tracked(Requirement, organisation), "organisation_assessments", organisation).aggregate(
        requirements=Count("pk", filter=unmet | met),
        claimed=Count("pk", filter=met),
        verified=Count("pk", filter=met & Q(work__verified_at__isnull=False)),
        requirements_unassigned=Count("pk", filter=unmet & nobody),
        requirements_overdue=Count("pk", filter=unmet & late),
    )
    settled = Q(work__progress=MeasureWork.Progress.DONE) | Q(work__choice=MeasureWork.Choice.NOT_APPLIED)
    unsettled = Q(work=None) | (Q(work__isnull=False) & ~settled)
    measures = _with_work(tracked(Measure, organisation), "organisation_statuses", organisation).aggregate(
        measures=Count("pk"),
        settled=Count("pk", filter=settled),
        measures_unassigned=Count("pk", filter=unsettled & nobody),
        measures_overdue=Count("pk", filter=unsettled & late),
    )
    return Standing(**requirements, **measures)


def _with_work(items: Any, relation: str, organisation: Organisation) -> Any:
    """`work`: the organisation's open row about the item; NULL where nobody began."""
    current = Q(**{f"{relation}__organisation": organisation, f"{relation}__until": None})
    return items.annotate(work=FilteredRelation(relation, condition=current)).order_by()


@dataclass(frozen=True)
class Inherited:
    """What the algorithms of an organisation inherit: the open work of the one that is accountable for it."""

    organisation: Organisation
    assessments: dict[int, OrganisationAssessment]
    """By requirement."""
    statuses: dict[int, OrganisationMeasureStatus]
    """By measure."""


def inherited(organisation: Organisation) -> Inherited:
    """In two queries, and one for each organisation that lies between."""
    accountable = organisation.accountable()
    assessments = worked_on(OrganisationAssessment, accountable)
    statuses = worked_on(OrganisationMeasureStatus, accountable)
    return Inherited(
        accountable,
        {row.requirement_id: row for row in assessments},
        {row.measure_id: row for row in statuses},
    )
