"""How far algorithms are, counted in SQL. Compliance is requirements met ÷ requirements that apply, claimed and
verified side by side; what is arranged at organisation level is inherited and not counted again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Subquery

from governance import clock
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


APPLIES = Q(outcome=Outcome.APPLIES)
MET = Q(status=RequirementAssessment.Status.MET)
OPEN_REQUIREMENT = APPLIES & (~MET | Q(status=None))
SETTLED = Q(progress=MeasureStatus.Progress.DONE) | Q(choice=MeasureStatus.Choice.NOT_APPLIED)
OPEN_MEASURE = ~SETTLED | Q(progress=None)


def _requirements(algorithms: list[int]) -> QuerySet[Applicability]:
    """What is asked of these algorithms themselves, with how far that is."""
    rows = Applicability.objects.current().filter(
        algorithm__in=algorithms, requirement__in=Requirement.objects.at_algorithm_level()
    )
    fields = ("status", "verified_at", "due", "assignee")
    return rows.annotate(**{name: _current(RequirementAssessment, "requirement", name) for name in fields}).order_by()


def _measures(algorithms: list[int]) -> QuerySet[Recommendation]:
    """What is recommended for these algorithms, with what they do about it."""
    rows = Recommendation.objects.current().filter(algorithm__in=algorithms)
    fields = ("choice", "progress", "due", "assignee")
    return rows.annotate(**{name: _current(MeasureStatus, "measure", name) for name in fields}).order_by()


def count(algorithms: Iterable[int]) -> dict[int, Counts]:
    """The counts of each algorithm, from the rows themselves; an algorithm without rows counts as nothing."""
    ids = list(algorithms)
    counts: dict[int, Counts] = {pk: dict.fromkeys(COUNTS, 0) | {"next_due": None, "ratio": None} for pk in ids}
    requirements: QuerySet[Any, Any] = (
        _requirements(ids)
        .values("algorithm")
        .annotate(
            applies=Count("pk", filter=APPLIES),
            undetermined=Count("pk", filter=Q(outcome=Outcome.UNDETERMINED)),
            claimed=Count("pk", filter=APPLIES & MET),
            verified=Count("pk", filter=APPLIES & MET & Q(verified_at__isnull=False)),
            unassigned=Count("pk", filter=OPEN_REQUIREMENT & Q(assignee=None)),
            next_due=Min("due", filter=OPEN_REQUIREMENT),
        )
    )
    measures: QuerySet[Any, Any] = (
        _measures(ids)
        .values("algorithm")
        .annotate(
            measures=Count("pk"),
            settled=Count("pk", filter=SETTLED),
            unassigned=Count("pk", filter=OPEN_MEASURE & Q(assignee=None)),
            next_due=Min("due", filter=OPEN_MEASURE),
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
        overdue=Count("pk", filter=Q(compliance__next_due__lt=clock.today())),
        unassigned=Count("pk", filter=Q(compliance__unassigned__gt=0)),
        vacant=Count("pk", filter=Q(lacks_accountable=True) | Q(lacks_responsible=True)),
    )


def count_overdue(rows: Iterable[Compliance], on: date | None = None) -> None:
    """Fills in `overdue` of these rows: how much is open of which the due date has passed on that day, or today.

    Two queries, however many rows. Not stored, because it changes when nothing does but the date.
    """
    of = {row.algorithm_id: row for row in rows}
    late = Q(due__lt=on or clock.today())
    overdue: Counter[int] = Counter()
    for work in (
        _requirements(list(of)).filter(OPEN_REQUIREMENT & late),
        _measures(list(of)).filter(OPEN_MEASURE & late),
    ):
        overdue.update(dict(work.values("algorithm").annotate(n=Count("pk")).values_list("algorithm", "n")))
    for algorithm, row in of.items():
        row.overdue = overdue[algorithm]


_postponed: ContextVar[set[int] | None] = ContextVar("postponed", default=None)


@contextmanager
def counted_once() -> Iterator[None]:
    """Many changes in one transaction, counted when all are done: for loading much at once, not for a page."""
    waiting: set[int] = set()
    token = _postponed.set(waiting)
    try:
        yield
    finally:
        _postponed.reset(token)
    recount(sorted(waiting))


def recount(algorithms: Iterable[int]) -> None:
    """Stores the counts of these algorithms. The one writer of `Compliance`, called in the transaction of the change.

    The caller holds the algorithms' rows (`registry.working.holding`), so that two changes of one algorithm are
    counted one after the other. Inside `counted_once` it is done at the end.
    """
    ids = list(algorithms)
    if (waiting := _postponed.get()) is not None:
        waiting.update(ids)
        return
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
