"""The functions of an organisation, and who holds them from when to when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from governance import audit_trail, clock, revising
from governance.conflict import Conflict
from governance.leaving import Holding
from governance.models import Discipline, Membership, Organisation, Position, RoleAssignment, User
from governance.starter_texts import Starter, in_language, not_yet_there


def people_of(organisation: Organisation, *, former: bool = False) -> QuerySet[User]:
    """The active people with a function or a role there or below; `former`: and all who had one, active or not."""
    functions = RoleAssignment.objects.within(organisation).order_by()
    roles = Membership.objects.filter(organisation__path__startswith=organisation.path).order_by()
    if not former:
        functions, roles = functions.unended(), roles.current()
    people = User.objects.filter(Q(pk__in=functions.values("person")) | Q(pk__in=roles.values("user")))
    return people if former else people.filter(is_active=True)


def add_position(organisation: Organisation, fields: Mapping[str, Any], *, by: User | None) -> Position:
    """A new function (`name`, `description`, `line`, `discipline`, `governs_algorithms`).

    Raises `ValidationError` naming the fields.
    """
    return revising.add(Position(organisation=organisation), fields)


def revise_position(position: Position, fields: Mapping[str, Any], *, seen: int, by: User | None) -> Position:
    """Raises `Conflict` when `seen` is no longer its version, and `ValidationError` naming the fields."""
    return revising.revise(position, fields, seen=seen)


def end_position(position: Position, *, seen: int, by: User | None) -> Position:
    """Ends the function now, and with it whoever holds it or will. Raises `Conflict`."""
    with transaction.atomic():
        ended = revising.end(position, seen=seen)
        for assignment in RoleAssignment.objects.unended().filter(position=ended).select_related("person"):
            _end(assignment, ended.ended)
    return ended


def starters_for(organisation: Organisation) -> list[Starter]:
    """The starter functions that the organisation does not have yet."""
    taken = Position.objects.in_force().filter(organisation=organisation).values_list("name", flat=True)
    return not_yet_there("positions", "name", set(taken))


def take_over(organisation: Organisation, codes: Iterable[str], *, by: User | None) -> list[Position]:
    """Adds the chosen starter functions, in the reader's language; what is there already is passed over."""
    chosen = set(codes)
    disciplines = {discipline.slug: discipline for discipline in Discipline.objects.all()}
    with transaction.atomic():
        return [
            add_position(
                organisation,
                {
                    "name": in_language(entry["name"]),
                    "description": in_language(entry["description"]).strip(),
                    "line": entry["line"],
                    "discipline": disciplines.get(entry["discipline"]),
                    "governs_algorithms": entry["governs_algorithms"],
                },
                by=by,
            )
            for entry in starters_for(organisation)
            if entry["code"] in chosen
        ]


def assign(
    person: User,
    position: Position,
    *,
    since: datetime,
    until: datetime | None = None,
    deputy: bool = False,
    by: User | None,
) -> RoleAssignment:
    """Lets the person hold the function, or stand in for whoever does, from `since` up to, not including, `until`.

    Raises `ValidationError` naming the field: the function has ended, the person has no role in its organisation, or
    holds it already in that time.
    """
    with transaction.atomic():
        position = Position.objects.select_for_update().get(pk=position.pk)
        if position.ended is not None:
            raise ValidationError(_("This function has ended."))
        if until is not None and until <= since:
            raise ValidationError({"until": _("The last day lies before the first.")})
        if not position.organisation.people().filter(pk=person.pk).exists():
            sentence = _("%(person)s has no role in %(organisation)s.")
            raise ValidationError({"person": sentence % {"person": person, "organisation": position.organisation}})
        if _holds(person, position, since, until).exists():
            sentence = _("%(person)s has this function already in that time.")
            raise ValidationError({"person": sentence % {"person": person}})
        assignment = RoleAssignment.objects.create(
            position=position, person=person, is_deputy=deputy, since=since, until=until, by=by
        )
        changes = audit_trail.changes_between(
            {"until": None}, {"person": person, "since": since, "until": until, "is_deputy": deputy}
        )
        audit_trail.record("position.assigned", position, changes, label=str(assignment))
    return assignment


def _holds(person: User, position: Position, since: datetime, until: datetime | None) -> QuerySet[RoleAssignment]:
    """The assignments of the person to the function that hold at some moment of that time."""
    held = RoleAssignment.objects.filter(person=person, position=position).filter(Q(until=None) | Q(until__gt=since))
    return held if until is None else held.filter(since__lt=until)


