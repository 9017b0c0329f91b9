"""When somebody leaves: one screen with everything they hold, handed over in whole or in part, from a date."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from governance import leaving
from governance.conflict import Conflict
from governance.leaving import holdings
from governance.models import AuditEvent, OrganisationAssessment, OrganisationMeasureStatus
from governance.notifying import sentence
from registry import compliance
from registry.classifying import decide_all
from registry.handover import OF_ALGORITHMS, hand_over, reach
from registry.models import MeasureStatus, RequirementAssessment, Responsibility, TeamMember
from registry.responsibilities import assign
from registry.team import join
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(as_somebody):
    for number in range(9):
        factories.PhaseFactory(number=number)
    return as_somebody.memberships.get().organisation


@pytest.fixture
def manager(client, organisation):
    manager = factories.member("manager", organisation)
    client.force_login(manager)
    return manager


@pytest.fixture
def leaver(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def successor(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


@pytest.fixture
def everything(algorithm, leaver, as_somebody):
    """The leaver answers for an algorithm, is in its team and has open work in it and at the organisation."""
    requirement = factories.RequirementFactory(law=factories.LawFactory(slug="woo"))
    measure = factories.MeasureFactory(requirements=[requirement])
    decide_all([algorithm])
    for letter in "AR":
        assign(algorithm, leaver, letter, by=as_somebody)
    join(algorithm, leaver, factories.DisciplineFactory(), "leest mee", by=as_somebody)
    work = {"assignee": leaver, "by": as_somebody}
    RequirementAssessment.objects.create(algorithm=algorithm, requirement=requirement, explanation="Half", **work)
    MeasureStatus.objects.create(algorithm=algorithm, measure=measure, choice="chosen", **work)
    own = {"organisation": algorithm.organisation, **work}
    OrganisationAssessment.objects.create(requirement=factories.RequirementFactory(phases=[0]), **own)
    OrganisationMeasureStatus.objects.create(measure=factories.MeasureFactory(phases=[0]), **own)
    compliance.recount([algorithm.pk])


def keys(person, organisation):
    return [one.key for one in holdings(person, reach(organisation))]


def sources(person, organisation):
    return [key.partition(":")[0] for key in keys(person, organisation)]


ALL = ["responsibility", "responsibility", "team", "assessment", "measure", "organisation-assessment",
       "organisation-measure"]  # fmt: skip


def test_each_source_is_known_as_about_algorithms_which_are_held_first_or_about_the_organisation():
    of_organisations = {"organisation-assessment", "organisation-measure", "position", "policy"}

    assert {source.name for source in leaving.sources} == of_organisations | OF_ALGORITHMS.keys()


def test_everything_a_person_holds_is_listed_and_goes_to_the_successor(
    everything, organisation, leaver, successor, manager
):
    before = sources(leaver, organisation)

    summary = hand_over(leaver, organisation, keys(leaver, organisation), successor, timezone.now(), by=manager)

    assert (before, sources(leaver, organisation), sources(successor, organisation)) == (ALL, [], ALL)
    assert (len(summary.holdings), summary.vacant) == (7, [])
    work = RequirementAssessment.objects.current().get()
    assert (work.assignee, work.explanation, work.by) == (successor, "Half", manager)
    assert list(compliance.differences()) == []


def test_every_change_of_a_handover_is_recorded_and_the_handover_itself(
    everything, organisation, leaver, successor, manager
):
    before = set(AuditEvent.objects.values_list("pk", flat=True))

    hand_over(leaver, organisation, keys(leaver, organisation), successor, timezone.now(), by=manager)

    events = AuditEvent.objects.exclude(pk__in=before)
    assert sorted(events.values_list("verb", flat=True)) == [
        "measure.recorded",
        "measure.recorded",
        "person.handed_over",
        "requirement.assessed",
        "requirement.assessed",
        "responsibility.changed",
        "responsibility.changed",
        "team.joined",
        "team.left",
    ]
    assert {event.organisation for event in events} == {organisation}


def test_the_successor_is_told_in_one_line(everything, organisation, leaver, successor, manager):
    hand_over(leaver, organisation, keys(leaver, organisation), successor, timezone.now(), by=manager)

    day = date_format(timezone.localdate(), "j F Y")
    assert [sentence(told) for told in successor.notifications.all()] == [
        f"{manager} draagt aan je over wat {leaver} had bij {organisation}, vanaf {day}. Aantal: 7"
    ]


def test_who_hands_over_to_themselves_is_told_nothing(everything, organisation, leaver, manager):
    hand_over(leaver, organisation, keys(leaver, organisation), manager, timezone.now(), by=manager)

    assert not manager.notifications.exists()


def test_what_goes_to_nobody_becomes_vacant(everything, organisation, algorithm, leaver, manager):
    whole = [key for key in keys(leaver, organisation) if key.startswith("responsibility:")]

    summary = hand_over(leaver, organisation, whole, None, timezone.now(), by=manager)

    assert f"{algorithm}: het hele algoritme – Accountable, Responsible" in summary.vacant
    assert not Responsibility.objects.current().exists()
    assert sources(leaver, organisation) == ALL[2:]


def test_tenures_go_from_a_date_ahead_and_work_at_once(everything, organisation, algorithm, leaver, successor, manager):
    then = timezone.now() + timedelta(days=30)

    hand_over(leaver, organisation, keys(leaver, organisation), successor, then, by=manager)

    def accountable(moment):
        return Responsibility.objects.as_of(moment).get(letter="A").person

    assert (accountable(timezone.now()), accountable(then)) == (leaver, successor)
    assert [TeamMember.objects.as_of(moment).get().person for moment in (timezone.now(), then)] == [leaver, successor]
    assert MeasureStatus.objects.current().get().assignee == successor
    assert sources(leaver, organisation) == ALL[:3]


def test_a_responsibility_that_begins_later_goes_over_from_its_own_beginning(
    organisation, algorithm, leaver, successor, manager, as_somebody
):
    begins = timezone.now() + timedelta(days=30)
    assign(algorithm, leaver, "A", since=begins, by=as_somebody)

    hand_over(leaver, organisation, keys(leaver, organisation), successor, timezone.now(), by=manager)

    assert not Responsibility.objects.current().exists()
    assert Responsibility.objects.as_of(begins).get().person == successor


@pytest.mark.parametrize(("day", "moves"), [(2, True), (5, False), (20, False)])
def test_a_place_in_a_team_goes_over_for_the_time_that_is_left_of_it(
    organisation, algorithm, leaver, successor, manager, as_somebody, day, moves
):
    end = timezone.now() + timedelta(days=5)
    join(algorithm, leaver, factories.DisciplineFactory(), until=end, by=as_somebody)
    then = end + timedelta(days=day - 5)

    hand_over(leaver, organisation, keys(leaver, organisation), successor, then, by=manager)

    places = set(TeamMember.objects.values_list("person", "until"))
    assert places == ({(leaver.pk, then), (successor.pk, end)} if moves else {(leaver.pk, end)})


def test_what_a_successor_has_already_is_not_given_twice(
    organisation, algorithm, leaver, successor, manager, as_somebody
):
    for person in (leaver, successor):
        assign(algorithm, person, "R", by=as_somebody)
        join(algorithm, person, factories.DisciplineFactory(), by=as_somebody)

    hand_over(leaver, organisation, keys(leaver, organisation), successor, timezone.now(), by=manager)

    assert Responsibility.objects.current().get().person == successor
    assert TeamMember.objects.current().get().person == successor


def test_what_the_person_no_longer_holds_is_a_conflict_and_nothing_goes_over(
    everything, organisation, leaver, successor, manager
):
    chosen = keys(leaver, organisation)
    hand_over(leaver, organisation, chosen[:1], None, timezone.now(), by=manager)

    with pytest.raises(Conflict) as conflict:
        hand_over(leaver, organisation, chosen, successor, timezone.now(), by=manager)

    assert conflict.value.current == chosen[:1]
    assert sources(successor, organisation) == []


def test_a_successor_who_cannot_have_all_of_it_gets_nothing(
    everything, organisation, algorithm, leaver, manager, as_somebody
):
    department = factories.OrganisationFactory(parent=organisation)
    below = factories.AlgorithmFactory(organisation=department)
    assign(below, leaver, "A", by=as_somebody)
    only_below = factories.member("manager", department)

    with pytest.raises(ValidationError) as refused:
        hand_over(leaver, organisation, keys(leaver, organisation), only_below, timezone.now(), by=manager)

    assert list(refused.value.message_dict) == ["successor"]
    assert sources(only_below, organisation) == []


@pytest.mark.parametrize("kind", ["function", "policy", "complaint", "team", "responsibility", "work"])
def test_whatever_a_successor_cannot_have_is_said_about_the_successor(
    organisation, algorithm, leaver, manager, as_somebody, kind
):
    below = factories.member("manager", factories.OrganisationFactory(parent=organisation))
    match kind:
        case "function":
            factories.holder(factories.PositionFactory(organisation=organisation), person=leaver)
        case "policy":
            factories.PolicyFactory(organisation=organisation, owner=leaver)
        case "complaint":
            factories.ComplaintFactory(algorithm=algorithm, handler=leaver)
        case "team":
            join(algorithm, leaver, factories.DisciplineFactory(), by=as_somebody)
        case "responsibility":
            assign(algorithm, leaver, "A", by=as_somebody)
        case "work":
            factories.open_measure(algorithm, assignee=leaver)

    with pytest.raises(ValidationError) as refused:
        hand_over(leaver, organisation, keys(leaver, organisation), below, timezone.now(), by=manager)

    assert list(refused.value.message_dict) == ["successor"]


def test_handing_over_many_responsibilities_asks_no_more_about_the_successor_and_what_is_vacant(
    organisation, algorithm, leaver, successor, manager, as_somebody
):
    position = factories.PositionFactory(organisation=organisation)
    factories.holder(position, person=leaver)
    many = [algorithm, *factories.AlgorithmFactory.create_batch(4, organisation=organisation)]
    for one in many:
        for letter in "AR":
            assign(one, leaver, letter, by=as_somebody)

    with CaptureQueriesContext(connection) as captured:
        hand_over(leaver, organisation, keys(leaver, organisation), successor, timezone.now(), by=manager)

    asked = [query["sql"] for query in captured]
    phases = [sql for sql in asked if 'FROM "governance_lifecyclephase"' in sql]
    people = [sql for sql in asked if 'FROM "governance_user"' in sql]
    assert (len(phases), len(people)) == (2, 1 + 1)


def test_what_is_held_in_other_organisations_stays_out_of_sight_and_in_place(
    everything, organisation, leaver, successor, manager
):
    other = factories.ResponsibilityFactory(person=leaver)

    with pytest.raises(Conflict):
        hand_over(leaver, organisation, [f"responsibility:{other.pk}"], successor, timezone.now(), by=manager)

    assert f"responsibility:{other.pk}" not in keys(leaver, organisation)


# The pages


@pytest.fixture
def address(organisation, leaver):
    return reverse("handover-person", args=[organisation.slug, leaver.pk])


def test_the_pages_are_well_made(client, everything, organisation, manager, address):
    for language in ("nl", "en"):
        look_at(client, reverse("handover", args=[organisation.slug]), language)
        page = look_at(client, address, language)

    assert page.count('name="holding"') == 7


def test_a_handover_is_asked_about_first_and_told_about_once(
    client, everything, organisation, manager, leaver, successor, address
):
    chosen = {"holding": keys(leaver, organisation)[:3], "successor": successor.pk, "day": timezone.localdate()}

    asked = client.post(address, chosen)
    before = sources(successor, organisation)
    done = client.post(address, chosen | {"confirm": "1"}, follow=True)
    later = client.get(address)

    assert (asked.context["n"], before, sources(successor, organisation)) == (3, [], ALL[:3])
    assert len(done.context["summary"]["done"]) == 3
    assert later.context["summary"] is None


def test_the_page_that_asks_says_that_work_goes_over_at_once(
    client, everything, organisation, manager, leaver, address
):
    day = timezone.localdate() + timedelta(days=30)

    asked = client.post(address, {"holding": keys(leaver, organisation), "day": day})

    assert (asked.context["is_ahead"], len(asked.context["at_once"])) == (True, 4)


def test_policies_and_complaints_are_said_to_go_over_at_once(
    client, organisation, algorithm, manager, leaver, successor, address
):
    policy = factories.PolicyFactory(organisation=organisation, owner=leaver)
    complaint = factories.ComplaintFactory(algorithm=algorithm, handler=leaver)
    chosen = {"holding": keys(leaver, organisation), "successor": successor.pk, "day": day_ahead(30)}

    page, asked = client.get(address), client.post(address, chosen)
    client.post(address, chosen | {"confirm": "1"})

    policy.refresh_from_db()
    complaint.refresh_from_db()
    assert "klachten gaan meteen over" in page.content.decode()
    assert (asked.context["n"], len(asked.context["at_once"])) == (2, 2)
    assert (policy.owner, complaint.handler) == (successor, successor)


def day_ahead(number):
    return timezone.localdate() + timedelta(days=number)


def test_changing_ones_mind_loses_nothing(client, everything, organisation, manager, leaver, successor, address):
    chosen = {"holding": keys(leaver, organisation)[:2], "successor": successor.pk, "day": timezone.localdate()}

    page = client.post(address, chosen | {"change": "1"})

    assert page.context["ticked"] == chosen["holding"]
    assert page.context["form"]["successor"].value() == str(successor.pk)


@pytest.mark.parametrize(
    ("data", "field"),
    [({"holding": []}, "holding"), ({"day": "2020-01-01"}, "day"), ({"holding": ["team:999"]}, "holding")],
)
def test_nothing_ticked_and_days_gone_by_are_refused(
    client, everything, organisation, manager, leaver, address, data, field
):
    page = client.post(
        address, {"holding": keys(leaver, organisation), "day": timezone.localdate(), "confirm": "1"} | data
    )

    assert list(page.context["form"].errors) == [field]
    assert sources(leaver, organisation) == ALL


def test_administrators_hand_over_for_their_own_people_and_managers_for_those_above_too(client, organisation, leaver):
    department = factories.OrganisationFactory(parent=organisation)
    in_department = factories.member("reader", department)
    found = {}
    for role in ("administrator", "manager", "officer"):
        client.force_login(factories.member(role, department))
        found[role] = [
            client.get(reverse("handover-person", args=[department.slug, person.pk])).status_code
            for person in (in_department, leaver, factories.member("reader"))
        ]

    assert found == {
        "administrator": [200, 404, 404],
        "manager": [200, 200, 404],
        "officer": [403, 403, 403],
    }


def test_a_former_colleague_can_still_be_chosen(client, organisation, manager, leaver, address):
    leaver.memberships.update(until=timezone.now())
    leaver.is_active = False
    leaver.save()

    listed = client.get(reverse("handover", args=[organisation.slug]), {"q": leaver.email}).context["page"]

    assert (list(listed), client.get(address).status_code) == ([leaver], 200)


def test_the_pages_cost_the_same_for_one_and_for_thirty(
    client, everything, organisation, manager, leaver, address, as_somebody
):
    start = reverse("handover", args=[organisation.slug])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            for page in (start, address):
                client.get(page)
        return len(captured)

    queries()
    one = queries()
    for _number in range(29):
        factories.member("reader", organisation)
        algorithm = factories.AlgorithmFactory(organisation=organisation)
        assign(algorithm, leaver, "A", by=as_somebody)
        join(algorithm, leaver, factories.DisciplineFactory(), by=as_somebody)
        MeasureStatus.objects.create(algorithm=algorithm, measure=factories.MeasureFactory(), assignee=leaver)

    assert queries() == one
