"""Who is responsible for what in an algorithm: letters given and ended, and the whole matrix in one go.

A letter is for a scope: the whole algorithm, a phase, a requirement or a measure. The rule: a phase without an
Accountable or a Responsible of its own has that of the whole algorithm. A requirement or measure without one has that
of its phase, where it is in one phase only, and else that of the whole. A scope is vacant when after that there is no
Accountable or no Responsible; the scopes that count are the whole, and each phase from 1 on. Whoever has left the
organisation fills nothing.

A scope has one Accountable: giving that letter to a second person ends the first. Every verb writes one event per
person and scope whose letters change, from what to what.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import LifecyclePhase, Measure, Organisation, Requirement, User
from governance.models.periods import start_of
from governance.notifying import in_each_language
from governance.permissions import WORKING
from registry.classifying import hold
from registry.models import Algorithm, Letter, Responsibility
from registry.responsibility_notices import Given, tell_of

Scope = LifecyclePhase | Requirement | Measure | None

ORDER = "RASCI"
"""The letters in the order in which they are written in a cell."""
DOING = frozenset({Letter.RESPONSIBLE, Letter.ACCOUNTABLE, Letter.SUPPORT})
"""Whoever has one of these needs a role with which to do work."""
NEEDED = (Letter.ACCOUNTABLE, Letter.RESPONSIBLE)
"""Without one of these a scope is vacant."""


def in_order(letters: Iterable[str]) -> str:
    return "".join(letter for letter in ORDER if letter in letters)


def beginning_of(day: date) -> datetime:
    """The moment a change from that day on takes effect: today that is now. Raises `ValidationError` for the past."""
    today = clock.today()
    if day < today:
        raise ValidationError(_("Choose today or a later day."))
    return clock.now() if day == today else start_of(day)


def eligible(organisation: Organisation, letter: str) -> "models.QuerySet[User]":
    """The people who can be given the letter for an algorithm of the organisation."""
    return organisation.people(WORKING if letter in DOING else None)


def of_scope(scope: Scope) -> dict[str, Any]:
    """The scope as values of the fields of `Responsibility`."""
    return {
        "phase": scope if isinstance(scope, LifecyclePhase) else None,
        "requirement": scope if isinstance(scope, Requirement) else None,
        "measure": scope if isinstance(scope, Measure) else None,
    }


def name_of(scope: Scope) -> str:
    """The scope in words."""
    if scope is None:
        return _("the whole algorithm")
    return str(scope) if isinstance(scope, LifecyclePhase) else scope.code


# Giving and ending letters


def assign(
    algorithm: Algorithm, person: User, letter: str, scope: Scope = None, *, since: datetime | None = None, by: User
) -> Responsibility:
    """The person has the letter for the scope from `since` (now, or later) on.

    A second Accountable ends the first. Raises `ValidationError` for somebody without the role it takes.
    """
    with transaction.atomic():
        hold([algorithm.pk])
        moment = _from(since)
        _check(algorithm, person, letter, scope)
        with recorded(algorithm, moment) as given:
            row = give(algorithm, person, letter, scope, moment, by=by)
        tell_of(given, moment, by=by)
    return row


def assign_in_bulk(algorithms: Sequence[Algorithm], person: User, letter: str, *, by: User) -> None:
    """The person has the letter for each of these algorithms as a whole from now on: all, or none.

    Raises `ValidationError` that names the algorithms for which they cannot have it.
    """
    with transaction.atomic():
        hold(algorithm.pk for algorithm in algorithms)
        moment = clock.now()
        reached = {
            organisation.pk: eligible(organisation, letter).filter(pk=person.pk).exists()
            for organisation in {algorithm.organisation for algorithm in algorithms}
        }
        if refused := [str(algorithm) for algorithm in algorithms if not reached[algorithm.organisation_id]]:
            sentence = _("%(person)s has no role for it in the organisation of: %(algorithms)s.")
            raise ValidationError({"person": sentence % {"person": person, "algorithms": ", ".join(refused)}})
        new: list[Given] = []
        for algorithm in algorithms:
            with recorded(algorithm, moment) as given:
                give(algorithm, person, letter, None, moment, by=by)
            new += given
        tell_of(new, moment, by=by)


def end(responsibility: Responsibility, moment: datetime | None = None, *, by: User) -> None:
    """The person no longer has the letter from `moment` (now, or later) on.

    Raises `Conflict` when somebody else changed or ended it meanwhile.
    """
    with transaction.atomic():
        hold([responsibility.algorithm_id])
        moment = _from(moment)
        row = Responsibility.objects.select_related("algorithm__organisation", "person").get(pk=responsibility.pk)
        if row.until != responsibility.until or (row.until is not None and row.until <= clock.now()):
            raise Conflict(row)
        with recorded(row.algorithm, moment):
            stop(row, moment)


def _from(moment: datetime | None) -> datetime:
    now = clock.now()
    if moment is not None and timezone.localdate(moment) < timezone.localdate(now):
        raise ValidationError({"since": _("Choose today or a later day.")})
    return max(moment or now, now)


def _check(algorithm: Algorithm, person: User, letter: str, scope: Scope) -> None:
    if isinstance(scope, LifecyclePhase) and scope.number == LifecyclePhase.ORGANISATION_NUMBER:
        raise ValidationError(_("Phase 0 belongs to the organisation, not to an algorithm."))
    if isinstance(scope, Requirement | Measure) and scope.organisation_id not in (None, *algorithm.organisation.above):
        raise ValidationError(_("%(code)s is not of this organisation.") % {"code": scope.code})
    if not eligible(algorithm.organisation, letter).filter(pk=person.pk).exists():
        raise ValidationError({"person": refusal(person, letter, algorithm.organisation)})


def refusal(person: User, letter: str, organisation: Organisation) -> str:
    """Why somebody cannot have the letter, in a sentence."""
    names = {"person": person, "organisation": organisation}
    if letter in DOING:
        return _("%(person)s is no officer, manager or contributor of %(organisation)s.") % names
    return _("%(person)s has no role in %(organisation)s.") % names


def give(
    algorithm: Algorithm,
    person: User,
    letter: str,
    scope: Scope,
    moment: datetime,
    *,
    until: datetime | None = None,
    by: User | None,
) -> Responsibility:
    """Writes that the person has the letter from `moment` (up to `until`), around what they have of it already.

    To be called inside `recorded`, with the algorithm held.
    """
    fields = {"algorithm": algorithm, "letter": letter, **of_scope(scope)}
    rows = list(Responsibility.objects.unended().filter(**fields).order_by("since", "pk"))
    if letter == Letter.ACCOUNTABLE:
        for row in rows:
            if row.person_id != person.pk and (until is None or row.since < until):
                stop(row, moment)
    row = None
    for row in [row for row in rows if row.person_id == person.pk]:
        if row.since > moment:
            Responsibility.objects.create(**fields, person=person, since=moment, until=row.since, by=by)
        if row.until is None:
            return row
        moment = max(moment, row.until)
    if row is not None and until is not None and moment >= until:
        return row
    return Responsibility.objects.create(**fields, person=person, since=moment, until=until, by=by)


def stop(row: Responsibility, moment: datetime) -> None:
    """Ends the row at `moment`; what had not begun by then never holds. To be called inside `recorded`."""
    last = max(moment, row.since)
    if row.until is None or row.until > last:
        row.close(last)


@contextmanager
def recorded(algorithm: Algorithm, moment: datetime) -> Iterator[list[Given]]:
    """Records what changes inside: one event for each person and scope whose letters from `moment` on change.

    The list has, after that, who became Accountable or Responsible: for `tell_of`.
    """
    before = _letters_from(algorithm, moment)
    given: list[Given] = []
    yield given
    after = _letters_from(algorithm, moment)
    for cell, (row, _letters) in {**before, **after}.items():
        old, new = (in_order(found[cell][1]) if cell in found else "" for found in (before, after))
        if old != new:
            changes: dict[str, Any] = {"letters": [old, new]}
            if moment > clock.now():
                changes["from"] = [None, timezone.localdate(moment).isoformat()]
            label = f"{row.person}: {name_of(row.scope)}"
            audit_trail.record("responsibility.changed", algorithm, changes, label=label)
            if new_ones := in_order((set(new) - set(old)) & set(NEEDED)):
                what = in_each_language(partial(_in_words, new_ones, row.scope))
                given.append(Given(row.person, algorithm, what))


def _in_words(letters: str, scope: Scope) -> str:
    names = (str(Letter(letter).label).partition(":")[0] for letter in letters)
    return f"{', '.join(names)} – {name_of(scope)}"


def _letters_from(algorithm: Algorithm, moment: datetime) -> dict[tuple[Any, ...], tuple[Responsibility, set[str]]]:
    """(phase, requirement, measure, person) → a row of theirs, and the letters they have at `moment` or later."""
    rows = Responsibility.objects.filter(algorithm=algorithm).exclude(until__lte=moment)
    found: dict[tuple[Any, ...], tuple[Responsibility, set[str]]] = {}
    for row in rows.select_related("person", "phase", "requirement", "measure").order_by("pk"):
        cell = (row.phase_id, row.requirement_id, row.measure_id, row.person_id)
        found.setdefault(cell, (row, set()))[1].add(row.letter)
    return found


# The matrix


Cell = tuple[int | None, int]
"""The key of a phase (None: the whole algorithm) and of a person."""


def cell_name(cell: Cell) -> str:
    """What a cell is called in a form, and in the errors about it."""
    return f"cell_{cell[0] or 0}_{cell[1]}"


@dataclass(frozen=True)
class Matrix:
    """The letters that people have now for the algorithm as a whole and for its phases."""

    phases: list[LifecyclePhase]
    people: list[User]
    letters: Mapping[Cell, str]
    fingerprint: str
    """Changes when anybody's letters in it change, also when those begin or end later."""

    @property
    def scopes(self) -> list[LifecyclePhase | None]:
        return [None, *self.phases]


