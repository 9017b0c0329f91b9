"""How an algorithm, and an organisation, stood at the end of a past day: the querysets of today, as of that moment."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from governance import organisation_level
from governance.models import (
    Measure,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Policy,
    PolicyVersion,
    Position,
    Requirement,
    RoleAssignment,
)
from governance.organisation_level import TrackedRow
from registry import browsing
from registry.browsing import MEASURES, NOW, REQUIREMENTS, Kind, Moment
from registry.models import (
    Algorithm,
    AlgorithmEvidence,
    Applicability,
    Classification,
    LifecyclePeriod,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
    Responsibility,
    TeamMember,
)
from registry.models.applicability import Outcome


@dataclass(frozen=True)
class Pair:
    """A figure then and now."""

    label: Any
    then: int
    now: int

    @property
    def difference(self) -> int:
        return self.now - self.then


def pairs(kind: Kind, moment: Moment, **narrowing: Any) -> list[Pair]:
    """Each figure of the rows of this kind that fit, then and now; two queries."""
    then = kind.total(kind.rows(moment).filter(**narrowing), moment)
    now = kind.total(kind.rows(NOW).filter(**narrowing), NOW)
    return [Pair(figure.label, then[figure.name], now[figure.name]) for figure in kind.figures]


@dataclass
class AskedRow:
    """A requirement or a measure of an algorithm with the work on it then, and the evidence used for it then."""

    item: Any
    work: Any
    evidence: list[AlgorithmEvidence]
    is_inherited: bool = False


@dataclass(frozen=True)
class AlgorithmState:
    lifecycle: LifecyclePeriod | None
    """None where it was not recorded."""
    classification: Classification | None
    figures: list[tuple[Kind, list[Pair]]]
    requirements: list[AskedRow]
    """What applied, the organisation's work where it was inherited."""
    undetermined: list[Applicability]
    measures: list[AskedRow]
    responsibilities: list[Responsibility]
    team: list[TeamMember]


def of_algorithm(algorithm: Algorithm, moment: Moment) -> AlgorithmState:
    """As many queries however many rows."""

    def held(rows: Any) -> Any:
        return moment.of_periods(rows).filter(algorithm=algorithm)

    outcomes = list(
        held(Applicability.objects.all())
        .exclude(outcome=Outcome.DOES_NOT_APPLY)
        .select_related("requirement__organisation")
        .prefetch_related("requirement__phases")
        .order_by("requirement__urn")
    )
    evidence: dict[tuple[str, int | None], list[AlgorithmEvidence]] = {}
    for use in held(AlgorithmEvidence.objects.all()).select_related("evidence__added_by", "evidence__organisation"):
        evidence.setdefault(("requirement", use.requirement_id), []).append(use)
        evidence.setdefault(("measure", use.measure_id), []).append(use)
    people = ("assignee", "by", "claimed_by", "verified_by")
    claims = {row.requirement_id: row for row in held(RequirementAssessment.objects.all()).select_related(*people)}
    done = {row.measure_id: row for row in held(MeasureStatus.objects.all()).select_related("assignee", "by")}
    inherited = _organisations_work(OrganisationAssessment, algorithm.organisation.accountable(), moment)
    requirements = []
    for row in outcomes:
        if row.outcome != Outcome.APPLIES:
            continue
        from_organisation = row.requirement.is_at_organisation_level
        work = (inherited if from_organisation else claims).get(row.requirement_id)
        used = evidence.get(("requirement", row.requirement_id), [])
        requirements.append(AskedRow(row.requirement, work, used, from_organisation))
    recommended = held(Recommendation.objects.all()).select_related("measure__organisation").order_by("measure__urn")
    return AlgorithmState(
        lifecycle=held(LifecyclePeriod.objects.all()).select_related("phase").first(),
        classification=held(Classification.objects.with_tree()).first(),
        figures=[(kind, pairs(kind, moment, algorithm=algorithm)) for kind in (REQUIREMENTS, MEASURES)],
        requirements=requirements,
        undetermined=[row for row in outcomes if row.outcome == Outcome.UNDETERMINED],
        measures=[
            AskedRow(row.measure, done.get(row.measure_id), evidence.get(("measure", row.measure_id), []))
            for row in recommended
        ],
        responsibilities=list(
            held(Responsibility.objects.all())
            .select_related("person", "phase", "requirement__organisation", "measure__organisation")
            .order_by("phase__number", "requirement", "measure", "letter", "person__name")
        ),
        team=list(
            held(TeamMember.objects.all()).select_related("person", "discipline").order_by("discipline", "person__name")
        ),
    )


def _organisations_work(work: type[Any], organisation: Organisation, moment: Moment) -> dict[int, Any]:
    """subject → the organisation's own work on it then."""
    people = ["assignee", "by", *(["claimed_by", "verified_by"] if work is OrganisationAssessment else [])]
    rows = moment.of_periods(work.objects.all()).filter(organisation=organisation).select_related(*people)
    return {getattr(row, f"{work.subject}_id"): row for row in rows}


