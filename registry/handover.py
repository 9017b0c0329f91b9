"""What people hold in the register, and handing over what somebody holds, in whole or in part, from a date."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import audit_trail, clock, leaving
from governance.conflict import Conflict
from governance.leaving import Holding
from governance.models import (
    Assessment,
    MeasureWork,
    Membership,
    Notification,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Position,
    User,
)
from governance.notifying import tell
from governance.permissions import WORKING
from registry import compliance
from registry.classifying import hold
from registry.models import (
    Algorithm,
    Complaint,
    Condition,
    Evaluation,
    Finding,
    ImpactAssessment,
    Incident,
    MeasureStatus,
    MonitoringPoint,
    RequirementAssessment,
    Responsibility,
    Risk,
    TeamMember,
)
from registry.responsibilities import DOING, NEEDED, eligible, give, name_of, recorded, refusal, stop, vacancies
from registry.team import is_member, join, leave
from registry.working import reassign


class ResponsibilitySource:
    name = "responsibility"

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterator[Holding]:
        rows = Responsibility.objects.unended().filter(person=person, algorithm__organisation__in=organisations)
        rows = rows.select_related("algorithm", "phase", "requirement", "measure")
        for row in rows.order_by("algorithm__name", "algorithm", "phase__number", "pk"):
            yield Holding(
                key=f"{self.name}:{row.pk}",
                kind=_("Responsibilities"),
                what=f"{row.get_letter_display()} – {name_of(row.scope)}",
                where=str(row.algorithm),
                url=reverse("algorithm-responsibilities", args=[row.algorithm_id]),
                since=row.since,
            )

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        rows = Responsibility.objects.unended().filter(pk__in=numbers)
        rows = rows.select_related("algorithm__organisation", "phase", "requirement", "measure")
        by_algorithm: dict[Algorithm, list[Responsibility]] = {}
        for row in rows.order_by("algorithm", "pk"):
            if row.until is None or row.until > max(moment, row.since):
                by_algorithm.setdefault(row.algorithm, []).append(row)
        hold(algorithm.pk for algorithm in by_algorithm)
        reached: dict[tuple[int, bool], bool] = {}
        for algorithm, held in by_algorithm.items():
            organisation = algorithm.organisation
            with recorded(algorithm, moment):
                for row in held:
                    start, until = max(moment, row.since), row.until
                    asked = (organisation.pk, row.letter in DOING)
                    if to and asked not in reached:
                        reached[asked] = eligible(organisation, row.letter).filter(pk=to.pk).exists()
                    if to and not reached[asked]:
                        raise ValidationError(refusal(to, row.letter, organisation))
                    stop(row, start)
                    if to:
                        give(algorithm, to, row.letter, row.scope, start, until=until, by=by)
        return sum(len(held) for held in by_algorithm.values())


class TeamSource:
    name = "team"

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterator[Holding]:
        rows = TeamMember.objects.unended().filter(person=person, algorithm__organisation__in=organisations)
        for row in rows.select_related("algorithm", "discipline").order_by("algorithm__name", "pk"):
            yield Holding(
                key=f"{self.name}:{row.pk}",
                kind=_("Places in a team"),
                what=f"{row.discipline}{f': {row.task}' if row.task else ''}",
                where=str(row.algorithm),
                url=reverse("algorithm-team", args=[row.algorithm_id]),
                since=row.since,
            )

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        members = list(
            TeamMember.objects.unended()
            .filter(pk__in=numbers)
            .select_related("algorithm__organisation", "discipline")
            .order_by("algorithm", "pk")
        )
        handed_over = 0
        for member in members:
            start, until = max(moment, member.since), member.until
            if until is not None and until <= start:
                continue
            leave(member, moment, by=by)
            if to and not is_member(member.algorithm, to, member.discipline, start, until):
                join(member.algorithm, to, member.discipline, member.task, since=start, until=until, by=by)
            handed_over += 1
        return handed_over


@dataclass
class WorkSource:
    """Open work that is assigned to somebody; it goes over at once."""

    name: str
    model: Any
    owner: str
    """The field that says what it is about: algorithm or organisation."""

    def _rows(self) -> "models.QuerySet[Any]":
        return self.model.objects.current().select_related(self.owner, self.model.subject, "assignee")

    def _open(self) -> "models.QuerySet[Any]":
        if issubclass(self.model, Assessment):
            return self._rows().exclude(status__in=[Assessment.Status.MET, Assessment.Status.NOT_APPLICABLE])
        settled = self.model.objects.current().settled()
        return self._rows().exclude(pk__in=settled.values("pk"))

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterator[Holding]:
        path = "organisation" if self.owner == "organisation" else "algorithm__organisation"
        rows = self._open().filter(assignee=person, **{f"{path}__in": organisations})
        for row in rows.order_by(f"{self.owner}__name", f"{self.model.subject}__urn"):
            subject, about = getattr(row, self.model.subject), getattr(row, self.owner)
            yield Holding(
                key=f"{self.name}:{row.pk}",
                kind=_("Work on measures") if issubclass(self.model, MeasureWork) else _("Work on requirements"),
                what=str(subject),
                where=str(about),
                url=reverse(f"algorithm-{self.model.subject}", args=[about.pk, subject.slug])
                if self.owner == "algorithm"
                else about.get_absolute_url(),
                since=row.since,
                at_once=True,
            )

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        algorithms = []
        if self.owner == "algorithm":
            algorithms = list(self.model.objects.filter(pk__in=numbers).values_list("algorithm", flat=True).distinct())
            hold(algorithms)
        path = "organisation" if self.owner == "organisation" else "algorithm__organisation"
        rows = list(self._rows().filter(pk__in=numbers).select_related(path).order_by("pk"))
        for organisation in {getattr(row, self.owner) if self.owner == "organisation" else row.algorithm.organisation
                             for row in rows}:  # fmt: skip
            if to and not organisation.people(WORKING).filter(pk=to.pk).exists():
                raise ValidationError(refusal(to, NEEDED[1], organisation))
        changed = reassign(rows, {"assignee": to}, by=by)
        compliance.recount(algorithms)
        return changed


SOURCES: list[leaving.Source] = [
    ResponsibilitySource(),
    TeamSource(),
    WorkSource("assessment", RequirementAssessment, "algorithm"),
    WorkSource("measure", MeasureStatus, "algorithm"),
    WorkSource("organisation-assessment", OrganisationAssessment, "organisation"),
    WorkSource("organisation-measure", OrganisationMeasureStatus, "organisation"),
]
"""What the register adds to what people can hold."""


@dataclass(frozen=True)
class Summary:
    """What was handed over, and which scopes and functions nobody fills any longer from then on."""

    holdings: list[Holding]
    vacant: list[str]


def reach(organisation: Organisation) -> "models.QuerySet[Organisation]":
    """The organisation and everything below it."""
    return Organisation.objects.filter(path__startswith=organisation.path)


def people_of(organisation: Organisation, *, with_above: bool) -> "models.QuerySet[User]":
    """Whoever has or had a role in the organisation or below it; `with_above`: in those above it as well."""
    inside = models.Q(memberships__organisation__path__startswith=organisation.path)
    if with_above:
        inside |= models.Q(memberships__organisation__in=organisation.above)
    return User.objects.filter(pk__in=User.objects.filter(inside).order_by().values("pk"))


def successors(organisation: Organisation, person: User) -> "models.QuerySet[User]":
    """Who can take over: active people with a current role in which they work, here, above or below."""
    held = Membership.objects.current().filter(role__in=WORKING)
    held = held.filter(
        models.Q(organisation__path__startswith=organisation.path) | models.Q(organisation__in=organisation.above)
    )
    return User.objects.filter(is_active=True, pk__in=held.order_by().values("user")).exclude(pk=person.pk)


def hand_over(
    person: User, organisation: Organisation, keys: Iterable[str], to: User | None, moment: datetime, *, by: User
) -> Summary:
    """What the person holds under these keys, in the organisation and below it, goes to `to` (or to nobody).

    Tenures from `moment` on; work at once. All or nothing. Raises `Conflict` with the keys that the person no longer
    holds, and `ValidationError` on `successor` when they cannot have all of it.
    """
    wanted = set(keys)
    numbers = leaving.numbers_by_source(wanted)
    with transaction.atomic():
        concerned = _concerned(numbers)
        hold(algorithm.pk for algorithm in concerned)
        held = {holding.key: holding for holding in leaving.holdings(person, reach(organisation))}
        if gone := wanted - held.keys():
            raise Conflict(sorted(gone))
        chosen = [holding for key, holding in held.items() if key in wanted]
        before = _vacant(organisation, concerned)
        for source in leaving.sources:
            if source.name in numbers:
                try:
                    source.hand_over(sorted(numbers[source.name]), to, moment, by=by)
                except ValidationError as error:  # on a field of its own, or on none
                    raise ValidationError({"successor": error.messages}) from error
        vacant = [] if moment > clock.now() else sorted(_vacant(organisation, concerned) - before)
        audit_trail.record(
            "person.handed_over",
            person,
            {
                "to": [None, str(to) if to else None],
                "from": [None, timezone.localdate(moment).isoformat()],
                "holdings": [None, [f"{holding.what} ({holding.where})" for holding in chosen]],
            },
            organisation=organisation,
        )
        if to and to != by:
            _tell(to, person, organisation, len(chosen), moment, by=by)
    if moment > clock.now() and to is None:
        vacant = [f"{holding.where}: {holding.what}" for holding in chosen]
    return Summary(chosen, vacant)


def _tell(to: User, person: User, organisation: Organisation, number: int, moment: datetime, *, by: User) -> None:
    tell(
        [to],
        Notification.Kind.ASSIGNED,
        key=f"handed_over:{person.pk}:{clock.now().isoformat()}",
        details={
            "sentence": "handed_over",
            "who": str(by),
            "what": str(person),
            "where": organisation.name,
            "since": timezone.localdate(moment).isoformat(),
            "number": number,
        },
        url=reverse("my-work"),
        # Without the organisation: whoever takes over may have a role only below it.
    )


OF_ALGORITHMS: dict[str, tuple[type[models.Model], str]] = {
    ResponsibilitySource.name: (Responsibility, "algorithm"),
    TeamSource.name: (TeamMember, "algorithm"),
    "assessment": (RequirementAssessment, "algorithm"),
    "measure": (MeasureStatus, "algorithm"),
    "complaints": (Complaint, "algorithm"),
    "monitoring-point": (MonitoringPoint, "algorithm"),
    "evaluation": (Evaluation, "algorithm"),
    "incident": (Incident, "algorithm"),
    "risk": (Risk, "algorithm"),
    "impactassessment": (ImpactAssessment, "algorithm"),
    "conditions": (Condition, "gate__algorithm"),
    "findings": (Finding, "algorithm"),
}
"""Source → what it hands over, and the path of fields from there to an algorithm."""


def _concerned(numbers: dict[str, list[int]]) -> Sequence[Algorithm]:
    """The algorithms about which something is handed over: each is held before anything of it is."""
    found: set[int] = set()
    for name, (model, path) in OF_ALGORITHMS.items():
        if name in numbers:
            rows = model._default_manager.filter(pk__in=numbers[name], **{f"{path}__isnull": False})
            found |= set(rows.order_by().values_list(path, flat=True))
    return list(Algorithm.objects.filter(pk__in=found))


def _vacant(organisation: Organisation, algorithms: Sequence[Algorithm]) -> set[str]:
    """What nobody fills now, in words: scopes of these algorithms, and functions of the organisation.

    What a phase lacks because the whole lacks it is said once.
    """
    found = {_("function %(name)s") % {"name": position} for position in
             Position.objects.filter(organisation__in=reach(organisation)).vacant()}  # fmt: skip
    vacant = vacancies(algorithms)
    for algorithm in algorithms:
        whole = next((missing for scope, missing in vacant[algorithm.pk] if scope is None), ())
        for scope, missing in vacant[algorithm.pk]:
            if scope and set(missing) <= set(whole):
                continue
            letters = ", ".join(str(letter.label).partition(":")[0] for letter in missing)
            found.add(f"{algorithm}: {name_of(scope)} – {letters}")
    return found
