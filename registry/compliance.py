"""How far algorithms are, counted in SQL. Compliance is requirements met ÷ requirements that apply, claimed and
verified side by side; what is arranged at organisation level is inherited and not counted again."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery
from django.utils import timezone

from governance.models import Requirement
from registry.models import (
    Algorithm,
    Applicability,
    Classification,
    Compliance,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)
from registry.models.applicability import Outcome

COUNTS = ("applies", "undetermined", "claimed", "verified", "measures", "settled", "unassigned", "next_due", "ratio")
BATCH = 500

Counts = dict[str, Any]


def _current(work: type[models.Model], subject: str, field: str) -> Subquery:
    """A field of the open work row about the same algorithm and subject as the outer row; NULL where nobody began."""
    rows = work.objects.filter(until=None, algorithm=OuterRef("algorithm"), **{subject: OuterRef(subject)})  # type: ignore[attr-defined]
    return Subquery(rows.values(field)[:1])


def count(algorithms: Iterable[int]) -> dict[int, Counts]:
    """The counts of each algorithm, from the rows themselves; an algorithm without rows counts as nothing."""
    ids = list(algorithms)
    counts: dict[int, Counts] = {pk: dict.fromkeys(COUNTS, 0) | {"next_due": None, "ratio": None} for pk in ids}
    applies = Q(outcome=Outcome.APPLIES)
    met = Q(status=RequirementAssessment.Status.MET)
    requirements = (
        Applicability.objects.current()
        .filter(algorithm__in=ids, requirement__in=Requirement.objects.at_algorithm_level())
        .annotate(
            status=_current(RequirementAssessment, "requirement", "status"),
            verified_at=_current(RequirementAssessment, "requirement", "verified_at"),
            due=_current(RequirementAssessment, "requirement", "due"),
            assignee=_current(RequirementAssessment, "requirement", "assignee"),
        )
        .order_by()
        .values("algorithm")
        .annotate(
            applies=Count("pk", filter=applies),
            undetermined=Count("pk", filter=Q(outcome=Outcome.UNDETERMINED)),
            claimed=Count("pk", filter=applies & met),
            verified=Count("pk", filter=applies & met & Q(verified_at__isnull=False)),
            unassigned=Count("pk", filter=applies & (~met | Q(status=None)) & Q(assignee=None)),
            next_due=Min("due", filter=applies & (~met | Q(status=None))),
        )
    )
    settled = Q(progress=MeasureStatus.Progress.DONE) | Q(choice=MeasureStatus.Choice.NOT_APPLIED)
    unsettled = ~settled | Q(progress=None)
    measures = (
        Recommendation.objects.current()
        .filter(algorithm__in=ids)
        .annotate(
            choice=_current(MeasureStatus, "measure", "choice"),
            progress=_current(MeasureStatus, "measure", "progress"),
            due=_current(MeasureStatus, "measure", "due"),
            assignee=_current(MeasureStatus, "measure", "assignee"),
        )
        .order_by()
        .values("algorithm")
        .annotate(
            measures=Count("pk"),
            settled=Count("pk", filter=settled),
            unassigned=Count("pk", filter=unsettled & Q(assignee=None)),
            next_due=Min("due", filter=unsettled),
        )
    )
    for row in [*requirements, *measures]:
        of = counts[row.pop("algorithm")]
        of["unassigned"] += row.pop("unassigned")
        of["next_due"] = min(filter(None, [of["next_due"], row.pop("next_due")]), default=None)
        of.update(row)
    for of in counts.values():
        of["ratio"] = of["claimed"] / of["applies"] if of["applies"] else None
    return counts


def at_a_glance(algorithms: models.QuerySet[Algorithm]) -> Counts:
    """How many there are, and how many of them ask for attention; one query."""
    current = Classification.objects.current().filter(algorithm=OuterRef("pk"))
    known = algorithms.with_vacancies().annotate(is_classified=Exists(current))  # type: ignore[attr-defined]
    return known.aggregate(
        total=Count("pk"),
        unclassified=Count("pk", filter=Q(is_classified=False)),
        overdue=Count("pk", filter=Q(compliance__next_due__lt=timezone.localdate())),
        unassigned=Count("pk", filter=Q(compliance__unassigned__gt=0)),
        vacant=Count("pk", filter=Q(lacks_accountable=True) | Q(lacks_responsible=True)),
    )


def recount(algorithms: Iterable[int]) -> None:
    """Stores the counts of these algorithms. The one writer of `Compliance`, called in the transaction of the change.

    The caller holds the algorithms' rows (`registry.working.holding`), so that two changes of one algorithm are
    counted one after the other.
    """
    ids = list(algorithms)
    for start in range(0, len(ids), BATCH):
        rows = [Compliance(algorithm_id=pk, **counts) for pk, counts in count(ids[start : start + BATCH]).items()]
        Compliance.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["algorithm"], update_fields=list(COUNTS)
        )


def differences() -> Iterator[tuple[Algorithm, Counts, Counts]]:
    """Each algorithm whose stored counts differ from a recount, with what is stored and what was counted."""
    ids = list(Algorithm.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        counted = count(batch)
        algorithms = Algorithm.objects.filter(pk__in=batch).select_related("compliance").order_by("pk")
        for algorithm in algorithms:
            kept = getattr(algorithm, "compliance", None)
            stored = {name: getattr(kept, name) for name in COUNTS} if kept else {}
            if stored != counted[algorithm.pk]:
                yield algorithm, stored, counted[algorithm.pk]
