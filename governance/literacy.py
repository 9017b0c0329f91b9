"""AI literacy (AI Act art. 4; aia-01): what people in certain functions have to know, and what they followed."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from governance import audit_trail, clock, revising
from governance.models import (
    Knowledge,
    Literacy,
    Organisation,
    Position,
    RoleAssignment,
    Training,
    User,
)
from governance.starter_texts import Starter, in_language, not_yet_there, starters

NOT_COUNTING = [Literacy.MISSING, Literacy.EXPIRED]


def add_knowledge(organisation: Organisation, fields: Mapping[str, Any], *, by: User | None) -> Knowledge:
    """A new subject (`title`, `description`, `valid_months`, `positions`).

    Raises `ValidationError` naming the fields.
    """
    _check_positions(organisation, fields)
    return revising.add(Knowledge(organisation=organisation), fields)


def revise_knowledge(knowledge: Knowledge, fields: Mapping[str, Any], *, seen: int, by: User | None) -> Knowledge:
    """Raises `Conflict` when `seen` is no longer its version, and `ValidationError` naming the fields.

    What was followed keeps the day until which it counts.
    """
    _check_positions(knowledge.organisation, fields)
    return revising.revise(knowledge, fields, seen=seen)


def end_knowledge(knowledge: Knowledge, *, seen: int, by: User | None) -> Knowledge:
    """Ends the subject now: nobody needs it any more, and what was followed stays readable. Raises `Conflict`."""
    return revising.end(knowledge, seen=seen)


def _check_positions(organisation: Organisation, fields: Mapping[str, Any]) -> None:
    if "valid_months" in fields and not fields["valid_months"]:
        raise ValidationError({"valid_months": _("Fill in a number of months of at least 1.")})
    own = set(positions_within(organisation).values_list("pk", flat=True))
    if any(position.pk not in own for position in fields.get("positions", [])):
        raise ValidationError({"positions": _("Choose functions of this organisation or of a part of it.")})


def positions_within(organisation: Organisation) -> QuerySet[Position]:
    """The functions of the organisation and of those below it, also the ended ones."""
    return Position.objects.filter(organisation__path__startswith=organisation.path)


def starters_for(organisation: Organisation) -> list[Starter]:
    """The starter subjects that the organisation, or one above it, does not have yet."""
    taken = Knowledge.objects.in_force().for_organisation(organisation).values_list("title", flat=True)
    return not_yet_there("knowledge", "title", set(taken))


def take_over(organisation: Organisation, codes: Iterable[str], *, by: User | None) -> list[Knowledge]:
    """Adds the chosen starter subjects, in the reader's language.

    A function needs a subject where it has the name of a starter function that does.
    """
    chosen = set(codes)
    names = {entry["code"]: {text.casefold() for text in entry["name"].values()} for entry in starters("positions")}
    positions = list(positions_within(organisation).filter(ended=None))
    with transaction.atomic():
        return [
            add_knowledge(
                organisation,
                {
                    "title": in_language(entry["title"]),
                    "description": in_language(entry["description"]).strip(),
                    "valid_months": entry["valid_months"],
                    "positions": [
                        position
                        for position in positions
                        if any(position.name.casefold() in names[code] for code in entry["positions"])
                    ],
                },
                by=by,
            )
            for entry in starters_for(organisation)
            if entry["code"] in chosen
        ]


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def record_training(
    knowledge: Knowledge,
    people: Iterable[User],
    *,
    followed_on: date,
    valid_until: date | None = None,
    note: str = "",
    by: User | None,
) -> list[Training]:
    """What these people followed, or showed to know; it counts until `valid_until`, or as long as the subject says.

    Raises `ValidationError` naming the field.
    """
    people = list(people)
    if knowledge.ended is not None:
        raise ValidationError({"knowledge": _("This subject has ended.")})
    if not people:
        raise ValidationError({"people": _("Choose at least one person.")})
    if followed_on > clock.today():
        raise ValidationError({"followed_on": _("This day is still to come. Record a training when it was followed.")})
    until = valid_until or months_after(followed_on, knowledge.valid_months)
    if until < followed_on:
        raise ValidationError({"valid_until": _("This lies before the day on which it was followed.")})
    with transaction.atomic():
        Knowledge.objects.select_for_update().get(pk=knowledge.pk)
        there = Training.objects.filter(knowledge=knowledge, person__in=people, followed_on=followed_on, withdrawn=None)
        twice = there.select_related("person").first()
        if twice is not None:
            sentence = _("For %(person)s this was recorded already on that day.")
            raise ValidationError({"people": sentence % {"person": twice.person}})
        trainings = []
        for person in people:
            training = Training(
                knowledge=knowledge,
                person=person,
                followed_on=followed_on,
                valid_until=until,
                note=note.strip(),
                recorded_by=by,
            )
            training.full_clean()
            training.save()
            changes = audit_trail.changes_between(
                {"note": ""}, {"followed_on": followed_on, "valid_until": until, "note": training.note}
            )
            audit_trail.record("training.recorded", training, changes)
            trainings.append(training)
    return trainings


def withdraw_training(training: Training, *, by: User | None) -> Training:
    """Takes back what was recorded by mistake; it stays readable. Raises `ValidationError` when done before."""
    with transaction.atomic():
        fresh = Training.objects.select_for_update().get(pk=training.pk)
        if fresh.withdrawn is not None:
            raise ValidationError(_("This was withdrawn already."))
        fresh.withdrawn = clock.now()
        fresh.save(update_fields=["withdrawn"])
        audit_trail.record("training.withdrawn", fresh, {"withdrawn": [None, fresh.withdrawn.isoformat()]})
    return fresh


def missing(organisation: Organisation) -> Any:
    """What holders of functions there and below have to know and do not: rows as `RoleAssignmentQuerySet.needs`."""
    return RoleAssignment.objects.filling().within(organisation).needs().filter(state__in=NOT_COUNTING)


@dataclass(frozen=True)
class Need:
    """A subject that somebody has to know, and the training that counts longest, if any."""

    person: User
    knowledge: Knowledge
    followed_on: date | None
    counts_until: date | None
    state: Literacy


@dataclass(frozen=True)
class PersonLiteracy:
    """How it is with what a person has to know; `expiring` counts still, for at most 60 days."""

    person: User
    needed: list[Need]

    def _in(self, *states: Literacy) -> list[Need]:
        return [need for need in self.needed if need.state in states]

    @property
    def counting(self) -> list[Need]:
        return self._in(Literacy.COUNTING, Literacy.EXPIRING)

    @property
    def expiring(self) -> list[Need]:
        return self._in(Literacy.EXPIRING)

    @property
    def missing(self) -> list[Need]:
        """Never followed, or expired."""
        return self._in(*NOT_COUNTING)


def needs_in(rows: Iterable[Mapping[str, Any]]) -> list[Need]:
    """The rows of `RoleAssignmentQuerySet.needs`, with people and subjects in place of their keys; two queries."""
    rows = list(rows)
    people = User.objects.in_bulk({row["person"] for row in rows})
    subjects = Knowledge.objects.in_bulk({row["subject"] for row in rows})
    return [
        Need(
            people[row["person"]],
            subjects[row["subject"]],
            row["followed_on"],
            row["counts_until"],
            Literacy(row["state"]),
        )
        for row in rows
    ]


def literacy_of(people: QuerySet[User], organisation: Organisation) -> list[PersonLiteracy]:
    """For each of these people, by name, what the functions they hold in and around the organisation ask of them."""
    held = RoleAssignment.objects.filling().around(organisation).filter(person__in=people.order_by().values("pk"))
    needs: dict[int, list[Need]] = {}
    for need in needs_in(held.needs()):
        needs.setdefault(need.person.pk, []).append(need)
    return [PersonLiteracy(person, needs.get(person.pk, [])) for person in people.order_by("name", "pk")]
