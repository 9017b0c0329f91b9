"""The pages on which decisions are asked for, taken and read, and the line of an algorithm's life."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import audit_trail
from registry import conditions, lifecycle_line
from registry.models import (
    Algorithm,
    Gate,
)
from tests import factories
from tests.deciding import (
    accepting,
    all_phases,
    ask,
    decide,
    in_phase_two,
    in_use,
    seen,
)
from tests.well_made_page import look_at

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


@pytest.fixture
def condition(algorithm, manager):
    worker = factories.member("contributor", algorithm.organisation)
    gate = factories.GateFactory(algorithm=algorithm, decision="conditional_go", decided_by=manager)
    return factories.ConditionFactory(gate=gate, assignee=worker)


# Pages


def post(client, route, arguments, data, query=""):
    return client.post(reverse(route, args=arguments) + query, data)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, algorithm, phases, condition, manager, leader, language):
    factories.open_requirement(algorithm)
    decide(
        algorithm, "on", phases[4], by=manager, decided_on=date(2026, 1, 1),
        accepted=accepting(algorithm, "on", phases[4]),
    )  # fmt: skip
    decide(algorithm, "back", phases[3], by=manager)
    settled = factories.ConditionFactory(gate=condition.gate)
    conditions.settle(settled, "Gedaan.", by=manager)
    waiting = ask(Algorithm.objects.get(), "into_use", by=leader)
    decided = Gate.objects.filter(kind="on").get()
    client.force_login(manager)

    own, one = [algorithm.pk], [algorithm.pk, waiting.pk]
    for address in [
        algorithm.get_absolute_url(),
        reverse("algorithms"),
        reverse("algorithm-edit", args=own),
        reverse("algorithm-lifecycle", args=own),
        reverse("gate-add", args=own),
        reverse("gate-request", args=[*own, "in-gebruik"]),
        reverse("gate-request", args=[*own, "verder"]) + "?to=5",
        reverse("gate-decide-at-once", args=[*own, "uitfaseren"]),
        reverse("gate", args=one),
        reverse("gate-decide", args=one),
        decided.get_absolute_url(),
        condition.gate.get_absolute_url(),
        reverse("condition-edit", args=[*own, condition.gate_id, condition.pk]),
    ]:
        look_at(client, address, language)


def test_deciding_from_the_page_accepts_the_rest_with_one_reason(client, algorithm, phases, manager):
    first = factories.open_requirement(algorithm).requirement
    factories.open_measure(algorithm)
    client.force_login(manager)

    answer = post(
        client, "gate-decide-at-once", [algorithm.pk, "verder"],
        {
            "seen": seen(algorithm, "on", phases[3]), "decision": "go", "decided_on": "2026-01-05", "reason": "Klaar.",
            f"accepted-requirement-{first.slug}": "Loopt nog.", "reason_for_others": "Komt in de volgende fase.",
        },
        "?to=3",
    )  # fmt: skip

    gate = Gate.objects.get()
    assert answer.url == gate.get_absolute_url()
    assert [item["accepted"] for item in gate.open_items] == ["Loopt nog.", "Komt in de volgende fase."]


def test_the_page_says_what_is_missing_and_loses_no_typing(client, algorithm, phases, manager):
    item = factories.open_requirement(algorithm).requirement
    client.force_login(manager)

    answer = post(
        client, "gate-decide-at-once", [algorithm.pk, "verder"],
        {"seen": seen(algorithm, "on", phases[3]), "decision": "go", "decided_on": "2026-01-05", "reason": "Van mij"},
        "?to=3",
    )  # fmt: skip

    assert list(answer.context["form"].errors) == [f"accepted-requirement-{item.slug}"]
    assert "Van mij" in answer.content.decode()


def test_who_decides_on_what_changed_meanwhile_sees_it_and_keeps_the_typing(client, algorithm, phases, manager):
    client.force_login(manager)
    typed = {
        "seen": seen(algorithm, "on", phases[3]), "decision": "no_go", "decided_on": "2026-01-05", "reason": "Van mij",
    }  # fmt: skip
    item = factories.open_requirement(algorithm).requirement

    second = post(client, "gate-decide-at-once", [algorithm.pk, "verder"], typed, "?to=3")
    html = second.content.decode()
    again = second.context["form"]["seen"].value()
    post(client, "gate-decide-at-once", [algorithm.pk, "verder"], typed | {"seen": again}, "?to=3")

    assert (item.title in html, "Van mij" in html) == (True, True)
    assert Gate.objects.get().decision == "no_go"


def test_more_conditions_can_be_asked_for_without_losing_any(client, algorithm, phases, manager, leader):
    client.force_login(manager)
    typed = {"seen": "x", "rows": "2", "condition-1-text": "Test met echte gevallen.", "more": "1"}

    form = post(client, "gate-decide-at-once", [algorithm.pk, "verder"], typed, "?to=3").context["form"]

    assert (form.number_of_conditions, form["condition-1-text"].value()) == (4, "Test met echte gevallen.")
    assert not form.errors


def test_what_is_not_possible_leads_back_to_what_is(client, algorithm, manager):
    client.force_login(manager)

    answer = client.get(reverse("gate-decide-at-once", args=[algorithm.pk, "hervatten"]))
    unknown = client.get(reverse("gate-decide-at-once", args=[algorithm.pk, "onzin"]))

    assert (answer.url, unknown.status_code) == (reverse("gate-add", args=[algorithm.pk]), 404)


def test_a_condition_is_settled_on_the_page_of_its_decision(client, condition):
    client.force_login(condition.assignee)
    arguments = [condition.algorithm.pk, condition.gate_id, condition.pk]

    refused = post(client, "condition-settle", arguments, {"result": ""})
    post(client, "condition-settle", arguments, {"result": "Gedaan."})

    condition.refresh_from_db()
    assert list(refused.context["settling"].errors) == ["result"]
    assert condition.result == "Gedaan."


@pytest.mark.parametrize("route", ["algorithm-lifecycle", "algorithm", "gate"])
def test_thirty_decisions_conditions_and_items_cost_as_many_queries_as_one(
    client, algorithm, condition, manager, route
):
    client.force_login(condition.assignee)
    arguments = [algorithm.pk, condition.gate_id] if route == "gate" else [algorithm.pk]

    def more():
        decider = factories.member("manager", algorithm.organisation)
        gate = factories.GateFactory(algorithm=algorithm, decision="go", decided_by=decider, requested_by=decider)
        factories.ConditionFactory(gate=condition.gate, assignee=decider)
        factories.ConditionFactory(gate=gate, assignee=factories.UserFactory())

    more()
    client.get(reverse(route, args=arguments))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse(route, args=arguments))
    for _n in range(29):
        more()
    with CaptureQueriesContext(connection) as thirty:
        client.get(reverse(route, args=arguments))

    assert len(one) == len(thirty)


def test_deciding_about_thirty_open_items_costs_as_many_queries_as_about_one(client, algorithm, phases, manager):
    client.force_login(manager)
    address = reverse("gate-decide-at-once", args=[algorithm.pk, "verder"]) + "?to=3"

    def more():
        factories.open_requirement(algorithm)
        factories.open_measure(algorithm)

    more()
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _n in range(29):
        more()
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


# The line


def test_the_line_shows_where_it_is_where_it_was_and_the_steps_back(algorithm, phases, manager):
    decide(algorithm, "on", phases[5], by=manager, decided_on=date(2026, 1, 1))
    decide(algorithm, "back", phases[3], by=manager, decided_on=date(2026, 2, 1))
    decide(algorithm, "on", phases[4], by=manager, decision="no_go", decided_on=date(2026, 3, 1))
    algorithm.refresh_from_db()

    line = lifecycle_line.line_of(algorithm)

    stages = [stop.stage.value for stop in line.stops]
    decisions = {stop.phase.number: [gate.kind for gate in stop.decisions] for stop in line.stops if stop.decisions}
    assert stages == ["skipped", "skipped", "now", "ahead", "before", "ahead", "ahead", "ahead"]
    assert decisions == {3: ["back", "on"], 5: ["on"]}
    assert len(line.steps_back) == 1


def test_the_line_is_on_the_first_page_and_a_pause_is_shown_there_and_in_the_list(client, algorithm, phases, manager):
    in_use(algorithm, phase=phases[7])
    gate = decide(algorithm, "pause", by=manager)
    client.force_login(manager)

    first = client.get(algorithm.get_absolute_url()).content.decode()
    listed = client.get(reverse("algorithms")).content.decode()

    assert gate.get_absolute_url() in first
    assert ("Gepauzeerd" in first, "Gepauzeerd" in listed) == (True, True)
