"""Acting on ticked rows: work of an algorithm gets an assignee or due date, algorithms get somebody responsible."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.conflict import Conflict
from governance.models import AuditEvent
from governance.notifying import sentence
from registry import compliance, working
from registry.models import MeasureStatus, RequirementAssessment, Responsibility
from registry.registering import register
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

DUE = date(2027, 3, 1)


@pytest.fixture
def requirements(db):
    law = factories.LawFactory(slug="woo")
    return [factories.RequirementFactory(urn=f"urn:nl:ak:ver:woo-{number}", law=law) for number in (97, 98, 99)]


@pytest.fixture
def algorithm(client, as_somebody, requirements):
    for requirement in requirements:
        factories.MeasureFactory(requirements=[requirement])
    client.force_login(as_somebody)
    organisation = as_somebody.memberships.get().organisation
    return register(organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody)


@pytest.fixture
def colleague(algorithm):
    return factories.member("contributor", algorithm.organisation)


@pytest.fixture
def page(algorithm):
    return reverse("algorithm-requirements", args=[algorithm.pk])


def test_one_row_is_written_and_one_event_for_each_item(algorithm, as_somebody, requirements, colleague):
    first = working.assess(algorithm, requirements[0], {"status": "in_progress"}, seen=None, by=as_somebody)
    measure = algorithm.recommendations.first().measure
    before = AuditEvent.objects.count()

    changed = working.assign_many(
        algorithm,
        {requirements[0]: first.pk, requirements[1]: None, measure: None},
        {"assignee": colleague, "due": DUE},
        by=as_somebody,
    )

    now = RequirementAssessment.objects.current()
    assert changed == AuditEvent.objects.count() - before == 3
    assert set(now.values_list("requirement__slug", "status", "assignee", "due", "by")) == {
        ("woo-97", "in_progress", colleague.pk, DUE, as_somebody.pk),
        ("woo-98", "open", colleague.pk, DUE, as_somebody.pk),
    }
    assert MeasureStatus.objects.get().assignee == colleague
    assert AuditEvent.objects.first().changes == {"assignee": [None, str(colleague)], "due": [None, "2027-03-01"]}
    assert list(compliance.differences()) == []


def test_who_gets_the_work_is_told_in_one_line(algorithm, as_somebody, requirements, colleague):
    first, second, third = requirements

    working.assign_many(algorithm, {first: None}, {"assignee": colleague}, by=as_somebody)
    row = RequirementAssessment.objects.get()
    working.assign_many(
        algorithm, {first: row.pk, second: None, third: None}, {"assignee": colleague, "due": DUE}, by=as_somebody
    )
    now = RequirementAssessment.objects.current().get(requirement=first)
    working.assign_many(algorithm, {first: now.pk}, {"assignee": as_somebody}, by=as_somebody)

    assert [(told.kind, sentence(told)) for told in colleague.notifications.order_by("pk")] == [
        ("assigned", f"{as_somebody} wijst je dit toe: {first} (Ordenen)"),
        ("assigned", f"{as_somebody} wijst je vereisten en maatregelen van Ordenen toe. Aantal: 2"),
    ]
    assert not as_somebody.notifications.exists()


def test_a_verified_claim_stays_a_verified_claim(algorithm, as_somebody, requirements, colleague):
    claim = working.assess(
        algorithm, requirements[0], {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody
    )
    verified = working.verify(claim, confirmed=True, by=colleague)

    working.assign_many(algorithm, {requirements[0]: verified.pk}, {"due": DUE}, by=as_somebody)

    now = RequirementAssessment.objects.current().get()
    assert (now.claimed_by, now.verified_by, now.due) == (as_somebody, colleague, DUE)


def test_what_somebody_changed_meanwhile_is_named_and_nothing_is_written(
    algorithm, as_somebody, requirements, colleague
):
    working.assess(algorithm, requirements[0], {"status": "in_progress"}, seen=None, by=colleague)

    with pytest.raises(Conflict) as conflict:
        working.assign_many(algorithm, dict.fromkeys(requirements), {"assignee": colleague}, by=as_somebody)

    assert conflict.value.current == [requirements[0]]
    assert not RequirementAssessment.objects.exclude(assignee=None).exists()


def test_what_has_that_assignee_already_is_not_written_again(algorithm, as_somebody, requirements, colleague):
    working.assign_many(algorithm, {requirements[0]: None}, {"assignee": colleague}, by=as_somebody)
    row = RequirementAssessment.objects.get()

    changed = working.assign_many(algorithm, {requirements[0]: row.pk}, {"assignee": colleague}, by=as_somebody)

    assert (changed, RequirementAssessment.objects.count()) == (0, 1)


@pytest.mark.parametrize("role", ["reader", "auditor", "administrator"])
def test_nobody_gets_work_who_cannot_do_it(algorithm, as_somebody, requirements, role):
    person = factories.member(role, algorithm.organisation)

    with pytest.raises(ValidationError):
        working.assign_many(algorithm, {requirements[0]: None}, {"assignee": person}, by=as_somebody)


def test_ticked_rows_of_the_list_are_assigned(client, page, colleague):
    look_at(client, page)

    answer = client.post(f"{page}?status=open", {"item": ["woo-97:", "woo-99:"], "assignee": colleague.pk})

    assert answer.url == f"{page}?status=open"
    assert set(RequirementAssessment.objects.values_list("requirement__slug", "assignee")) == {
        ("woo-97", colleague.pk),
        ("woo-99", colleague.pk),
    }


def test_measures_get_a_due_date_and_keep_their_assignee(client, algorithm, as_somebody, colleague):
    measure = algorithm.recommendations.first().measure
    row = working.record_measure(algorithm, measure, {"assignee": colleague}, seen=None, by=as_somebody)

    client.post(
        reverse("algorithm-measures", args=[algorithm.pk]), {"item": [f"{measure.slug}:{row.pk}"], "due": "2027-03-01"}
    )

    now = MeasureStatus.objects.current().get()
    assert (now.assignee, now.due) == (colleague, DUE)


def test_nobody_can_be_chosen_and_then_it_is_assigned_to_nobody(client, page, algorithm, as_somebody, requirements):
    row = working.assess(algorithm, requirements[0], {"assignee": as_somebody}, seen=None, by=as_somebody)

    client.post(page, {"item": [f"woo-97:{row.pk}"], "assignee": "nobody"})

    assert RequirementAssessment.objects.current().get().assignee is None


def test_the_page_names_what_changed_meanwhile_and_keeps_the_ticks(client, page, algorithm, requirements, colleague):
    working.assess(algorithm, requirements[0], {"status": "in_progress"}, seen=None, by=colleague)

    answer = client.post(page, {"item": ["woo-97:", "woo-98:"], "assignee": colleague.pk})
    again = answer.context["bulk_form"]

    assert "woo-97" in again.non_field_errors()[0] and "woo-98" not in again.non_field_errors()[0]
    assert (again.ticked_slugs, again["assignee"].value()) == ({"woo-97", "woo-98"}, str(colleague.pk))
    assert RequirementAssessment.objects.count() == 1


@pytest.mark.parametrize(
    "data",
    [{}, {"item": ["woo-97:"]}, {"assignee": "nobody"}, {"item": ["nergens:"], "assignee": "nobody"},
     {"item": ["woo-97:"], "due": "gisteren"}, {"item": ["woo-97:"], "assignee": "999999"}],
)  # fmt: skip
def test_too_little_or_nonsense_is_refused_and_nothing_is_saved(client, page, data):
    answer = client.post(page, data)

    assert answer.context["bulk_form"].errors
    assert not RequirementAssessment.objects.exists()


def test_what_does_not_apply_is_not_assigned(client, page, algorithm, colleague):
    other = factories.RequirementFactory(law=factories.LawFactory(slug="woo"), phases=[0])

    answer = client.post(page, {"item": [f"{other.slug}:"], "assignee": colleague.pk})

    assert answer.context["bulk_form"].errors
    assert not RequirementAssessment.objects.exists()


def test_who_may_not_assign_sees_no_boxes(client, page, algorithm, colleague):
    client.force_login(colleague)

    html = client.get(page).content.decode()

    assert ('name="item"' in html, client.post(page, {"item": ["woo-97:"]}).status_code) == (False, 403)


# Algorithms


def test_ticked_algorithms_get_somebody_responsible(client, algorithm, as_somebody, colleague):
    others = [factories.AlgorithmFactory(organisation=algorithm.organisation) for _number in range(2)]
    address = reverse("algorithms")
    look_at(client, address)

    data = {"algorithm": [algorithm.pk, others[0].pk], "person": colleague.pk, "letter": "A"}
    client.post(address, data)

    rows = Responsibility.objects.current().values_list("algorithm", "person", "letter")
    assert set(rows) == {(algorithm.pk, colleague.pk, "A"), (others[0].pk, colleague.pk, "A")}


def test_an_algorithm_one_may_not_assign_for_is_named_and_nothing_is_saved(client, algorithm, as_somebody, colleague):
    elsewhere = factories.AlgorithmFactory(name="Alleen lezen")
    factories.MembershipFactory(user=as_somebody, organisation=elsewhere.organisation, role="reader")
    data = {"algorithm": [algorithm.pk, elsewhere.pk], "person": colleague.pk, "letter": "A"}

    answer = client.post(reverse("algorithms"), data)

    assert "Alleen lezen" in answer.context["bulk_form"].non_field_errors()[0]
    assert not Responsibility.objects.exists()


def test_a_hidden_algorithm_is_neither_changed_nor_named(client, algorithm, colleague):
    hidden = factories.AlgorithmFactory(name="Geheim")
    data = {"algorithm": [hidden.pk], "person": colleague.pk, "letter": "A"}

    answer = client.post(reverse("algorithms"), data)

    assert not Responsibility.objects.exists()
    assert "Geheim" not in answer.content.decode()


def test_people_of_other_organisations_are_not_to_be_chosen(client, algorithm, colleague):
    stranger = factories.member("manager")

    answer = client.post(reverse("algorithms"), {"algorithm": [algorithm.pk], "person": stranger.pk, "letter": "A"})

    assert stranger not in answer.context["bulk_form"].fields["person"].queryset
    assert not Responsibility.objects.exists()


def test_algorithms_are_narrowed_to_those_with_a_vacancy(client, algorithm):
    filled = factories.AlgorithmFactory(organisation=algorithm.organisation)
    for letter in "AR":
        factories.ResponsibilityFactory(algorithm=filled, letter=letter)

    found = {
        value: list(client.get(reverse("algorithms"), {"vacant": value}).context["page"]) for value in ("true", "false")
    }

    assert found == {"true": [algorithm], "false": [filled]}


def test_assigning_many_costs_the_same_for_three_and_for_thirty(algorithm, as_somebody, requirements, colleague):
    with CaptureQueriesContext(connection) as three:
        working.assign_many(algorithm, dict.fromkeys(requirements), {"assignee": colleague}, by=as_somebody)
    many = [factories.RequirementFactory(law=factories.LawFactory(slug="woo")) for _number in range(30)]
    with CaptureQueriesContext(connection) as thirty:
        working.assign_many(algorithm, dict.fromkeys(many), {"assignee": colleague}, by=as_somebody)

    assert len(three) == len(thirty)