@dataclass(frozen=True)
class OrganisationState:
    algorithms: Pair
    by_status: list[tuple[str | None, Pair]]
    """Code of the status of use, and how many algorithms had it; None where it was not recorded."""
    by_risk_group: list[tuple[str | None, Pair]]
    figures: list[tuple[Kind, list[Pair]]]
    policies: list[PolicyVersion]
    """The versions in force, its own and those from above."""
    functions: list[RoleAssignment]
    vacant: list[Position]
    """The organisation's own functions that nobody held; a deputy alone does not fill one."""
    accountable: Organisation
    phase_zero: list[tuple[Any, list[TrackedRow], list[Pair]]]
    """What is arranged once, at the accountable organisation: requirements, then measures."""


def of_organisation(organisation: Organisation, moment: Moment) -> OrganisationState:
    """Of the organisation and all below it; as many queries however many algorithms."""
    inside = {"algorithm__organisation__path__startswith": organisation.path}
    registered = Algorithm.objects.within(organisation)
    then, now = registered.filter(created__lte=moment.at).count(), registered.count()
    functions = list(
        RoleAssignment.objects.as_of(moment.at)
        .filter(position__organisation=organisation)
        .select_related("person", "position")
        .order_by("position__name", "is_deputy", "person__name")
    )
    held = {row.position_id for row in functions if not row.is_deputy}
    there = Position.objects.filter(organisation=organisation, created__lte=moment.at)
    there = there.filter(Q(ended=None) | Q(ended__gt=moment.at))
    accountable = organisation.accountable()
    return OrganisationState(
        algorithms=Pair("", then, now),
        by_status=_of_periods(LifecyclePeriod, "status", inside, moment, then, now),
        by_risk_group=_of_periods(Classification, "risk_group", inside, moment, then, now),
        figures=[(kind, pairs(kind, moment, **inside)) for kind in (REQUIREMENTS, MEASURES)],
        policies=policies_in_force(organisation, moment),
        functions=functions,
        vacant=[position for position in there.order_by("name", "pk") if position.pk not in held],
        accountable=accountable,
        phase_zero=[
            _phase_zero(Requirement, OrganisationAssessment, accountable, moment),
            _phase_zero(Measure, OrganisationMeasureStatus, accountable, moment),
        ],
    )


def policies_in_force(organisation: Organisation, moment: Moment) -> list[PolicyVersion]:
    """The versions that were in force then in the organisation, its own and those from above it."""
    policies = Policy.objects.for_organisation(organisation)
    versions = PolicyVersion.objects.in_force(moment.today).filter(policy__in=policies, adopted_at__lte=moment.at)
    return list(versions.select_related("policy__organisation").order_by("policy__title", "pk"))


def _of_periods(
    periods: type[Any], name: str, inside: Mapping[str, Any], moment: Moment, then: int, now: int
) -> list[tuple[str | None, Pair]]:
    """How many algorithms had each value then and have it now; None where nothing was recorded. Two queries."""
    counted: list[Counter[str | None]] = []
    for when, total in ((moment, then), (NOW, now)):
        rows = when.of_periods(periods.objects.all()).filter(**inside).order_by()
        found = Counter(dict(rows.values(name).annotate(n=Count("pk")).values_list(name, "n")))
        found[None] = total - sum(found.values())
        counted.append(found)
    values = sorted({*counted[0], *counted[1]}, key=lambda value: (value is None, value or ""))
    shown = [(value, Pair("", counted[0][value], counted[1][value])) for value in values]
    return [(value, pair) for value, pair in shown if pair.then or pair.now]


def _phase_zero(
    items: type[Any], work: type[Any], organisation: Organisation, moment: Moment
) -> tuple[Any, list[TrackedRow], list[Pair]]:
    """The rows of the organisation level then, and how many were settled and verified then and are now."""
    tracked = list(organisation_level.tracked(items, organisation).select_related("organisation").order_by("urn"))
    sides = []
    for when in (moment, NOW):
        done = _organisations_work(work, organisation, when)
        sides.append([TrackedRow(item, done.get(item.pk)) for item in tracked])
    then, now = sides

    def pair(label: Any, counts: Any) -> Pair:
        return Pair(label, sum(map(counts, then)), sum(map(counts, now)))

    if items is Requirement:
        figures = [
            pair(REQUIREMENTS.figures[1].label, lambda row: row.is_claimed),
            pair(REQUIREMENTS.figures[2].label, lambda row: row.is_verified),
        ]
    else:
        figures = [pair(_("Settled"), lambda row: row.is_settled)]
    return items._meta.verbose_name_plural, then, figures


def algorithms_then(organisation: Organisation, moment: Moment) -> Any:
    """The algorithms that were in the register then, by name."""
    return Algorithm.objects.within(organisation).filter(created__lte=moment.at).select_related("organisation")


def count_rows(algorithms: list[Algorithm], moment: Moment) -> None:
    """Fills in `then`: the figures of the requirements of each then; one query."""
    rows = browsing.requirement_rows(moment).filter(algorithm__in=[algorithm.pk for algorithm in algorithms])
    counted = {row.pop("algorithm"): row for row in REQUIREMENTS.by(rows, moment, "algorithm")}
    for algorithm in algorithms:
        algorithm.then = counted.get(algorithm.pk, {figure.name: 0 for figure in REQUIREMENTS.figures})  # type: ignore[attr-defined]