def matrix_of(algorithm: Algorithm) -> Matrix:
    rows = Responsibility.objects.unended().filter(algorithm=algorithm, requirement=None, measure=None)
    letters: dict[Cell, str] = {}
    people: dict[int, User] = {}
    state = []
    for row in rows.select_related("person").order_by("person__name", "person__pk", "pk"):
        state.append(f"{row.pk} {row.until} {row.holds_now}")
        if row.holds_now:
            people[row.person_id] = row.person
            cell = (row.phase_id, row.person_id)
            letters[cell] = in_order(letters.get(cell, "") + row.letter)
    phases = list(LifecyclePhase.objects.filter(number__gt=0))
    fingerprint = hashlib.sha256("\n".join(sorted(state)).encode()).hexdigest()
    return Matrix(phases, list(people.values()), letters, fingerprint)


def set_matrix(algorithm: Algorithm, cells: Mapping[Cell, str], *, seen: str, by: User) -> int:
    """The matrix with these cells as given, from now on; returns how many of them changed.

    `seen` is the fingerprint of the matrix that the person saw. Raises `Conflict` with the matrix as it now stands
    when it changed meanwhile, and `ValidationError` by `cell_name` for two Accountables of one scope or for somebody
    without the role a letter takes.
    """
    with transaction.atomic():
        hold([algorithm.pk])
        stands = matrix_of(algorithm)
        if stands.fingerprint != seen:
            raise Conflict(stands)
        changed = {cell: in_order(new) for cell, new in cells.items() if in_order(new) != stands.letters.get(cell, "")}
        people = User.objects.in_bulk({person for _phase, person in changed})
        _check_matrix(algorithm, stands, changed, people)
        phases = {phase.pk: phase for phase in stands.phases}
        moment = clock.now()
        with recorded(algorithm, moment) as given:
            held = Responsibility.objects.as_of(moment).filter(algorithm=algorithm, requirement=None, measure=None)
            for row in held:
                if row.letter not in changed.get((row.phase_id, row.person_id), row.letter):
                    stop(row, moment)
            for (phase, person), new in changed.items():
                for letter in set(new) - set(stands.letters.get((phase, person), "")):
                    scope = phases[phase] if phase else None
                    give(algorithm, people[person], letter, scope, moment, by=by)
        tell_of(given, moment, by=by)
    return len(changed)


