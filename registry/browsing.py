"""Compliance as rows to browse: each requirement that applies to an algorithm, and each measure recommended for it.

The definitions are those of `registry.compliance`: what applies and is not arranged by the organisation. Every figure
is a condition on the rows and, in the words of `registry.browsing_filters`, the address of exactly those rows. The rows
are those of today or of the end of a past day; the same querysets, one `WHERE` apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, FilteredRelation, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import Organisation, PeriodQuerySet, Requirement
from governance.models.periods import start_of
from registry.compliance import MET, OPEN_MEASURE, OPEN_REQUIREMENT
from registry.models import AlgorithmEvidence, Applicability, Letter, MeasureStatus, Recommendation

UNCLASSIFIED = "unclassified"
NO_RISK_GROUP = "no-risk-group"
NONE = "none"
"""In an address: linked to nothing, or assigned to nobody."""


@dataclass(frozen=True)
class Moment:
    """Now, or the end of a past day."""

    day: date | None = None

    @classmethod
    def of(cls, day: date | None) -> "Moment":
        """The end of that day; now where it is today, or no day is given."""
        return cls(day if day and day < clock.today() else None)

    @property
    def at(self) -> datetime:
        """The last moment that counts."""
        return clock.now() if self.day is None else start_of(self.day + timedelta(days=1)) - timedelta(microseconds=1)

    @property
    def today(self) -> date:
        """What is overdue was due before this day."""
        return self.day or clock.today()

    def of_periods(self, rows: Any) -> Any:
        """Those of the periods that hold then."""
        return rows.current() if self.day is None else PeriodQuerySet.as_of(rows, self.at)

    def on(self, relation: str, *, may_lie_ahead: bool = False) -> Q:
        """The condition that the period at the other end of a relation holds then.

        `may_lie_ahead`: it is a tenure, which may begin or end on a day to come.
        """
        if self.day is None and not may_lie_ahead:
            return Q(**{f"{relation}__until": None})
        ends_later = Q(**{f"{relation}__until": None}) | Q(**{f"{relation}__until__gt": self.at})
        return Q(**{f"{relation}__since__lte": self.at}) & ends_later


NOW = Moment()


def _with_work(rows: Any, moment: Moment, relation: str, subject: str, fields: tuple[str, ...]) -> Any:
    """Each row with the work done about its subject then (`work`; NULL where nobody had begun), and its risk group."""
    same = Q(**{f"{relation}__{subject}": F(subject)})
    return rows.annotate(
        work=FilteredRelation(relation, condition=same & moment.on(relation)),
        classification=FilteredRelation(
            "algorithm__classifications", condition=moment.on("algorithm__classifications")
        ),
        **{name: F(f"work__{name}") for name in fields},
        work_id=F("work__pk"),
        risk_group=Case(
            When(classification__pk=None, then=Value(UNCLASSIFIED)),
            When(classification__risk_group="", then=Value(NO_RISK_GROUP)),
            default=F("classification__risk_group"),
            output_field=CharField(),
        ),
    ).order_by()


def requirement_rows(moment: Moment = NOW) -> QuerySet[Applicability]:
    """What is asked of algorithms themselves: a row per algorithm and requirement that applies to it."""
    rows = moment.of_periods(Applicability.objects.all()).applying()
    rows = rows.filter(requirement__in=Requirement.objects.at_algorithm_level())
    fields = ("status", "verified_at", "claimed_at", "due", "assignee")
    found: QuerySet[Applicability] = _with_work(rows, moment, "algorithm__assessments", "requirement", fields)
    return found


def measure_rows(moment: Moment = NOW) -> QuerySet[Recommendation]:
    """What is recommended for algorithms: a row per algorithm and measure."""
    rows = moment.of_periods(Recommendation.objects.all())
    fields = ("choice", "progress", "due", "assignee")
    found: QuerySet[Recommendation] = _with_work(rows, moment, "algorithm__measure_statuses", "measure", fields)
    return found


def with_accountable(rows: Any, moment: Moment) -> Any:
    """`accountable`: who answers for the algorithm as a whole then. There is one at a time."""
    held = "algorithm__responsibilities"
    for_the_whole = {f"{held}__{scope}": None for scope in ("phase", "requirement", "measure")}
    answers = Q(**{f"{held}__letter": Letter.ACCOUNTABLE}, **for_the_whole)
    return rows.annotate(
        answering=FilteredRelation(held, condition=answers & moment.on(held, may_lie_ahead=True)),
        accountable=F("answering__person"),
    )


def visible_to(rows: Any, user: Any) -> Any:
    return rows.filter(algorithm__organisation__in=Organisation.objects.visible_to(user))


@dataclass(frozen=True)
class Figure:
    """A number of rows: those that fulfil the condition, which are those that the narrowing keeps."""

    name: str
    label: Any
    condition: Callable[[date], Q] | None = None
    narrowing: Mapping[str, str] = field(default_factory=dict)

    def count(self, day: date) -> Count:
        return Count("pk", filter=self.condition(day) if self.condition else None)


@dataclass(frozen=True)
class Dimension:
    """A side from which the rows can be browsed: what they are grouped by, and the filter that keeps one group."""

    name: str
    label: Any
    group: str
    order: tuple[str, ...]
    """By what the groups are sorted where not by a figure."""
    spreads: bool = False
    """Whether a row may be in several groups."""


@dataclass(frozen=True)
class Kind:
    """One of the two kinds of rows, with its figures and its sides."""

    name: str
    subject: str
    label: Any
    rows: Callable[[Moment], Any]
    figures: tuple[Figure, ...]
    dimensions: tuple[Dimension, ...]
    model: type[Any]

    def dimension(self, name: str) -> Dimension | None:
        return next((one for one in self.dimensions if one.name == name), None)

    def counts(self, moment: Moment) -> dict[str, Count]:
        return {figure.name: figure.count(moment.today) for figure in self.figures}

    def total(self, rows: Any, moment: Moment) -> dict[str, int]:
        """Each figure over all these rows; one query."""
        found: dict[str, int] = rows.aggregate(**self.counts(moment))
        return found

    def by(self, rows: Any, moment: Moment, *groups: str) -> Any:
        """A row of values per group (one for each combination), with each figure by its name; one query."""
        if "accountable" in groups:
            rows = with_accountable(rows, moment)
        return rows.order_by().values(*groups).annotate(**self.counts(moment))


def _sides(subject: str, *own: Dimension) -> tuple[Dimension, ...]:
    return (
        Dimension("organisation", _("Organisation"), "algorithm__organisation", ()),
        Dimension("algorithm", _("Algorithm"), "algorithm", ("algorithm__name", "algorithm")),
        *own,
        Dimension("topic", _("Topic"), f"{subject}__topics", (f"{subject}__topics__title_nl",), spreads=True),
        Dimension("phase", _("Lifecycle phase"), f"{subject}__phases", (f"{subject}__phases__number",), spreads=True),
        Dimension("risk_group", _("Risk group"), "risk_group", ("risk_group",)),
        Dimension("assignee", _("Assigned to"), "assignee", ("work__assignee__name", "assignee")),
        Dimension("accountable", _("Accountable"), "accountable", ("answering__person__name", "accountable")),
    )


REQUIREMENTS = Kind(
    "requirements",
    "requirement",
    _("Requirements"),
    requirement_rows,
    (
        Figure("applies", _("Applies")),
        Figure("claimed", _("Claimed met"), lambda day: MET, {"claimed": "true"}),
        Figure(
            "verified", _("Of which verified"), lambda day: MET & Q(verified_at__isnull=False), {"verified": "true"},
        ),
        Figure("open", _("Open"), lambda day: OPEN_REQUIREMENT, {"claimed": "false"}),
        Figure("overdue", _("Overdue"), lambda day: OPEN_REQUIREMENT & Q(due__lt=day), {"overdue": "true"}),
        Figure(
            "unassigned", _("Assigned to nobody"), lambda day: OPEN_REQUIREMENT & Q(assignee=None),
            {"unassigned": "true"},
        ),
    ),
    _sides(
        "requirement",
        Dimension("requirement", _("Requirement"), "requirement", ("requirement__urn",)),
        Dimension("law", _("Law"), "requirement__law", ("requirement__law__title_nl",)),
    ),
    Applicability,
)  # fmt: skip

CHOICE, PROGRESS = MeasureStatus.Choice, MeasureStatus.Progress

MEASURES = Kind(
    "measures",
    "measure",
    _("Measures"),
    measure_rows,
    (
        Figure("recommended", _("Recommended")),
        Figure(
            "chosen", _("Chosen"), lambda day: Q(choice=CHOICE.CHOSEN), {"choice": CHOICE.CHOSEN.value},
        ),
        Figure("replaced", _("Replaced"), lambda day: Q(choice=CHOICE.REPLACED), {"choice": CHOICE.REPLACED.value}),
        Figure("done", _("Done"), lambda day: Q(progress=PROGRESS.DONE), {"progress": PROGRESS.DONE.value}),
        Figure(
            "not_applied", _("Not applied"), lambda day: Q(choice=CHOICE.NOT_APPLIED),
            {"choice": CHOICE.NOT_APPLIED.value},
        ),
        Figure("open", _("Open"), lambda day: OPEN_MEASURE, {"settled": "false"}),
        Figure("overdue", _("Overdue"), lambda day: OPEN_MEASURE & Q(due__lt=day), {"overdue": "true"}),
        Figure(
            "unassigned", _("Assigned to nobody"), lambda day: OPEN_MEASURE & Q(assignee=None), {"unassigned": "true"},
        ),
    ),
    _sides("measure", Dimension("measure", _("Measure"), "measure", ("measure__urn",))),
    Recommendation,
)  # fmt: skip

KINDS = {kind.name: kind for kind in (REQUIREMENTS, MEASURES)}


def within(counted: Mapping[int, Mapping[str, int]], organisations: Any) -> dict[int, dict[str, int]]:
    """The figures of each of these organisations with those of all below it, from figures of each on its own."""
    paths = dict(Organisation.objects.filter(pk__in=counted).values_list("pk", "path"))
    totals: dict[int, dict[str, int]] = {organisation.pk: {} for organisation in organisations}
    for pk, figures in counted.items():
        for above in paths[pk].strip("/").split("/"):
            if (total := totals.get(int(above))) is not None:
                for name, number in figures.items():
                    total[name] = total.get(name, 0) + number
    return {pk: total for pk, total in totals.items() if total}


def count_evidence(rows: list[Any], subject: str, moment: Moment) -> dict[tuple[int, int], int]:
    """(algorithm, subject) → how much evidence was used for it then; one query for these rows."""
    uses = moment.of_periods(AlgorithmEvidence.objects.all()).filter(
        algorithm__in={row.algorithm_id for row in rows}, **{f"{subject}__isnull": False}
    )
    counted = uses.order_by().values("algorithm", subject).annotate(n=Count("pk"))
    return {(row["algorithm"], row[subject]): row["n"] for row in counted}
