"""The conditions of a conditional go, as tasks: somebody does them by a day, and says what was done."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.leaving import Holding
from governance.models import Notification, Organisation, User
from governance.notifying import tell
from governance.permissions import WORKING
from registry.models import Condition, Gate


def errors_in(
    organisation: Organisation, wanted: Sequence[Mapping[str, Any]], *, after: date | None = None
) -> dict[str, str]:
    """What is wrong with conditions as somebody wrote them, by the names `condition-<n>-<field>`.

    `after`: the day of the decision; what it asks for is done that day or later.
    """
    errors = {}
    able = set(organisation.people(WORKING).values_list("pk", flat=True)) if wanted else set()
    for n, row in enumerate(wanted):
        number = row.get("number", n)
        if not (row.get("text") or "").strip():
            errors[f"condition-{number}-text"] = _("Say what has to be done.")
        if not row.get("due"):
            errors[f"condition-{number}-due"] = _("Say by which day it has to be done.")
        elif after and row["due"] < after:
            errors[f"condition-{number}-due"] = _("This day is before the decision.")
        if row.get("assignee") and row["assignee"].pk not in able:
            errors[f"condition-{number}-assignee"] = _("Choose somebody who works for this organisation.")
    return errors


def impose(gate: Gate, wanted: Sequence[Mapping[str, Any]], *, by: User) -> list[Condition]:
    """Makes tasks of the conditions and tells who has to do them; to be called in the transaction of the decision."""
    made = [
        Condition.objects.create(
            gate=gate, text=row["text"].strip(), due=row["due"], assignee=row.get("assignee") or None
        )
        for row in wanted
    ]
    for condition in made:
        _tell_assignee(condition, by)
    return made


def settle(condition: Condition, result: str, *, by: User) -> Condition:
    """The condition is met; `result` says how. Raises `Conflict` when it was settled already."""
    with transaction.atomic():
        fresh = _held(condition)
        if not result.strip():
            raise ValidationError({"result": _("Say what was done.")})
        fresh.settled, fresh.settled_by, fresh.result = clock.now(), by, result.strip()
        fresh.save(update_fields=["settled", "settled_by", "result"])
        _record("condition.settled", fresh, {"result": [None, fresh.result]})
        decided_by = fresh.gate.decided_by
        if decided_by is not None and decided_by != by:
            _tell(fresh, decided_by, "condition_settled", key=f"condition:{fresh.pk}:settled", by=by)
    return fresh


def state_of(condition: Condition) -> str:
    """What `revise` compares: differs when somebody changed the condition meanwhile."""
    return f"{condition.assignee_id or ''}:{condition.due.isoformat()}"


def revise(condition: Condition, fields: Mapping[str, Any], *, seen: str, by: User) -> Condition:
    """Gives an open condition to somebody else, or another day. `fields`: assignee, due, and the reason for it.

    Raises `Conflict` when somebody changed or settled it meanwhile, and `ValidationError`.
    """
    with transaction.atomic():
        fresh = _held(condition)
        if state_of(fresh) != seen:
            raise Conflict(fresh)
        errors = errors_in(fresh.algorithm.organisation, [{"text": fresh.text, "due": fresh.due, **fields}])
        if errors:
            raise ValidationError({name.rpartition("-")[2]: text for name, text in errors.items()})
        if fields.get("due", fresh.due) > fresh.due and not fields.get("reason", "").strip():
            raise ValidationError({"reason": _("Say why it may be done later.")})
        _change(
            fresh, {name: fields[name] for name in ("assignee", "due") if name in fields}, fields.get("reason", ""), by
        )
    return fresh


def _held(condition: Condition) -> Condition:
    rows = Condition.objects.select_for_update(no_key=True, of=("self",))
    related = ("gate__algorithm__organisation", "gate__to_phase", "gate__decided_by", "assignee")
    fresh = rows.select_related(*related).get(pk=condition.pk)
    if fresh.settled is not None:
        raise Conflict(fresh)
    return fresh


def _change(condition: Condition, fields: Mapping[str, Any], reason: str, by: User) -> None:
    changes = audit_trail.changes_between({name: getattr(condition, name) for name in fields}, fields)
    if not changes:
        return
    for name, value in fields.items():
        setattr(condition, name, value)
    condition.save(update_fields=list(fields))
    if reason.strip():
        changes["reason"] = [None, reason.strip()]
    _record("condition.revised", condition, changes)
    if "assignee" in changes:
        _tell_assignee(condition, by)


def _record(verb: str, condition: Condition, changes: Mapping[str, list[Any]]) -> None:
    """Conditions stand in the history of their gate."""
    audit_trail.record(
        verb, condition.gate, changes, organisation=condition.algorithm.organisation, label=condition.text[:255]
    )


def _tell_assignee(condition: Condition, by: User) -> None:
    if condition.assignee is not None and condition.assignee != by:
        key = f"condition:{condition.pk}:assigned:{clock.now().isoformat()}"
        _tell(condition, condition.assignee, "condition_assigned", key=key, by=by)


def _tell(condition: Condition, person: User, sentence: str, *, key: str, by: User) -> None:
    algorithm = condition.algorithm
    tell(
        [person],
        Notification.Kind.ASSIGNED,
        key=key,
        details={"sentence": sentence, "who": str(by), "what": condition.text[:200], "where": str(algorithm)},
        url=condition.get_absolute_url(),
        organisation=algorithm.organisation,
    )


class HeldConditions:
    """The open conditions somebody has to meet, as part of what they hold; see `governance.leaving`."""

    name = "conditions"

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterator[Holding]:
        held = Condition.objects.open().filter(assignee=person, gate__algorithm__organisation__in=organisations)
        for condition in held.select_related("gate__algorithm").order_by("due", "pk"):
            yield Holding(
                key=f"{self.name}:{condition.pk}",
                kind=_("Conditions of decisions"),
                what=condition.text,
                where=str(condition.algorithm),
                url=condition.get_absolute_url(),
                since=condition.gate.decided,
                at_once=True,
            )

    def hand_over(self, numbers: "list[int]", to: User | None, moment: datetime, *, by: User) -> int:
        """A condition has one assignee at a time, without a period: it is handed over at once."""
        rows = Condition.objects.open().filter(pk__in=numbers).select_for_update(no_key=True, of=("self",))
        found = list(rows.select_related("gate__algorithm__organisation", "assignee").order_by("pk"))
        for condition in found:
            if to is not None and not condition.algorithm.organisation.people(WORKING).filter(pk=to.pk).exists():
                raise ValidationError(_("%(person)s cannot be given work here.") % {"person": to})
            _change(condition, {"assignee": to}, "", by)
        return len(found)
