"""Decisions about an algorithm's life: asked for by who leads the work, taken by a manager, carried out at once.

What was open of the phases it leaves is kept with the decision, each item with why it was accepted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import LifecyclePhase, Membership, Notification, User
from governance.notifying import Nearest, in_each_language, settle, tell
from registry import conditions, gate_accounts, lifecycle
from registry.classifying import hold
from registry.gate_checklists import Answer, questions
from registry.models import AcceptedItem, Algorithm, Classification, Gate
from registry.open_items import Kind as ItemKind
from registry.open_items import OpenItem, fingerprint, open_items

Kind, Decision, Status = Gate.Kind, Gate.Decision, Algorithm.Status

MONITORING, RETIREMENT = 7, 8
"""The numbers of the phases into which putting into use and retiring lead."""
PROHIBITED = "verboden-ai"
ALLOWING = (Decision.GO, Decision.CONDITIONAL_GO)
BESIDE_A_REQUEST = (Kind.PAUSE, Kind.RESUME)
"""What may be decided at once while another request waits: it changes no phase."""


# What is possible


@dataclass(frozen=True)
class Move:
    """A decision that can be asked for now; `to` are the phases to choose from, or none where nothing is to choose."""

    kind: Gate.Kind
    to: tuple[LifecyclePhase, ...] = ()


def moves(algorithm: Algorithm) -> list[Move]:
    """What can be decided about the algorithm as it stands, in the order of its life."""
    number = algorithm.phase.number if algorithm.phase else 0
    phases = list(LifecyclePhase.objects.filter(number__gt=0))
    found = []
    if algorithm.status != Status.OUT_OF_USE:
        found.append(Move(Kind.ON, tuple(phase for phase in phases if number < phase.number < RETIREMENT)))
        if algorithm.status != Status.IN_USE:
            found.append(Move(Kind.INTO_USE))
        elif algorithm.is_paused:
            found.append(Move(Kind.RESUME))
        else:
            found.append(Move(Kind.PAUSE))
        found.append(Move(Kind.RETIRE))
    found.append(Move(Kind.BACK, tuple(phase for phase in phases if phase.number < number)))
    return [move for move in found if move.to or move.kind not in (Kind.ON, Kind.BACK)]


def destination(algorithm: Algorithm, kind: str, to_phase: LifecyclePhase | None) -> LifecyclePhase | None:
    """The phase the algorithm is in after such a decision. Raises `ValidationError` for what is not possible now."""
    move = next((move for move in moves(algorithm) if move.kind == kind), None)
    if move is None:
        raise ValidationError(
            _("This cannot be decided now: look at where %(name)s is in its life.") % {"name": algorithm}
        )
    if move.to:
        if to_phase not in move.to:
            raise ValidationError({"to_phase": _("Choose one of these phases.")})
        return to_phase
    number = algorithm.phase.number if algorithm.phase else 0
    lead = {Kind.INTO_USE: max(number, MONITORING), Kind.RETIRE: RETIREMENT}
    wanted = lead.get(move.kind)
    return LifecyclePhase.objects.filter(number=wanted).first() if wanted else algorithm.phase


def phases_left(algorithm: Algorithm, kind: str, to_phase: LifecyclePhase | None) -> range:
    """The numbers of the phases whose work must be done, or accepted as it is, before such a step.

    Putting into use leaves every phase before it behind; a step back, a pause and retiring leave none.
    """
    number = algorithm.phase.number if algorithm.phase else 1
    if kind == Kind.INTO_USE:
        return range(1, MONITORING)
    if kind == Kind.ON and to_phase is not None:
        return range(number, to_phase.number)
    return range(0)


def open_before(algorithm: Algorithm, kind: str, to_phase: LifecyclePhase | None) -> tuple[list[OpenItem], str]:
    """What is open before such a step, and the fingerprint by which a verb knows that it was seen."""
    items = open_items(algorithm, phases_left(algorithm, kind, to_phase))
    return items, fingerprint(algorithm, items)


# Verbs


def request(
    algorithm: Algorithm, kind: str, to_phase: LifecyclePhase | None, fields: Mapping[str, Any], *, seen: str, by: User
) -> Gate:
    """Asks the managers for a decision. `fields`: request, checklist. One may wait at a time.

    Raises `Conflict` when the algorithm moved or something else is open than was seen, and `ValidationError`.
    """
    with transaction.atomic():
        fresh = _held(algorithm)
        if Gate.objects.waiting().filter(algorithm=fresh).exists():
            raise ValidationError(_("A decision is waiting already. Take that request back first, or wait for it."))
        to_phase = destination(fresh, kind, to_phase)
        if open_before(fresh, kind, to_phase)[1] != seen:
            raise Conflict(fresh)
        if not fields.get("request", "").strip():
            raise ValidationError({"request": _("Say what you ask, and why now.")})
        gate = Gate.objects.create(
            algorithm=fresh,
            kind=kind,
            from_phase=fresh.phase,
            to_phase=to_phase,
            requested=clock.now(),
            requested_by=by,
            request=fields["request"].strip(),
            checklist=_answers(kind, fields.get("checklist", [])),
        )
        _record("gate.requested", gate, {"request": [None, gate.request]})
        audit_trail.record("algorithm.decision_asked", fresh, {"gate": [None, str(gate)]})
        _tell_managers(gate, by)
    return gate


def take_back(gate: Gate, *, by: User) -> Gate:
    """Nobody has to decide any more. Raises `Conflict` when it was decided or taken back already."""
    with transaction.atomic():
        fresh = _held_gate(gate)
        fresh.taken_back = clock.now()
        fresh.save(update_fields=["taken_back"])
        _record("gate.taken_back", fresh, {})
        settle(_asked(fresh), fresh.algorithm.organisation.people([Membership.Role.MANAGER]))
    return fresh


def decide(gate: Gate, fields: Mapping[str, Any], *, seen: str, by: User) -> Gate:
    """Decides about a request, and carries a go out.

    `fields`: decision, decided_on, reason; `checklist`, a list of {key, answer, note}; `accepted`, {key of an open
    item: why it may stay open}; `conditions`, a list of {text, due, assignee}. A go needs a reason for each open item,
    a conditional go a condition. Raises `Conflict` as `request` does, and when it was decided or taken back meanwhile;
    and `ValidationError` naming the fields: also `accepted-<key>`, `answer-<key>`, `note-<key>` and
    `condition-<n>-<field>`.
    """
    with transaction.atomic():
        return _decide(_held_gate(gate), fields, seen=seen, by=by)


def decide_at_once(
    algorithm: Algorithm, kind: str, to_phase: LifecyclePhase | None, fields: Mapping[str, Any], *, seen: str, by: User
) -> Gate:
    """Decides what nobody asked for; as `decide`. Pausing does not have to wait for a request that waits."""
    with transaction.atomic():
        fresh = _held(algorithm)
        if kind not in BESIDE_A_REQUEST and Gate.objects.waiting().filter(algorithm=fresh).exists():
            raise ValidationError(_("A decision is waiting already. Decide about that request first."))
        to_phase = destination(fresh, kind, to_phase)
        gate = Gate(algorithm=fresh, kind=kind, to_phase=to_phase, requested=clock.now(), requested_by=by)
        return _decide(gate, fields, seen=seen, by=by)


def _held(algorithm: Algorithm) -> Algorithm:
    hold([algorithm.pk])
    return Algorithm.objects.select_related("organisation", "phase").get(pk=algorithm.pk)


def _held_gate(gate: Gate) -> Gate:
    """The waiting gate with its algorithm, held until the transaction ends."""
    algorithm = _held(gate.algorithm)
    fresh = Gate.objects.select_related("to_phase", "requested_by", "decided_by").get(pk=gate.pk)
    fresh.algorithm = algorithm
    if not fresh.is_waiting:
        raise Conflict(fresh)
    return fresh


def _decide(gate: Gate, fields: Mapping[str, Any], *, seen: str, by: User) -> Gate:
    algorithm = gate.algorithm
    items, now_seen = open_before(algorithm, gate.kind, gate.to_phase)
    if now_seen != seen:
        raise Conflict(gate)
    values = {"decision": "", "decided_on": clock.today(), "reason": "", "checklist": gate.checklist, **fields}
    accepted = {key: reason.strip() for key, reason in fields.get("accepted", {}).items()}
    rows = enumerate(fields.get("conditions", []))
    wanted = [{"number": n, **row} for n, row in rows if any(row.values())]
    _check(gate, values, items, accepted, wanted)
    is_go = values["decision"] in ALLOWING
    gate.from_phase = algorithm.phase
    gate.decision, gate.decided_on, gate.reason = values["decision"], values["decided_on"], values["reason"].strip()
    gate.checklist = _answers(gate.kind, values["checklist"])
    gate.open_items = [item.kept(accepted.get(item.key, "") if is_go else "") for item in items]
    gate.decided, gate.decided_by = clock.now(), by
    gate.save()
    if is_go:
        _keep_accepted(gate, items, accepted)
        lifecycle.move(algorithm, _effect(gate), gate=gate, by=by)
    else:
        audit_trail.record("algorithm.not_moved", algorithm, {"gate": [None, str(gate)]})
    _record(
        "gate.decided",
        gate,
        {
            "decision": [None, gate.decision],
            "decided_on": [None, gate.decided_on.isoformat()],
            "reason": [None, gate.reason],
            **gate_accounts.changes(gate, wanted),
        },
    )
    settle(_asked(gate), algorithm.organisation.people([Membership.Role.MANAGER]))
    _tell_requester(gate, by)
    conditions.impose(gate, wanted, by=by)
    return gate


def _effect(gate: Gate) -> dict[str, Any]:
    """The fields of the algorithm as they are after a go."""
    algorithm, month = gate.algorithm, f"{gate.decided_on:%Y-%m}"
    match gate.kind:
        case Kind.INTO_USE:
            begin = algorithm.begin_date or month
            return {"phase": gate.to_phase, "status": Status.IN_USE.value, "is_paused": False, "begin_date": begin}
        case Kind.PAUSE:
            return {"is_paused": True}
        case Kind.RESUME:
            return {"is_paused": False}
        case Kind.RETIRE:
            over = {"status": Status.OUT_OF_USE.value, "is_paused": False, "end_date": month}
            return {"phase": gate.to_phase, **over}
        case Kind.BACK if algorithm.status == Status.OUT_OF_USE:
            return {"phase": gate.to_phase, "status": Status.IN_DEVELOPMENT.value, "end_date": ""}
    return {"phase": gate.to_phase}


# What must be right


def _check(
    gate: Gate,
    values: Mapping[str, Any],
    items: Collection[OpenItem],
    accepted: Mapping[str, str],
    wanted: Sequence[Mapping[str, Any]],
) -> None:
    """Raises `ValidationError` naming the fields that cannot be so."""
    errors: dict[str, str] = {}
    decision = values["decision"]
    if decision not in Decision.values:
        errors["decision"] = _("Choose what is decided.")
    if not values["reason"].strip():
        errors["reason"] = _("Say why this is decided.")
    if not values["decided_on"]:
        errors["decided_on"] = _("Say on which day it was decided.")
    elif values["decided_on"] > clock.today():
        errors["decided_on"] = _("This day still has to come.")
    if decision in ALLOWING:
        refuse_prohibited(gate.algorithm, gate.kind)
        destination(gate.algorithm, gate.kind, gate.to_phase)
        errors |= _unanswered(gate.kind, values["checklist"])
    if decision == Decision.GO:
        for item in items:
            if not accepted.get(item.key):
                errors[f"accepted-{item.key}"] = _("Say why this may stay open, or decide a conditional go.")
    if decision == Decision.CONDITIONAL_GO and not wanted:
        errors["condition-0-text"] = _("Write at least one condition, or choose go.")
    if decision in (Decision.GO, Decision.NO_GO) and wanted:
        errors["decision"] = _("Conditions belong to a conditional go. Choose that, or empty the conditions.")
    errors |= conditions.errors_in(gate.algorithm.organisation, wanted, after=values.get("decided_on"))
    if errors:
        raise ValidationError(errors)


def refuse_prohibited(algorithm: Algorithm, kind: str) -> None:
    """Raises `ValidationError` for putting prohibited AI into use, also after a pause (AI Act art. 5)."""
    if kind not in (Kind.INTO_USE, Kind.RESUME):
        return
    if Classification.objects.current().filter(algorithm=algorithm, risk_group=PROHIBITED).exists():
        raise ValidationError(
            _(
                "This is classified as prohibited AI. The law forbids putting it into use and using it (AI Act art. 5),"
                " so a go is not possible. If the classification is wrong, do it again first."
            )
        )


def _unanswered(kind: str, checklist: Sequence[Mapping[str, str]]) -> dict[str, str]:
    given = {row["key"]: row for row in checklist}
    errors = {}
    for question in questions(kind):
        row = given.get(question.key, {})
        if row.get("answer") not in Answer.values:
            errors[f"answer-{question.key}"] = _("Answer this question.")
        elif row["answer"] == Answer.NO and not row.get("note", "").strip():
            errors[f"note-{question.key}"] = _("Say why not, and what is done about it.")
    return errors


def _answers(kind: str, checklist: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """What was answered of the questions of this kind, in their order."""
    given = {row["key"]: row for row in checklist if row.get("answer") in Answer.values}
    return [
        {"key": question.key, "answer": str(row["answer"]), "note": row.get("note", "").strip()}
        for question in questions(kind)
        if (row := given.get(question.key))
    ]


def _keep_accepted(gate: Gate, items: Collection[OpenItem], accepted: Mapping[str, str]) -> None:
    AcceptedItem.objects.bulk_create(
        AcceptedItem(
            gate=gate,
            **{"measure" if item.kind == ItemKind.MEASURE else "requirement": item.subject},
            reason=accepted[item.key],
        )
        for item in items
        if item.subject is not None and accepted.get(item.key)
    )


# Recording and telling


def _record(verb: str, gate: Gate, changes: Mapping[str, list[Any]]) -> None:
    told = {name: change for name, change in changes.items() if change[1] not in ("", [])}
    audit_trail.record(verb, gate, told, organisation=gate.algorithm.organisation)


def _asked(gate: Gate) -> str:
    return f"gate:{gate.pk}:asked"


def _details(gate: Gate, by: User) -> dict[str, Any]:
    return {"who": str(by), "what": in_each_language(gate.__str__), "where": str(gate.algorithm)}


def _tell_managers(gate: Gate, by: User) -> None:
    organisation = gate.algorithm.organisation
    tell(
        Nearest([Membership.Role.MANAGER], organisation).to(organisation, leaving_out=by.pk),
        Notification.Kind.DECISION,
        key=_asked(gate),
        details=_details(gate, by) | {"sentence": "gate_asked"},
        url=gate.get_absolute_url(),
        organisation=organisation,
    )


def _tell_requester(gate: Gate, by: User) -> None:
    if gate.requested_by is None or gate.requested_by == by:
        return
    tell(
        [gate.requested_by],
        Notification.Kind.ASSIGNED,
        key=f"gate:{gate.pk}:decided",
        details=_details(gate, by)
        | {"sentence": "gate_decided", "outcome": in_each_language(lambda: str(gate.get_decision_display()))},
        url=gate.get_absolute_url(),
        organisation=gate.algorithm.organisation,
    )
