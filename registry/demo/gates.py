"""The decisions about the algorithms of the demo, from `fixtures/demo/gates.yaml`."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from governance import clock, commenting
from governance.models import LifecyclePhase
from registry import conditions, gates
from registry.demo.cast import FOLDER, Cast, explained, read
from registry.gate_checklists import Answer, questions
from registry.models import Algorithm, Gate

PATH = FOLDER / "gates.yaml"


@cache
def beginnings() -> dict[str, dict[str, Any]]:
    """Name of an algorithm → how it began: `ago`, and the phase and status that decisions then changed."""
    return {entry["algorithm"]: entry["began"] for entry in read(PATH)}


def add_gates(cast: Cast) -> None:
    """Go, conditional go and no-go, steps back, a pause, a retirement, and what waits for a decision."""
    owners = list(cast.organisations.values())
    for entry in read(PATH):
        with explained(PATH, entry["algorithm"]):
            algorithm = Algorithm.objects.get(organisation__in=owners, name=entry["algorithm"])
            for step in entry["steps"]:
                _take(Algorithm.objects.select_related("organisation", "phase").get(pk=algorithm.pk), step, cast)


def _take(algorithm: Algorithm, step: dict[str, Any], cast: Cast) -> None:
    kind, gate = step["kind"], None
    to_phase = next((phase for phase in cast.phases.values() if phase.number == step.get("to")), None)
    if "asked" in step:
        with cast.acting(step["asked"]) as (by, given):
            to_phase = gates.destination(algorithm, kind, to_phase)
            seen = gates.open_before(algorithm, kind, to_phase)[1]
            gate = gates.request(algorithm, kind, to_phase, given, seen=seen, by=by)
    if "decided" in step:
        gate = _decide(algorithm, step, gate, to_phase, cast)
    for comment in step.get("comments", []):
        with cast.acting(comment) as (by, given):
            commenting.comment(gate, given["text"], by=by)


def _decide(
    algorithm: Algorithm, step: dict[str, Any], gate: Gate | None, to_phase: LifecyclePhase | None, cast: Cast
) -> Gate:
    """About the request, or at once where nobody asked."""
    kind = step["kind"]
    with cast.acting(step["decided"]) as (by, given):
        to_phase = gates.destination(algorithm, kind, to_phase)
        items, seen = gates.open_before(algorithm, kind, to_phase)
        fields = {
            "decision": given["decision"],
            "decided_on": given.get("decided_on", clock.today()),
            "reason": given["reason"],
            "checklist": _checklist(kind, given.get("answers", {})),
            "accepted": {item.key: given.get("accept", "") for item in items},
            "conditions": [_condition(row, cast) for row in given.get("conditions", [])],
        }
        if gate is None:
            gate = gates.decide_at_once(algorithm, kind, to_phase, fields, seen=seen, by=by)
        else:
            gate = gates.decide(gate, fields, seen=seen, by=by)
    _settle(gate, given.get("conditions", []), cast)
    return gate


def _checklist(kind: str, answers: Mapping[str, Any]) -> list[dict[str, str]]:
    """Yes to every question, but where `answers` says [answer, note] or gives a note."""
    rows = []
    for question in questions(kind):
        given = answers.get(question.key, "")
        answer, note = given if isinstance(given, list) else (Answer.YES.value, given)
        rows.append({"key": question.key, "answer": answer, "note": note})
    return rows


def _condition(row: Mapping[str, Any], cast: Cast) -> dict[str, Any]:
    """`due` is in days from the decision."""
    due = clock.today() + timedelta(days=row["due"])
    return {"text": row["text"], "due": due, "assignee": cast.people[row["assignee"]]}


def _settle(gate: Gate, rows: list[dict[str, Any]], cast: Cast) -> None:
    for condition, row in zip(gate.conditions.order_by("pk"), rows, strict=True):
        if "settled" in row:
            with cast.acting(row["settled"]) as (by, given):
                conditions.settle(condition, given["result"], by=by)
