"""The conditions of a conditional go, and what decisions mean for the work of people."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from governance import audit_trail, leaving
from governance.conflict import Conflict
from governance.models import AuditEvent, Notification, Organisation
from registry import conditions, reminders
from registry.models import (
    Condition,
)
from registry.my_work import my_desk, organisation_desk
from registry.work_lines import Section
from tests import factories
from tests.deciding import (
    all_phases,
    ask,
    in_phase_two,
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


@pytest.fixture
def condition(algorithm, manager):
    worker = factories.member("contributor", algorithm.organisation)
    gate = factories.GateFactory(algorithm=algorithm, decision="conditional_go", decided_by=manager)
    return factories.ConditionFactory(gate=gate, assignee=worker)


def test_a_condition_is_settled_once_with_a_result_and_the_decider_hears_of_it(condition, manager):
    with pytest.raises(ValidationError):
        conditions.settle(condition, " ", by=condition.assignee)
    conditions.settle(condition, "Getest met 40 gevallen.", by=condition.assignee)
    with pytest.raises(Conflict):
        conditions.settle(condition, "Nog eens.", by=manager)

    condition.refresh_from_db()
    assert (condition.result, condition.settled_by) == ("Getest met 40 gevallen.", condition.assignee)
    assert Notification.objects.get().recipient == manager
    assert verbs(condition.gate) == ["condition.settled"]


def test_a_condition_gets_another_day_with_a_reason_and_another_person(condition, manager, leader):
    later = condition.due + timedelta(days=7)
    state = conditions.state_of(condition)

    with pytest.raises(ValidationError) as refused:
        conditions.revise(condition, {"due": later}, seen=state, by=manager)
    conditions.revise(condition, {"due": later, "assignee": leader, "reason": "Ziekte."}, seen=state, by=manager)
    with pytest.raises(Conflict):
        conditions.revise(condition, {"assignee": None}, seen=state, by=manager)

    condition.refresh_from_db()
    assert list(refused.value.error_dict) == ["reason"]
    assert (condition.due, condition.assignee) == (later, leader)
    assert AuditEvent.objects.about(condition.gate).get().changes["reason"] == [None, "Ziekte."]


def test_open_conditions_are_among_what_somebody_holds_and_are_handed_over(condition, leader):
    worker, organisation = condition.assignee, condition.algorithm.organisation
    own = Organisation.objects.filter(pk=organisation.pk)

    held = [holding for holding in leaving.holdings(worker, own) if holding.key == f"conditions:{condition.pk}"]
    source = next(source for source in leaving.sources if source.name == "conditions")
    with transaction.atomic():
        source.hand_over([condition.pk], leader, timezone.now(), by=leader)

    condition.refresh_from_db()
    assert (len(held), condition.assignee) == (1, leader)


def test_a_condition_goes_to_nobody_who_does_not_work_there(condition, leader):
    worker, elsewhere = condition.assignee, factories.member("officer")
    source = next(source for source in leaving.sources if source.name == "conditions")

    with pytest.raises(ValidationError), transaction.atomic():
        source.hand_over([condition.pk], elsewhere, timezone.now(), by=leader)

    condition.refresh_from_db()
    assert condition.assignee == worker


# Work and reminders


def sections(desk):
    return {section: number for section, number in desk.counts().items() if number}


def test_a_request_waits_for_the_manager_and_with_who_asked(algorithm, phases, manager, leader):
    ask(algorithm, "on", phases[3], by=leader)
    colleague = factories.member("officer", algorithm.organisation)

    assert my_desk(manager).counts()[Section.DECISION] == 1
    assert my_desk(leader).counts()[Section.WAITING] == 1
    assert my_desk(colleague).counts()[Section.DECISION] == 0
    assert organisation_desk(algorithm.organisation).counts()[Section.DECISION] == 1


def test_an_open_condition_is_the_work_of_its_assignee(condition):
    worker = condition.assignee

    ahead = sections(my_desk(worker))
    Condition.objects.update(due=timezone.localdate() - timedelta(days=1))
    late = sections(my_desk(worker))
    Condition.objects.update(settled=timezone.now(), result="Klaar.")
    done = sections(my_desk(worker))
    Condition.objects.update(settled=None, assignee=None)
    nobodys = organisation_desk(condition.algorithm.organisation).counts()

    assert (ahead, late, done) == ({Section.DUE: 1}, {Section.OVERDUE: 1}, {})
    assert nobodys[Section.UNASSIGNED] == 1


def test_conditions_are_reminded_of_and_escalated(condition, manager):
    worker, due = condition.assignee, condition.due

    def told(on):
        Notification.objects.all().delete()
        reminders.conditions(on)
        again = reminders.conditions(on)
        rows = Notification.objects.values_list("recipient", "details__sentence")
        return sorted(rows, key=lambda row: row[0] != worker.pk), again

    assert told(due - timedelta(days=15)) == ([], 0)
    assert told(due) == ([(worker.pk, "condition_due")], 0)
    assert told(due + timedelta(days=7)) == ([(worker.pk, "condition_overdue")], 0)
    assert told(due + timedelta(days=8)) == (
        [(worker.pk, "condition_overdue"), (manager.pk, "condition_overdue")], 0,
    )  # fmt: skip


def test_what_waits_for_a_week_is_brought_to_the_managers_notice(algorithm, manager, leader):
    gate = factories.GateFactory(algorithm=algorithm, requested_by=leader)
    today = timezone.localdate()

    assert reminders.gates(today + timedelta(days=6)) == 0
    assert reminders.gates(today + timedelta(days=7)) == 1
    assert reminders.gates(today + timedelta(days=8)) == 0
    assert (Notification.objects.get().recipient, Notification.objects.get().url) == (manager, gate.get_absolute_url())
