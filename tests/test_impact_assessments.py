"""Impact assessments: begun, carried out, counting as evidence, to be done again, withdrawn."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import clock, evidence, leaving
from governance.conflict import Conflict
from governance.evidence_places import is_proven
from governance.models import AuditEvent, Notification, Organisation
from registry import impact_assessments, reminders, working
from registry.classifying import decide_all
from registry.models import ImpactAssessment
from registry.my_work import my_desk, organisation_desk
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

DONE = {"carried_out_on": date(2026, 3, 2), "outcome": "acceptable", "conclusion": "De risico's zijn klein."}


@pytest.fixture
def organisation(as_somebody):
    return as_somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


@pytest.fixture
def requirement(algorithm):
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", law=factories.LawFactory(slug="woo"))
    decide_all([algorithm])
    return requirement


@pytest.fixture
def tool(requirement):
    tool = factories.ToolFactory(slug="dpia", title_nl="DPIA", category="impact-assessment")
    tool.requirements.add(requirement)
    return tool


@pytest.fixture
def contributor(organisation):
    return factories.member("contributor", organisation)


def lines(desk, section):
    return [line.record for line in desk.first(10).get(section, []) if isinstance(line.record, ImpactAssessment)]


def test_who_it_is_assigned_to_is_told_and_finds_it_in_their_work(algorithm, tool, contributor, as_somebody):
    begun = impact_assessments.begin(algorithm, {"tool": tool, "assignee": contributor}, by=as_somebody)

    told = Notification.objects.get()
    assert (told.recipient, told.url) == (contributor, begun.get_absolute_url())
    assert lines(my_desk(contributor), "due") == [begun]
    assert list(AuditEvent.objects.about(algorithm).values_list("verb", "label")) == [
        ("impactassessment.begun", "DPIA")
    ]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"carried_out_on": date(2999, 1, 1), "outcome": "acceptable", "conclusion": "Ja."}, "carried_out_on"),
        ({"carried_out_on": date(2026, 1, 1), "conclusion": "Ja."}, "outcome"),
        ({"carried_out_on": date(2026, 1, 1), "outcome": "acceptable", "conclusion": " "}, "conclusion"),
        (DONE | {"next_on": DONE["carried_out_on"]}, "next_on"),
        ({"next_on": date(2030, 1, 1)}, "next_on"),
        ({"outcome": "geen idee"}, "outcome"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(algorithm, tool, as_somebody, fields, wrong):
    begun = impact_assessments.begin(algorithm, {"tool": tool}, by=as_somebody)

    with pytest.raises(ValidationError) as refused:
        impact_assessments.record(begun, fields, seen=1, by=as_somebody)

    assert list(refused.value.error_dict) == [wrong]
    assert ImpactAssessment.objects.get().carried_out_on is None


def test_only_somebody_who_works_there_does_it_and_only_with_what_counts_there(algorithm, tool, as_somebody):
    for person in (factories.member("reader", algorithm.organisation), factories.member("contributor")):
        with pytest.raises(ValidationError):
            impact_assessments.begin(algorithm, {"tool": tool, "assignee": person}, by=as_somebody)
    elsewhere = factories.ToolFactory(organisation=factories.OrganisationFactory())
    with pytest.raises(ValidationError):
        impact_assessments.begin(algorithm, {"tool": elsewhere}, by=as_somebody)

    assert not ImpactAssessment.objects.exists()


def test_instruments_meant_for_it_come_first(organisation, tool):
    guide = factories.ToolFactory(title_nl="AAA", category="handreiking")

    assert list(impact_assessments.instruments(organisation)) == [tool, guide]


def test_once_carried_out_it_proves_the_requirements_of_its_instrument(
    client, algorithm, requirement, tool, as_somebody
):
    other = factories.RequirementFactory()
    begun = impact_assessments.begin(algorithm, {"tool": tool}, by=as_somebody)
    before = is_proven(algorithm, requirement)
    done = impact_assessments.record(begun, DONE, seen=1, by=as_somebody)
    claim = working.assess(algorithm, requirement, {"status": "met"}, seen=None, by=as_somebody)
    client.force_login(as_somebody)

    html = look_at(client, reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug]))

    assert (before, is_proven(algorithm, requirement), is_proven(algorithm, other)) == (False, True, False)
    assert claim.on_evidence
    assert done.get_absolute_url() in html
    assert "Impacttoets, met als uitkomst “Aanvaardbaar”" in html


def test_withdrawing_it_lets_what_was_verified_on_it_fall_back(algorithm, requirement, tool, as_somebody):
    colleague = factories.member("manager", algorithm.organisation)
    done = impact_assessments.begin(algorithm, {"tool": tool, **DONE}, by=as_somebody)
    claim = working.assess(algorithm, requirement, {"status": "met"}, seen=None, by=as_somebody)
    working.verify(claim, confirmed=True, by=colleague)

    with pytest.raises(ValidationError):
        impact_assessments.withdraw(done, "", seen=1, by=as_somebody)
    impact_assessments.withdraw(done, "Verkeerd algoritme.", seen=1, by=as_somebody)
    with pytest.raises(Conflict):
        impact_assessments.withdraw(done, "Nog eens.", seen=2, by=as_somebody)

    now = working.current_assessment(algorithm, requirement)
    assert (now.verify_again, now.verify_again_about) == ("evidence_withdrawn", "DPIA")
    assert not is_proven(algorithm, requirement)


def test_a_lost_update_is_a_conflict_and_loses_no_typing(client, algorithm, tool, as_somebody):
    begun = impact_assessments.begin(algorithm, {"tool": tool}, by=as_somebody)
    impact_assessments.record(begun, {"conclusion": "Van een ander"}, seen=1, by=as_somebody)
    client.force_login(as_somebody)
    address = reverse("impact-assessment-edit", args=[algorithm.pk, begun.pk])
    typed = {"seen": 1, "conclusion": "Van mij", "outcome": "acceptable", "carried_out_on": "2026-03-02"}

    second = client.post(address, typed)
    html = second.content.decode()
    client.post(address, typed | {"seen": second.context["form"]["seen"].value()})

    begun.refresh_from_db()
    assert ("Van een ander" in html, "Van mij" in html) == (True, True)
    assert (begun.conclusion, begun.carried_out_on) == ("Van mij", date(2026, 3, 2))


def test_what_was_carried_out_cannot_become_undone(algorithm, tool, as_somebody):
    done = impact_assessments.begin(algorithm, {"tool": tool, **DONE}, by=as_somebody)

    with pytest.raises(ValidationError) as refused:
        impact_assessments.record(done, {"carried_out_on": None}, seen=1, by=as_somebody)

    assert list(refused.value.error_dict) == ["carried_out_on"]


def test_when_its_next_day_has_passed_it_is_overdue_and_people_are_reminded(algorithm, tool, contributor, as_somebody):
    today = clock.today()
    soon, late = (
        impact_assessments.begin(algorithm, {"tool": each, **DONE, "next_on": day, "assignee": person}, by=as_somebody)
        for each, day, person in (
            (factories.ToolFactory(), today + timedelta(days=10), contributor),
            (tool, today - timedelta(days=1), None),
        )
    )
    Notification.objects.all().delete()

    numbers = [reminders.impact_assessments(today) for _ in range(2)]

    assert numbers == [2, 0]
    sentences = Notification.objects.order_by("details__sentence").values_list("recipient", "details__sentence")
    assert list(sentences) == [(contributor.pk, "assessment_due"), (as_somebody.pk, "assessment_overdue")]
    assert lines(my_desk(as_somebody), "overdue") == [late]
    assert lines(my_desk(contributor), "overdue") == []
    assert lines(organisation_desk(algorithm.organisation), "overdue") == [late]
    again = impact_assessments.begin(
        algorithm,
        {"tool": tool, **DONE, "carried_out_on": today, "next_on": today + timedelta(days=365)},
        by=as_somebody,
    )
    assert again.next_on
    assert lines(organisation_desk(algorithm.organisation), "overdue") == []
    assert soon.is_to_be_done_again is False


def test_who_leaves_hands_it_over(algorithm, tool, contributor, as_somebody):
    begun = impact_assessments.begin(algorithm, {"tool": tool, "assignee": contributor}, by=as_somebody)
    here = Organisation.objects.filter(pk=algorithm.organisation_id)

    held = [row.key for row in leaving.holdings(contributor, here)]
    impact_assessments.AssignedAssessments().hand_over([begun.pk], as_somebody, clock.now(), by=as_somebody)

    begun.refresh_from_db()
    assert held == [f"impactassessment:{begun.pk}"]
    assert begun.assignee == as_somebody


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, algorithm, requirement, tool, as_somebody, language):
    done = impact_assessments.begin(algorithm, {"tool": tool, **DONE, "next_on": date(2026, 4, 1)}, by=as_somebody)
    begun = impact_assessments.begin(algorithm, {"tool": tool}, by=as_somebody)
    link = factories.EvidenceFactory(organisation=algorithm.organisation)
    evidence.attach(link, done, by=as_somebody)
    client.force_login(as_somebody)

    html = look_at(client, reverse("algorithm-evidence", args=[algorithm.pk]), language)
    for address in [
        reverse("algorithm-impact-assessments", args=[algorithm.pk]),
        reverse("impact-assessment-add", args=[algorithm.pk]),
        done.get_absolute_url(),
        begun.get_absolute_url(),
        reverse("impact-assessment-edit", args=[algorithm.pk, begun.pk]),
        reverse("impact-assessment-withdraw", args=[algorithm.pk, done.pk]),
        reverse("evidence-attach", args=["impacttoets", done.pk]),
        link.get_absolute_url(),
        reverse("my-work"),
    ]:
        look_at(client, address, language)

    assert (link.title in html, done.get_absolute_url() in html) == (True, True)


@pytest.mark.parametrize("name", ["algorithm-evidence", "algorithm-impact-assessments"])
def test_listing_thirty_costs_as_many_queries_as_listing_one(client, algorithm, tool, as_somebody, name):
    client.force_login(as_somebody)
    address = reverse(name, args=[algorithm.pk])

    def add(number):
        for _ in range(number):
            row = impact_assessments.begin(algorithm, {"tool": tool, **DONE}, by=as_somebody)
            link = factories.EvidenceFactory(organisation=algorithm.organisation)
            evidence.attach(link, row, by=as_somebody)

    add(1)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    add(29)
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(thirty) == len(one)
