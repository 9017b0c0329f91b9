"""RACI defaults: the letters that holders of functions are proposed to have, per organisation and risk group.

An organisation without defaults of its own has those of the nearest organisation above it. Where a risk group has an
Accountable of its own for a scope, that one is proposed and not the one for every algorithm. Proposals are never
stored: they are what the defaults say and nobody has yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.models import LifecyclePhase, Organisation, Position, RoleAssignment, User
from registry.classifying import hold
from registry.models import Algorithm, Classification, Letter, RaciDefault, Responsibility
from registry.responsibilities import DOING, eligible, give, name_of, recorded
from registry.responsibility_notices import tell_of


def defaults_of(organisation: Organisation) -> "models.QuerySet[RaciDefault]":
    """The defaults that count for the organisation: its own, or else those of the nearest above that has any."""
    owners = set(RaciDefault.objects.filter(organisation__in=organisation.above).values_list("organisation", flat=True))
    nearest = next((pk for pk in reversed(organisation.above) if pk in owners), None)
    rows = RaciDefault.objects.filter(organisation=nearest, position__ended=None)
    return rows.select_related("organisation", "position", "phase").order_by("risk_group", "phase__number", "pk")


def add_default(
    organisation: Organisation,
    position: Position,
    letter: str,
    *,
    phase: LifecyclePhase | None = None,
    risk_group: str = "",
    by: User,
) -> RaciDefault:
    """Raises `ValidationError` when it is there already, or for a second Accountable of the same scope."""
    same = RaciDefault.objects.filter(organisation=organisation, risk_group=risk_group, phase=phase, letter=letter)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        if position.organisation_id not in organisation.above or position.ended:
            raise ValidationError({"position": _("This function is not in use here.")})
        if same.filter(position=position).exists():
            raise ValidationError(_("This default is there already."))
        if letter == Letter.ACCOUNTABLE and (first := same.select_related("position").first()):
            sentence = _("%(function)s is Accountable for this already. Remove that first: a scope has one.")
            raise ValidationError({"letter": sentence % {"function": first.position}})
        try:
            row = RaciDefault.objects.create(
                organisation=organisation, position=position, letter=letter, phase=phase, risk_group=risk_group
            )
        except IntegrityError as error:
            raise ValidationError(_("This default is there already.")) from error
        audit_trail.record("raci_default.added", row, _changes(row, added=True))
    return row


def remove_default(default: RaciDefault, *, by: User) -> None:
    """No longer proposes it; what was given because of it stays."""
    with transaction.atomic():
        audit_trail.record("raci_default.removed", default, _changes(default, added=False))
        default.delete()


def _changes(row: RaciDefault, *, added: bool) -> dict[str, list[object]]:
    values = {
        "position": str(row.position),
        "letters": row.letter,
        "phase": row.phase.number if row.phase else None,
        "risk_group": row.risk_group,
    }
    return {name: [None, value] if added else [value, None] for name, value in values.items()}


@dataclass(frozen=True)
class Proposed:
    """A letter that somebody is proposed to have, because of a function they hold."""

    person: User
    letter: Letter
    phase: LifecyclePhase | None
    position: Position
    is_one_of_several: bool = False
    """Several people could be the Accountable: somebody has to choose."""

    @property
    def key(self) -> str:
        return f"{self.person.pk}-{self.letter}-{self.phase.pk if self.phase else 0}"

    @property
    def scope_name(self) -> str:
        return name_of(self.phase)


def proposed_responsibilities(algorithm: Algorithm) -> list[Proposed]:
    """What the defaults propose for the algorithm and is not so yet; deputies are not proposed."""
    classification = Classification.objects.current().filter(algorithm=algorithm).first()
    groups = {"", classification.risk_group} if classification else {""}
    defaults = [row for row in defaults_of(algorithm.organisation) if row.risk_group in groups]
    own = {row.phase_id for row in defaults if row.risk_group and row.letter == Letter.ACCOUNTABLE}
    defaults = [
        row for row in defaults if not (row.letter == Letter.ACCOUNTABLE and not row.risk_group and row.phase_id in own)
    ]
    if not defaults:
        return []
    holders: dict[int, list[User]] = {}
    assignments = RoleAssignment.objects.filling().filter(
        position__in={row.position_id for row in defaults}, is_deputy=False
    )
    for assignment in assignments.select_related("person").order_by("since", "pk"):
        holders.setdefault(assignment.position_id, []).append(assignment.person)
    can = {
        is_doing: set(eligible(algorithm.organisation, letter).values_list("pk", flat=True))
        for is_doing, letter in ((True, Letter.RESPONSIBLE), (False, Letter.INFORMED))
    }
    held = Responsibility.objects.unended().filter(algorithm=algorithm, requirement=None, measure=None)
    taken = set(held.values_list("phase", "letter", "person"))
    answered = {phase for phase, letter, _person in taken if letter == Letter.ACCOUNTABLE}
    found: dict[str, Proposed] = {}
    for row in defaults:
        if row.letter == Letter.ACCOUNTABLE and row.phase_id in answered:
            continue
        people = [
            person
            for person in holders.get(row.position_id, [])
            if person.pk in can[row.letter in DOING] and (row.phase_id, row.letter, person.pk) not in taken
        ]
        several = row.letter == Letter.ACCOUNTABLE and len(people) > 1
        for person in people:
            proposed = Proposed(person, Letter(row.letter), row.phase, row.position, several)
            found.setdefault(proposed.key, proposed)
    return sorted(found.values(), key=lambda one: (one.phase.number if one.phase else 0, one.letter, one.person.name))


def accept(algorithm: Algorithm, keys: Iterable[str], *, by: User) -> int:
    """Gives what was proposed under these keys; what is proposed no longer is left out. Returns how many.

    Raises `ValidationError` for two Accountables of one scope.
    """
    wanted = set(keys)
    with transaction.atomic():
        hold([algorithm.pk])
        chosen = [proposed for proposed in proposed_responsibilities(algorithm) if proposed.key in wanted]
        accountable = [proposed.phase for proposed in chosen if proposed.letter == Letter.ACCOUNTABLE]
        if len(accountable) != len({phase.pk if phase else None for phase in accountable}):
            raise ValidationError(_("A scope has one Accountable: choose one person for each."))
        moment = clock.now()
        with recorded(algorithm, moment) as given:
            for proposed in chosen:
                give(algorithm, proposed.person, proposed.letter, proposed.phase, moment, by=by)
        tell_of(given, moment, by=by)
    return len(chosen)