def _check_matrix(
    algorithm: Algorithm, stands: Matrix, changed: Mapping[Cell, str], people: Mapping[int, User]
) -> None:
    errors: dict[str, list[str]] = {}
    reached = {
        letter: set(eligible(algorithm.organisation, letter).filter(pk__in=people).values_list("pk", flat=True))
        for letter in (Letter.RESPONSIBLE, Letter.INFORMED)
    }
    for cell, new in changed.items():
        for letter in sorted(set(new) - set(stands.letters.get(cell, ""))):
            if cell[1] not in reached[Letter.RESPONSIBLE if letter in DOING else Letter.INFORMED]:
                errors[cell_name(cell)] = [refusal(people[cell[1]], letter, algorithm.organisation)]
    wanted = {**stands.letters, **changed}
    names = {person.pk: str(person) for person in [*stands.people, *people.values()]}
    for scope in stands.scopes:
        key = scope.pk if scope else None
        accountable = [cell for cell, letters in wanted.items() if cell[0] == key and Letter.ACCOUNTABLE in letters]
        if len(accountable) > 1:
            sentence = _("%(scope)s: %(people)s are all Accountable. Choose one.") % {
                "scope": name_of(scope),
                "people": ", ".join(sorted(names[person] for _phase, person in accountable)),
            }
            errors[cell_name(max(accountable, key=lambda cell: cell in changed))] = [sentence]
    if errors:
        raise ValidationError(errors)


