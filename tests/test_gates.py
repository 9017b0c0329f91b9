"""Decisions about an algorithm's life: asked for, taken, carried out, and what is kept with them."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from governance import audit_trail
from governance.conflict import Conflict
from governance.models import AuditEvent, Notification
from governance.timeline import changed_fields
from registry import gates
from registry.models import (
    AcceptedItem,
    Algorithm,
    Classification,
    Gate,
    ImpactAssessment,
    LifecyclePeriod,
    Responsibility,
)
from tests import factories
from tests.deciding import (
    accepting,
    all_phases,
    all_yes,
    ask,
    classified,
    decide,
    fields,
    in_phase_two,
    in_use,
    keys,
    seen,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(db):
    return factories.OrganisationFactory()


@pytest.fixture
def phases(db):
    return all_phases()


@pytest.fixture
def manager(organisation):
    person = factories.member("manager", organisation)
    with audit_trail.acting(person, "command"):
        yield person


@pytest.fixture
def leader(organisation):
    return factories.member("officer", organisation)


@pytest.fixture
def algorithm(organisation, manager, leader):
    return in_phase_two(organisation, leader)


def verbs(record):
    return list(AuditEvent.objects.about(record).order_by("pk").values_list("verb", flat=True))


# What is possible


@pytest.mark.parametrize(
    ("number", "status", "is_paused", "kinds"),
    [
        (1, "", False, ["on", "into_use", "retire"]),
        (2, "In ontwikkeling", False, ["on", "into_use", "retire", "back"]),
        (7, "In gebruik", False, ["pause", "retire", "back"]),
        (7, "In gebruik", True, ["resume", "retire", "back"]),
        (8, "Buiten gebruik", False, ["back"]),
    ],
)
def test_what_can_be_decided_follows_from_where_the_algorithm_is(algorithm, phases, number, status, is_paused, kinds):
    algorithm.phase, algorithm.status, algorithm.is_paused = phases[number], status, is_paused

    assert [move.kind.value for move in gates.moves(algorithm)] == kinds


def test_phase_eight_is_reached_by_retiring_only(algorithm, phases, manager):
    with pytest.raises(ValidationError) as refused:
        gates.destination(algorithm, "on", phases[8])

    assert list(refused.value.error_dict) == ["to_phase"]


# What is open


def test_what_is_open_is_that_of_the_phases_that_are_left(algorithm, phases, leader):
    left = factories.open_requirement(algorithm, status="in_progress", assignee=leader)
    later = factories.open_measure(algorithm)
    later.measure.phases.set([phases[4]])
    claim = factories.claimed(algorithm, leader)

    items, _seen = gates.open_before(algorithm, "on", phases[3])

    assert [(item.kind, item.code, item.phase, item.status, item.is_unassigned) for item in items] == [
        ("requirement", left.requirement.slug, 2, "in_progress", False),
        ("claim", claim.requirement.slug, 2, "met", False),
    ]
    assert keys(algorithm, "on", phases[5])[-1] == f"measure-{later.measure.slug}"
    assert keys(algorithm, "back", phases[1]) == []


def test_a_missing_classification_assessment_and_responsibility_are_open_too(algorithm, phases):
    Responsibility.objects.all().delete()
    classified(algorithm, "hoog-risico-ai-systeem", personal_data=True)

    assert keys(algorithm, "on", phases[3]) == ["impact_assessment-dpia", "impact_assessment-iama", "vacancy-0"]

    ImpactAssessment.objects.create(
        algorithm=algorithm, tool=factories.ToolFactory(slug="dpia"), carried_out_on=timezone.localdate(),
        outcome="acceptable", conclusion="Kan.",
    )  # fmt: skip
    assert keys(algorithm, "on", phases[3]) == ["impact_assessment-iama", "vacancy-0"]

    Classification.objects.all().delete()
    assert keys(algorithm, "on", phases[3]) == ["classification", "vacancy-0"]


# Asking


def test_asking_tells_the_managers_and_waits_for_them(algorithm, phases, manager, leader):
    gate = ask(algorithm, "on", phases[3], by=leader)

    told = Notification.objects.get()
    assert (told.recipient, told.kind, told.url) == (manager, "decision", gate.get_absolute_url())
    assert (gate.is_waiting, gate.from_phase, gate.to_phase) == (True, phases[2], phases[3])
    assert (verbs(gate), verbs(algorithm)) == (["gate.requested"], ["algorithm.decision_asked"])
    algorithm.refresh_from_db()
    assert algorithm.phase == phases[2]


def test_one_request_waits_at_a_time_and_can_be_taken_back_once(algorithm, phases, manager, leader):
    gate = ask(algorithm, "on", phases[3], by=leader)

    with pytest.raises(ValidationError):
        ask(algorithm, "retire", by=leader)
    gates.take_back(gate, by=leader)
    with pytest.raises(Conflict):
        gates.take_back(gate, by=leader)
    with pytest.raises(Conflict):
        gates.decide(gate, fields("on"), seen=seen(algorithm, "on", phases[3]), by=manager)

    assert Notification.objects.unread().count() == 0
    assert ask(algorithm, "retire", by=leader).is_waiting


def test_asking_without_saying_why_is_refused(algorithm, phases, leader):
    with pytest.raises(ValidationError) as refused:
        ask(algorithm, "on", phases[3], by=leader, request=" ")

    assert list(refused.value.error_dict) == ["request"]


# Deciding


def test_a_go_moves_the_algorithm_and_keeps_the_period(algorithm, phases, manager, leader):
    gate = ask(algorithm, "on", phases[4], by=leader)

    gates.decide(gate, fields("on", decided_on=date(2026, 1, 5)), seen=seen(algorithm, "on", phases[4]), by=manager)

    algorithm.refresh_from_db()
    gate.refresh_from_db()
    period = LifecyclePeriod.objects.current().get(algorithm=algorithm)
    assert (algorithm.phase, algorithm.version, algorithm.status) == (phases[4], 2, "In ontwikkeling")
    assert (gate.decision, gate.decided_by, gate.decided_on) == ("go", manager, date(2026, 1, 5))
    assert (period.phase, period.gate, period.by) == (phases[4], gate, manager)
    assert verbs(algorithm) == ["algorithm.decision_asked", "algorithm.moved"]
    assert verbs(gate) == ["gate.requested", "gate.decided"]
    assert Notification.objects.get(recipient=leader).details["outcome"]["nl"] == "Go"
    assert not Notification.objects.unread().filter(recipient=manager).exists()


def test_a_no_go_moves_nothing(algorithm, phases, manager):
    factories.open_requirement(algorithm)

    gate = decide(algorithm, "on", phases[3], by=manager, decision="no_go")

    algorithm.refresh_from_db()
    assert (algorithm.phase, algorithm.version) == (phases[2], 1)
    assert [item["accepted"] for item in gate.open_items] == [""]
    assert verbs(algorithm) == ["algorithm.not_moved"]


def test_a_go_needs_a_reason_for_each_open_item_and_keeps_it(algorithm, phases, manager):
    requirement = factories.open_requirement(algorithm).requirement
    measure = factories.open_measure(algorithm).measure

    with pytest.raises(ValidationError) as refused:
        decide(algorithm, "on", phases[3], by=manager, accepted={f"measure-{measure.slug}": "Volgt."})
    gate = decide(algorithm, "on", phases[3], by=manager, accepted=accepting(algorithm, "on", phases[3]))

    assert list(refused.value.error_dict) == [f"accepted-requirement-{requirement.slug}"]
    kept = AcceptedItem.objects.order_by("pk").values_list("gate", "requirement", "measure", "reason")
    assert set(kept) == {
        (gate.pk, requirement.pk, None, "Komt later."),
        (gate.pk, None, measure.pk, "Komt later."),
    }
    assert [(item["kind"], item["code"], item["accepted"]) for item in gate.open_items] == [
        ("requirement", requirement.slug, "Komt later."),
        ("measure", measure.slug, "Komt later."),
    ]


def test_a_conditional_go_needs_a_condition_and_makes_a_task_of_it(algorithm, phases, manager, leader):
    factories.open_requirement(algorithm)
    task = {"text": "Test met echte gevallen.", "due": date(2027, 1, 1), "assignee": leader}

    with pytest.raises(ValidationError) as refused:
        decide(algorithm, "on", phases[3], by=manager, decision="conditional_go")
    gate = decide(
        algorithm, "on", phases[3], by=manager, decision="conditional_go",
        conditions=[{"text": "", "due": None, "assignee": None}, task],
    )  # fmt: skip

    condition = gate.conditions.get()
    assert list(refused.value.error_dict) == ["condition-0-text"]
    assert (condition.text, condition.due, condition.assignee) == tuple(task.values())
    assert Notification.objects.get(recipient=leader).details["sentence"] == "condition_assigned"
    assert Algorithm.objects.get(pk=algorithm.pk).phase == phases[3]


def test_the_trail_keeps_the_conditions_what_was_accepted_and_the_answers_and_tells_them(
    algorithm, phases, manager, leader
):
    classified(algorithm, "hoog-risico-ai-systeem", personal_data=True)
    answers = all_yes("into_use")
    answers[1] |= {"answer": "no", "note": "Volgt in mei."}

    gate = decide(
        algorithm, "into_use", by=manager, decision="conditional_go", checklist=answers,
        accepted={"impact_assessment-dpia": "Loopt al."},
        conditions=[{"text": "DPIA afmaken", "due": date(2027, 5, 1), "assignee": leader}],
    )  # fmt: skip

    event = AuditEvent.objects.about(gate).get(verb="gate.decided")
    title = f"DPIA afmaken (1 mei 2027, {leader})"
    assert event.changes["conditions"] == [
        None,
        [{"title": title, "text": "DPIA afmaken", "due": "2027-05-01", "assignee": str(leader)}],
    ]
    assert event.changes["accepted_open"] == [
        None,
        [{"title": "DPIA: Loopt al.", "code": "impact_assessment-dpia", "reason": "Loopt al."}],
    ]
    kept = event.changes["checklist"][1][1]
    assert (kept["key"], kept["answer"], kept["note"]) == ("dpia", "no", "Volgt in mei.")
    told = {label: new for label, _old, new in changed_fields(event)}
    assert (told["Voorwaarden"], told["Open geaccepteerd"]) == (title, "DPIA: Loopt al.")
    assert "Nee (Volgt in mei.)" in told["Checklist"]


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"decision": ""}, "decision"),
        ({"reason": " "}, "reason"),
        ({"decided_on": date(2999, 1, 1)}, "decided_on"),
        ({"decided_on": None}, "decided_on"),
        ({"conditions": [{"text": "Test", "due": date(2027, 1, 1), "assignee": None}]}, "decision"),
        (
            {"decision": "conditional_go", "conditions": [{"text": "Test", "due": None, "assignee": None}]},
            "condition-0-due",
        ),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(algorithm, phases, manager, given, wrong):
    with pytest.raises(ValidationError) as refused:
        decide(algorithm, "on", phases[3], by=manager, **given)

    assert list(refused.value.error_dict) == [wrong]
    assert not Gate.objects.exists()


def test_a_condition_is_for_somebody_who_works_there(algorithm, phases, manager):
    for person in (factories.member("reader", algorithm.organisation), factories.member("officer")):
        with pytest.raises(ValidationError) as refused:
            decide(
                algorithm, "on", phases[3], by=manager, decision="conditional_go",
                conditions=[{"text": "Test", "due": date(2027, 1, 1), "assignee": person}],
            )  # fmt: skip

        assert list(refused.value.error_dict) == ["condition-0-assignee"]


# Lost updates


def test_what_opened_since_it_was_seen_makes_deciding_a_conflict(algorithm, phases, manager, leader):
    gate = ask(algorithm, "on", phases[3], by=leader)
    state = seen(algorithm, "on", phases[3])
    factories.open_requirement(algorithm)

    with pytest.raises(Conflict):
        gates.decide(gate, fields("on"), seen=state, by=manager)

    assert Gate.objects.get().is_waiting


def test_a_request_is_decided_once(algorithm, phases, manager, leader):
    gate = ask(algorithm, "on", phases[3], by=leader)
    state = seen(algorithm, "on", phases[3])
    gates.decide(gate, fields("on", decision="no_go"), seen=state, by=manager)

    with pytest.raises(Conflict):
        gates.decide(gate, fields("on"), seen=state, by=manager)

    assert Algorithm.objects.get().phase == phases[2]


def test_who_decides_about_an_algorithm_that_moved_meanwhile_gets_a_conflict(algorithm, phases, manager):
    state = seen(algorithm, "on", phases[5])
    decide(algorithm, "on", phases[3], by=manager)

    with pytest.raises(Conflict):
        gates.decide_at_once(algorithm, "on", phases[5], fields("on"), seen=state, by=manager)


# Each kind


def test_putting_into_use_sets_status_phase_and_begin_date(algorithm, phases, manager):
    decide(algorithm, "into_use", by=manager, decided_on=date(2026, 3, 9))

    algorithm.refresh_from_db()
    assert (algorithm.status, algorithm.phase, algorithm.begin_date) == ("In gebruik", phases[7], "2026-03")


def test_putting_into_use_keeps_a_begin_date_that_was_known(algorithm, manager):
    Algorithm.objects.update(begin_date="2025-01")

    decide(algorithm, "into_use", by=manager)

    algorithm.refresh_from_db()
    assert algorithm.begin_date == "2025-01"


def test_pausing_and_going_on_leave_phase_and_status_alone(algorithm, phases, manager):
    in_use(algorithm, phase=phases[7])

    decide(algorithm, "pause", by=manager)
    paused = Algorithm.objects.get(pk=algorithm.pk)
    decide(algorithm, "resume", by=manager)
    algorithm.refresh_from_db()

    assert (paused.is_paused, paused.status, paused.phase) == (True, "In gebruik", phases[7])
    assert (algorithm.is_paused, algorithm.status, algorithm.phase) == (False, "In gebruik", phases[7])
    periods = LifecyclePeriod.objects.filter(algorithm=algorithm).order_by("pk")
    assert list(periods.values_list("is_paused", flat=True)) == [True, False]


def test_pausing_does_not_wait_for_another_request(algorithm, phases, manager, leader):
    in_use(algorithm, phase=phases[7])
    waits = ask(algorithm, "retire", by=leader)

    decide(algorithm, "pause", by=manager)

    assert (Algorithm.objects.get().is_paused, Gate.objects.get(pk=waits.pk).is_waiting) == (True, True)


def test_retiring_ends_the_use_and_a_step_back_takes_it_up_again(algorithm, phases, manager):
    in_use(algorithm, phase=phases[7], is_paused=True)

    decide(algorithm, "retire", by=manager, decided_on=date(2026, 2, 1))
    algorithm.refresh_from_db()
    retired = (algorithm.status, algorithm.phase, algorithm.end_date, algorithm.is_paused)
    decide(algorithm, "back", phases[1], by=manager)
    algorithm.refresh_from_db()

    assert retired == ("Buiten gebruik", phases[8], "2026-02", False)
    assert (algorithm.status, algorithm.phase, algorithm.end_date) == ("In ontwikkeling", phases[1], "")


def test_a_step_back_is_a_decision_with_reasons(algorithm, phases, manager):
    Algorithm.objects.update(phase=phases[5])
    algorithm.refresh_from_db()

    with pytest.raises(ValidationError):
        decide(algorithm, "back", phases[2], by=manager, reason="")
    gate = decide(algorithm, "back", phases[2], by=manager, reason="De data zijn niet goed genoeg.")

    assert (gate.from_phase, Algorithm.objects.get().phase) == (phases[5], phases[2])


@pytest.mark.parametrize("kind", ["into_use", "pause", "resume", "retire"])
def test_a_go_answers_each_question_of_its_checklist_and_explains_a_no(algorithm, phases, manager, kind):
    if kind in ("pause", "resume"):
        in_use(algorithm, phase=phases[7], is_paused=kind == "resume")
    first, second, *rest = all_yes(kind)

    with pytest.raises(ValidationError) as refused:
        decide(algorithm, kind, by=manager, checklist=[{**second, "answer": "no"}, *rest])
    unanswered = decide(algorithm, kind, by=manager, decision="no_go", checklist=[])
    gate = decide(algorithm, kind, by=manager, checklist=[{**first, "answer": "no", "note": "Volgt."}, second, *rest])

    assert list(refused.value.error_dict) == [f"answer-{first['key']}", f"note-{second['key']}"]
    assert unanswered.checklist == []
    assert gate.checklist[0] == {"key": first["key"], "answer": "no", "note": "Volgt."}


@pytest.mark.parametrize(("kind", "is_paused"), [("into_use", False), ("resume", True)])
def test_prohibited_ai_gets_no_go_for_use(algorithm, phases, manager, kind, is_paused):
    if is_paused:
        in_use(algorithm, phase=phases[7], is_paused=True)
    classified(algorithm, "verboden-ai")

    with pytest.raises(ValidationError) as refused:
        decide(algorithm, kind, by=manager)
    no_go = decide(algorithm, kind, by=manager, decision="no_go")

    assert "art. 5" in " ".join(refused.value.messages)
    assert no_go.pk
