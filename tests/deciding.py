"""Asking for decisions and taking them, for the tests of decisions."""

from governance.models import DecisionTree
from registry import gates
from registry.gate_checklists import CHECKLISTS
from registry.models import Algorithm, Classification, Responsibility
from tests import factories


def all_phases():
    """Number → phase, of the eight in an algorithm's life."""
    return {number: factories.PhaseFactory(number=number) for number in range(1, 9)}


def in_phase_two(organisation, leader):
    """An algorithm in phase 2, classified, for which `leader` is responsible: nothing is open."""
    row = factories.AlgorithmFactory(organisation=organisation, phase=all_phases()[2], status="In ontwikkeling")
    for letter in "AR":
        Responsibility.objects.create(algorithm=row, person=leader, letter=letter)
    classified(row)
    return row


def classified(algorithm, risk_group="geen-hoog-risico-ai-systeem", **facts):
    Classification.objects.filter(algorithm=algorithm).delete()
    tree = factories.DecisionTreeFactory(is_current=False, version=str(DecisionTree.objects.count()))
    return Classification.objects.create(
        algorithm=algorithm, tree=tree, conclusion="1", ai_act_applies=True, risk_group=risk_group, facts=facts
    )


def seen(algorithm, kind, to_phase=None):
    algorithm = Algorithm.objects.get(pk=algorithm.pk)
    return gates.open_before(algorithm, kind, gates.destination(algorithm, kind, to_phase))[1]


def ask(algorithm, kind, to_phase=None, *, by, **fields):
    fields = {"request": "Het ontwerp is klaar.", **fields}
    return gates.request(algorithm, kind, to_phase, fields, seen=seen(algorithm, kind, to_phase), by=by)


def all_yes(kind):
    return [{"key": question.key, "answer": "yes", "note": ""} for question in CHECKLISTS.get(kind, [])]


def fields(kind, **given):
    return {"decision": "go", "reason": "Het is klaar.", "checklist": all_yes(kind), **given}


def decide(algorithm, kind, to_phase=None, *, by, **given):
    """Decides what nobody asked for."""
    state = seen(algorithm, kind, to_phase)
    return gates.decide_at_once(algorithm, kind, to_phase, fields(kind, **given), seen=state, by=by)


def in_use(algorithm, **more):
    Algorithm.objects.filter(pk=algorithm.pk).update(status="In gebruik", **more)
    algorithm.refresh_from_db()
    return algorithm


def accepting(algorithm, kind, to_phase, reason="Komt later."):
    items, _seen = gates.open_before(algorithm, kind, to_phase)
    return {item.key: reason for item in items}


def keys(algorithm, kind, to_phase=None):
    return [item.key for item in gates.open_before(algorithm, kind, to_phase)[0]]