# What is vacant, and who has what in the end


class Vacancy(NamedTuple):
    scope: LifecyclePhase | None
    """None: the whole algorithm."""
    missing: tuple[Letter, ...]


def vacancies_of(algorithm: Algorithm) -> list[Vacancy]:
    """The vacant scopes of the algorithm, each with what is missing."""
    return vacancies([algorithm])[algorithm.pk]


def vacancies(algorithms: Sequence[Algorithm]) -> dict[int, list[Vacancy]]:
    """The key of each of these algorithms with its vacant scopes, in two queries."""
    filled: dict[int, set[tuple[int | None, str]]] = {algorithm.pk: set() for algorithm in algorithms}
    rows = Responsibility.objects.filling().filter(algorithm__in=filled, requirement=None, measure=None)
    for algorithm, phase, letter in rows.values_list("algorithm", "phase", "letter"):
        filled[algorithm].add((phase, letter))
    scopes = [None, *LifecyclePhase.objects.filter(number__gt=0)]
    found: dict[int, list[Vacancy]] = {}
    for algorithm, cells in filled.items():
        vacant = []
        for scope in scopes:
            own = scope.pk if scope else None
            missing = tuple(x for x in NEEDED if (own, x) not in cells and (None, x) not in cells)
            if missing:
                vacant.append(Vacancy(scope, missing))
        found[algorithm] = vacant
    return found


class Effective(NamedTuple):
    """Who has a letter in the end, and for which scope it was given to them (None: the whole algorithm)."""

    letter: Letter
    people: list[User]
    scope: Scope


def effective(algorithm: Algorithm, item: Requirement | Measure) -> list[Effective]:
    """The Accountable and the Responsible for a requirement or measure, by the rule; nobody where it is vacant."""
    phases = [phase for phase in item.phases.all() if phase.number > 0]
    scopes: list[Scope] = [item, *(phases if len(phases) == 1 else []), None]
    rows = list(Responsibility.objects.filling().filter(algorithm=algorithm).select_related("person"))
    found = []
    for letter in NEEDED:
        for scope in scopes:
            fields = {f"{name}_id": value.pk if value else None for name, value in of_scope(scope).items()}
            people = [
                row.person
                for row in rows
                if row.letter == letter and all(getattr(row, name) == value for name, value in fields.items())
            ]
            if people or scope is None:
                found.append(Effective(letter, people, scope))
                break
    return found
