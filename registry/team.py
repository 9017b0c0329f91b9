"""Who works on an algorithm, in which of the four disciplines, and which stakeholders were involved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import Discipline, Position, RoleAssignment, User
from registry.classifying import hold
from registry.models import Algorithm, Involvement, Letter, Responsibility, TeamMember


def join(
    algorithm: Algorithm,
    person: User,
    discipline: Discipline,
    task: str = "",
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    by: User,
) -> TeamMember:
    """The person works on the algorithm in that discipline from `since` (now, or later) up to `until`.

    An earlier place of theirs ends first. Raises `ValidationError` for somebody without a role here, or who is in the
    team in that discipline already.
    """
    with transaction.atomic():
        hold([algorithm.pk])
        if not algorithm.organisation.people().filter(pk=person.pk).exists():
            names = {"person": person, "organisation": algorithm.organisation}
            raise ValidationError({"person": _("%(person)s has no role in %(organisation)s.") % names})
        same = TeamMember.objects.unended().filter(algorithm=algorithm, person=person, discipline=discipline)
        start = max([since or clock.now(), *same.exclude(until=None).values_list("until", flat=True)])
        if is_member(algorithm, person, discipline, start, until):
            raise ValidationError({"person": _("%(person)s is in the team for this already.") % {"person": person}})
        member = TeamMember.objects.create(
            algorithm=algorithm,
            person=person,
            discipline=discipline,
            task=task.strip(),
            since=start,
            until=until,
            by=by,
        )
        _record("team.joined", member, {"task": [None, member.task]}, member.since)
    return member


def is_member(
    algorithm: Algorithm, person: User, discipline: Discipline, since: datetime, until: datetime | None
) -> bool:
    """Whether the person has a place in the team in that discipline without an end, or one that covers that time."""
    there = TeamMember.objects.filter(algorithm=algorithm, person=person, discipline=discipline)
    lasting = Q(until=None)
    if until is not None:
        lasting |= Q(since__lte=since, until__gte=until)
    return there.filter(lasting).exists()


def give_task(member: TeamMember, task: str, *, by: User) -> TeamMember:
    """The same member with another task: the earlier one ends now. Raises `Conflict` when they left meanwhile."""
    task = task.strip()
    with transaction.atomic():
        hold([member.algorithm_id])
        row = _unchanged(member)
        if row.task == task:
            return row
        now = max(clock.now(), row.since)
        until = row.until
        row.close(now)
        new = TeamMember.objects.create(
            algorithm=row.algorithm,
            person=row.person,
            discipline=row.discipline,
            task=task,
            since=now,
            until=until,
            by=by,
        )
        _record("team.task_given", new, {"task": [row.task, task]}, now)
    return new


def leave(member: TeamMember, moment: datetime | None = None, *, by: User) -> None:
    """The person is no longer in the team from `moment` (now, or later) on. Raises `Conflict` when they left."""
    with transaction.atomic():
        hold([member.algorithm_id])
        row = _unchanged(member)
        last = max(moment or clock.now(), row.since)
        if row.until is not None and row.until <= last:
            return
        row.close(last)
        _record("team.left", row, {"task": [row.task, None]}, last)


def _unchanged(member: TeamMember) -> TeamMember:
    row = TeamMember.objects.select_related("algorithm__organisation", "person", "discipline").get(pk=member.pk)
    if row.until != member.until or (row.until is not None and row.until <= clock.now()):
        raise Conflict(row)
    return row


def _record(verb: str, member: TeamMember, changes: dict[str, Any], moment: datetime) -> None:
    if moment > clock.now():
        changes["from"] = [None, timezone.localdate(moment).isoformat()]
    audit_trail.record(verb, member.algorithm, changes, label=f"{member.person}: {member.discipline}")


# Is the team multidisciplinary?


@dataclass
class Staffing:
    """Who fills a discipline in the team of an algorithm."""

    discipline: Discipline
    members: list[User] = field(default_factory=list)
    """By their place in the team."""
    holders: list[tuple[User, Position]] = field(default_factory=list)
    """By a letter they have for the algorithm and a function they hold."""

    @property
    def is_missing(self) -> bool:
        return not (self.members or self.holders)


def staffing_of(algorithm: Algorithm) -> list[Staffing]:
    """The four disciplines, each with who fills it: team members, and whoever does something for the algorithm and
    holds a function of that discipline. Being informed does not count, nor does whoever has left."""
    found = {discipline.pk: Staffing(discipline) for discipline in Discipline.objects.all()}
    members = TeamMember.objects.filling().filter(algorithm=algorithm)
    for member in members.select_related("person").order_by("person__name", "pk"):
        found[member.discipline_id].members.append(member.person)
    doing = Responsibility.objects.current().filter(algorithm=algorithm).exclude(letter=Letter.INFORMED)
    functions = RoleAssignment.objects.filling().filter(
        person__in=doing.order_by().values("person"),
        position__organisation__in=algorithm.organisation.above,
        position__ended=None,
        position__discipline__isnull=False,
    )
    for held in functions.select_related("person", "position").order_by("person__name", "pk"):
        staffing = found[held.position.discipline_id]
        if held.person not in staffing.members:
            staffing.holders.append((held.person, held.position))
    return list(found.values())


def people_of(algorithm: Algorithm) -> QuerySet[User]:
    """The active people who are in the team now, or have a letter for the algorithm or for anything in it."""
    members = TeamMember.objects.current().filter(algorithm=algorithm).order_by().values("person")
    responsible = Responsibility.objects.current().filter(algorithm=algorithm).order_by().values("person")
    return User.objects.filter(Q(pk__in=members) | Q(pk__in=responsible), is_active=True)


# Stakeholders


def involve(algorithm: Algorithm, fields: Mapping[str, Any], *, by: User) -> Involvement:
    """Records that stakeholders were involved: kind, who, how, held_on, outcome. Raises `ValidationError`."""
    involvement = Involvement(algorithm=algorithm, recorded_by=by, **fields)
    involvement.full_clean(exclude=["recorded_by"])
    with transaction.atomic():
        hold([algorithm.pk])
        involvement.save()
        changes = audit_trail.changes_between({}, fields)
        audit_trail.record("involvement.recorded", algorithm, changes, label=str(involvement))
    return involvement


def revise_involvement(involvement: Involvement, fields: Mapping[str, Any], *, seen: int, by: User) -> Involvement:
    """`seen` is the version the person saw. Raises `Conflict` with how it now stands, and `ValidationError`."""
    with transaction.atomic():
        fresh = _as_seen(involvement, seen)
        changes = audit_trail.changes_between({name: getattr(fresh, name) for name in fields}, fields)
        if not changes:
            return fresh
        for name, value in fields.items():
            setattr(fresh, name, value)
        fresh.full_clean(exclude=["recorded_by"])
        fresh.version += 1
        fresh.save()
        audit_trail.record("involvement.revised", fresh.algorithm, changes, label=str(fresh))
    return fresh


def withdraw_involvement(involvement: Involvement, *, seen: int, by: User) -> None:
    """It was recorded by mistake: it stays readable as withdrawn. Raises `Conflict`."""
    with transaction.atomic():
        fresh = _as_seen(involvement, seen)
        fresh.withdrawn = clock.now()
        fresh.version += 1
        fresh.save(update_fields=["withdrawn", "version"])
        audit_trail.record("involvement.withdrawn", fresh.algorithm, {"withdrawn": [None, True]}, label=str(fresh))


def _as_seen(involvement: Involvement, seen: int) -> Involvement:
    hold([involvement.algorithm_id])
    fresh = Involvement.objects.select_related("algorithm__organisation").get(pk=involvement.pk)
    if fresh.version != seen or fresh.withdrawn:
        raise Conflict(fresh)
    return fresh