def end_assignment(
    assignment: RoleAssignment, until: datetime, *, seen: datetime | None, by: User | None
) -> RoleAssignment:
    """Lets it hold up to, not including, `until`; one that ends where it begins never held.

    `seen` is the end the person saw. Raises `Conflict` when it is another by now, and `ValidationError`.
    """
    with transaction.atomic():
        fresh = RoleAssignment.objects.select_for_update(of=("self",)).select_related("position", "person")
        fresh = fresh.get(pk=assignment.pk)
        if fresh.until != seen:
            raise Conflict(fresh)
        if until < fresh.since:
            raise ValidationError({"until": _("The last day lies before the first.")})
        _end(fresh, until)
    return fresh


def _end(assignment: RoleAssignment, moment: datetime) -> None:
    """Ends it at that moment; what would begin later never holds."""
    before, assignment.until = assignment.until, max(moment, assignment.since)
    if before != assignment.until:
        assignment.save(update_fields=["until"])
        changes = audit_trail.changes_between({"until": before}, {"until": assignment.until})
        audit_trail.record("position.unassigned", assignment.position, changes, label=str(assignment))


def holding(position: Position) -> list[RoleAssignment]:
    """Who holds the function or stands in, now or later: holders, deputies, then who begins later."""
    now = clock.now()
    unended = RoleAssignment.objects.unended().filter(position=position).select_related("person")
    rows = [row for row in unended if row.until is None or row.until > row.since]
    return sorted(rows, key=lambda row: (row.since > now, row.is_deputy and row.since <= now, row.since, row.pk))


@dataclass(frozen=True)
class Responsible:
    """Who holds algorithm governance now, in the organisation or in the nearest one above it where somebody does."""

    holders: list[RoleAssignment]
    deputies: list[RoleAssignment]
    functions: list[Position]
    """The functions of the organisation itself that carry it, held or not."""

    @property
    def organisation(self) -> Organisation | None:
        return self.holders[0].position.organisation if self.holders else None


def responsible(organisation: Organisation) -> Responsible:
    """Two queries."""
    governing = Position.objects.in_force().filter(governs_algorithms=True)
    held = RoleAssignment.objects.filling().filter(position__in=governing.for_organisation(organisation))
    rows: list[RoleAssignment] = list(held.select_related("person", "position__organisation").order_by("since", "pk"))
    nearest = max((len(row.organisation.above) for row in rows if not row.is_deputy), default=0)
    there = [row for row in rows if len(row.organisation.above) == nearest]
    return Responsible(
        holders=[row for row in there if not row.is_deputy],
        deputies=[row for row in there if row.is_deputy],
        functions=list(governing.filter(organisation=organisation)),
    )


class PositionsHeld:
    """The functions a person holds, for the screen of somebody who leaves."""

    name = "position"

    def held_by(self, person: User, organisations: QuerySet[Organisation]) -> list[Holding]:
        rows = RoleAssignment.objects.unended().filter(
            person=person, position__organisation__in=organisations, position__ended=None
        )
        return [
            Holding(
                key=f"{self.name}:{row.pk}",
                kind=_("Functions"),
                what=_("%(function)s (deputy)") % {"function": row.position} if row.is_deputy else str(row.position),
                where=str(row.organisation),
                url=reverse("positions", args=[row.organisation.slug]),
                since=row.since,
            )
            for row in rows.select_related("position__organisation")
            if row.until is None or row.until > row.since
        ]

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        """As `Source` says; `to`, who then holds the function already, simply goes on. Raises `ValidationError`."""
        held = RoleAssignment.objects.filter(pk__in=numbers)
        functions = Position.objects.select_for_update().filter(pk__in=held.values("position"))
        list(functions.order_by("pk"))  # first the function, then who holds it, as ending a function does
        rows = held.select_for_update(of=("self",)).select_related("position", "person").order_by("pk")
        handed_over = 0
        for row in rows:
            until, begin = row.until, max(moment, row.since)
            if until is not None and until <= begin:
                continue
            _end(row, moment)
            if to is not None and not _holds(to, row.position, begin, until).exists():
                assign(to, row.position, since=begin, until=until, deputy=row.is_deputy, by=by)
            handed_over += 1
        return handed_over
