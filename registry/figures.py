"""Figures over time, per month, from the same periods as the state on a day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from governance import clock
from governance.models import Requirement
from governance.models.periods import start_of
from registry.models import Applicability, RequirementAssessment

MONTHS = 24


@dataclass(frozen=True)
class Month:
    """How many requirements applied at the end of a month (of the last one: now), were claimed met, were verified."""

    day: date
    applies: int
    claimed: int
    verified: int


def ends_of_months(number: int = MONTHS) -> list[tuple[date, datetime]]:
    """The last day of each of so many months and its last moment, the oldest first; and today with this moment."""
    today = clock.today()
    first = today.replace(day=1)
    ends = []
    for _number in range(number):
        last = first - timedelta(days=1)
        ends.append((last, start_of(first) - timedelta(microseconds=1)))
        first = last.replace(day=1)
    return [*reversed(ends), (today, clock.now())]


def _held(moment: datetime, prefix: str = "") -> Q:
    """That a period held at the moment, as `PeriodQuerySet.as_of` says it."""
    ends_later = Q(**{f"{prefix}until": None}) | Q(**{f"{prefix}until__gt": moment})
    return Q(**{f"{prefix}since__lte": moment}) & ends_later


def over_time(number: int = MONTHS, **narrowing: Any) -> list[Month]:
    """The figures at the end of each month and now, of the rows of `Applicability` that fit; two queries.

    One for what applied and one for what was claimed about it, however many months and rows there are.
    """
    ends = ends_of_months(number)
    asked = Applicability.objects.applying().filter(
        requirement__in=Requirement.objects.at_algorithm_level(), **narrowing
    )
    applied = asked.aggregate(**{f"m{n}": Count("pk", filter=_held(at)) for n, (_day, at) in enumerate(ends)})
    work = "algorithm__assessments__"
    met = asked.filter(**{f"{work}requirement": F("requirement"), f"{work}status": RequirementAssessment.Status.MET})
    counts = {}
    for n, (_day, at) in enumerate(ends):
        both = _held(at) & _held(at, work)
        counts[f"claimed{n}"] = Count("pk", filter=both)
        counts[f"verified{n}"] = Count("pk", filter=both & Q(**{f"{work}verified_at__isnull": False}))
    done = met.aggregate(**counts)
    return [
        Month(day, applied[f"m{n}"], done[f"claimed{n}"], done[f"verified{n}"]) for n, (day, _at) in enumerate(ends)
    ]
