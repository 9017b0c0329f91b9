"""The team of an algorithm, the disciplines that are missing, and the stakeholders who were involved."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.conflict import Conflict
from governance.models import AuditEvent
from registry.models import Involvement, TeamMember
from registry.team import give_task, involve, join, leave, revise_involvement, staffing_of, withdraw_involvement
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

DISCIPLINES = ["beleid-en-advies", "jurist", "ontwikkelaar", "projectleider"]
TALK = {"kind": "residents", "who": "Panel", "how": "Gesprek", "held_on": date(2026, 1, 1), "outcome": "Helder."}


@pytest.fixture
def algorithm(client, as_somebody):
    for slug in DISCIPLINES:
        factories.DisciplineFactory(slug=slug)
    client.force_login(as_somebody)
    return factories.AlgorithmFactory(organisation=as_somebody.memberships.get().organisation)


def discipline(slug):
    return factories.DisciplineFactory(slug=slug)


def verbs():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def missing(algorithm):
    return {row.discipline.slug for row in staffing_of(algorithm) if row.is_missing}


def test_somebody_joins_gets_another_task_and_leaves_and_the_history_stays(algorithm, as_somebody):
    member = join(algorithm, as_somebody, discipline("jurist"), "leest mee", by=as_somebody)
    other = give_task(member, "toetst de grondslag", by=as_somebody)
    leave(other, by=as_somebody)

    assert [(row.task, row.until is None) for row in TeamMember.objects.order_by("pk")] == [
        ("leest mee", False),
        ("toetst de grondslag", False),
    ]
    assert not TeamMember.objects.current().exists()
    assert verbs() == ["team.joined", "team.task_given", "team.left"]


def test_nobody_joins_twice_in_a_discipline_or_from_another_organisation(algorithm, as_somebody):
    join(algorithm, as_somebody, discipline("jurist"), by=as_somebody)

    for person in (as_somebody, factories.member("manager")):
        with pytest.raises(ValidationError):
            join(algorithm, person, discipline("jurist"), by=as_somebody)

    assert TeamMember.objects.count() == 1


def test_changing_a_member_who_left_meanwhile_is_a_conflict(algorithm, as_somebody):
    member = join(algorithm, as_somebody, discipline("jurist"), by=as_somebody)
    seen = TeamMember.objects.get(pk=member.pk)
    leave(member, by=as_somebody)

    for change in (lambda: leave(seen, by=as_somebody), lambda: give_task(seen, "anders", by=as_somebody)):
        with pytest.raises(Conflict):
            change()


def test_disciplines_are_filled_by_members_and_by_who_is_responsible_in_a_function(algorithm, as_somebody):
    join(algorithm, as_somebody, discipline("jurist"), by=as_somebody)
    position = factories.PositionFactory(organisation=algorithm.organisation, discipline=discipline("projectleider"))
    owner = factories.person_holding(position)
    without_letter = missing(algorithm)

    factories.ResponsibilityFactory(algorithm=algorithm, person=owner)

    rows = {row.discipline.slug: (row.members, row.holders) for row in staffing_of(algorithm)}
    assert without_letter == {"beleid-en-advies", "ontwikkelaar", "projectleider"}
    assert missing(algorithm) == {"beleid-en-advies", "ontwikkelaar"}
    assert (rows["jurist"], rows["projectleider"]) == (([as_somebody], []), ([], [(owner, position)]))


def test_who_is_informed_left_or_is_deactivated_fills_no_discipline(algorithm, as_somebody):
    position = factories.PositionFactory(organisation=algorithm.organisation, discipline=discipline("projectleider"))
    factories.ResponsibilityFactory(algorithm=algorithm, person=factories.person_holding(position), letter="I")
    leave(join(algorithm, as_somebody, discipline("jurist"), by=as_somebody), by=as_somebody)
    gone = factories.member("manager", algorithm.organisation)
    join(algorithm, gone, discipline("ontwikkelaar"), by=as_somebody)
    gone.is_active = False
    gone.save()
    moved = factories.person_holding(position)
    factories.ResponsibilityFactory(algorithm=algorithm, person=moved, letter="R")
    join(algorithm, moved, discipline("beleid-en-advies"), by=as_somebody)
    moved.memberships.update(until=timezone.now())
    factories.MembershipFactory(user=moved)

    assert missing(algorithm) == set(DISCIPLINES)


def test_the_page_says_whether_the_team_is_multidisciplinary_and_what_is_missing(client, algorithm, as_somebody):
    address = reverse("algorithm-team", args=[algorithm.pk])
    for slug in DISCIPLINES[:3]:
        join(algorithm, as_somebody, discipline(slug), by=as_somebody)

    incomplete = look_at(client, address)
    join(algorithm, as_somebody, discipline("projectleider"), by=as_somebody)
    complete = look_at(client, address, "en")

    assert "ontbreekt: Projectleider" in incomplete
    assert "every discipline is filled" in complete


def test_a_member_is_added_changed_and_taken_out_on_the_pages(client, algorithm, as_somebody):
    today = timezone.localdate()
    data = {"person": as_somebody.pk, "discipline": discipline("jurist").pk, "task": "leest", "since": today}
    client.post(reverse("algorithm-team-add", args=[algorithm.pk]), data)
    page = reverse("algorithm-team-member", args=[algorithm.pk, TeamMember.objects.get().pk])
    look_at(client, page)

    client.post(page, {"task": "schrijft"})
    page = reverse("algorithm-team-member", args=[algorithm.pk, TeamMember.objects.current().get().pk])
    client.post(page, {"leave": "1", "on": today + timedelta(days=9)})

    member = TeamMember.objects.current().get()
    assert (member.task, timezone.localdate(member.until)) == ("schrijft", today + timedelta(days=9))


def test_a_member_of_another_algorithm_is_not_reached_through_ones_own(client, algorithm, as_somebody):
    other = factories.AlgorithmFactory()
    member = TeamMember.objects.create(algorithm=other, person=as_somebody, discipline=discipline("jurist"))

    assert (
        client.post(reverse("algorithm-team-member", args=[algorithm.pk, member.pk]), {"task": "x"}).status_code == 404
    )


@pytest.mark.parametrize(("letter", "answer"), [("A", 200), ("R", 200), ("C", 403), (None, 403)])
def test_who_answers_for_the_algorithm_or_does_it_changes_the_team(client, algorithm, letter, answer):
    contributor = factories.member("contributor", algorithm.organisation)
    if letter:
        factories.ResponsibilityFactory(algorithm=algorithm, person=contributor, letter=letter)
    client.force_login(contributor)

    names = ["algorithm-team-add", "algorithm-involvement-add"]

    assert [client.get(reverse(name, args=[algorithm.pk])).status_code for name in names] == [answer] * 2


# Stakeholders


def test_involvement_is_recorded_revised_and_withdrawn_and_stays_readable(client, algorithm, as_somebody):
    row = involve(algorithm, TALK, by=as_somebody)
    row = revise_involvement(row, {"outcome": "Niet helder."}, seen=1, by=as_somebody)
    withdraw_involvement(row, seen=2, by=as_somebody)

    page = client.get(reverse("algorithm-team", args=[algorithm.pk])).content.decode()
    assert verbs() == ["involvement.recorded", "involvement.revised", "involvement.withdrawn"]
    assert AuditEvent.objects.order_by("pk")[1].changes == {"outcome": ["Helder.", "Niet helder."]}
    assert ("Niet helder." in page, "ingetrokken" in page) == (True, True)


def test_who_revises_second_sees_what_was_saved_and_loses_no_typing(client, algorithm, as_somebody):
    row = involve(algorithm, TALK, by=as_somebody)
    address = reverse("algorithm-involvement-edit", args=[algorithm.pk, row.pk])
    data = {**TALK, "outcome": "Van mij", "seen": 1}
    revise_involvement(row, {"outcome": "Van een ander"}, seen=1, by=as_somebody)

    second = client.post(address, data)
    page = second.content.decode()
    client.post(address, data | {"seen": second.context["form"]["seen"].value()})

    assert ("Van een ander" in page, "Van mij" in page) == (True, True)
    assert Involvement.objects.get().outcome == "Van mij"


def test_what_has_yet_to_take_place_is_not_recorded(client, algorithm):
    data = TALK | {"held_on": timezone.localdate() + timedelta(days=1)}

    page = client.post(reverse("algorithm-involvement-add", args=[algorithm.pk]), data)

    assert list(page.context["form"].errors) == ["held_on"]


def test_withdrawing_asks_first(client, algorithm, as_somebody):
    row = involve(algorithm, TALK, by=as_somebody)
    address = reverse("algorithm-involvement-withdraw", args=[algorithm.pk, row.pk])
    look_at(client, address)

    client.post(address, {"seen": 1})

    assert Involvement.objects.get().withdrawn


def test_the_page_costs_the_same_for_one_and_for_thirty(client, algorithm, as_somebody):
    address = reverse("algorithm-team", args=[algorithm.pk])

    def more(number):
        for _number in range(number):
            person = factories.member("manager", algorithm.organisation)
            join(algorithm, person, discipline("jurist"), by=as_somebody)
            involve(algorithm, TALK, by=as_somebody)

    more(1)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    more(29)
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


# What the team knows


def needing(algorithm, person, title, days=None):
    """A subject that a function of the person asks; followed, it counts for so many days more."""
    organisation = algorithm.organisation
    position = factories.PositionFactory(organisation=organisation)
    factories.RoleAssignmentFactory(position=position, person=person)
    subject = factories.KnowledgeFactory(organisation=organisation, positions=[position], title=title)
    if days is not None:
        until = timezone.localdate() + timedelta(days=days)
        followed_on = min(until, timezone.localdate()) - timedelta(days=30)
        factories.TrainingFactory(knowledge=subject, person=person, followed_on=followed_on, valid_until=until)


def named(algorithm, name):
    person = factories.member("contributor", algorithm.organisation)
    person.name = name
    person.save()
    return person


def test_the_page_says_what_members_and_holders_of_a_letter_have_to_know(client, algorithm, as_somebody):
    anna, bram, outside = (named(algorithm, name) for name in ("Anna", "Bram", "Cor Buitenstaander"))
    for title, days in (("Bias", 200), ("Grondrechten", 20), ("Uitleg", -5), ("Toezicht", None)):
        needing(algorithm, anna, title, days)
    needing(algorithm, outside, "Elders")
    join(algorithm, anna, discipline("jurist"), by=as_somebody)
    factories.ResponsibilityFactory(algorithm=algorithm, person=bram, letter="I")

    page = client.get(reverse("algorithm-team", args=[algorithm.pk]))

    rows = [
        (row.person.name, len(row.needed), len(row.counting), titles(row.expiring), titles(row.missing))
        for row in page.context["literacy"]
    ]
    assert rows == [("Anna", 4, 2, ["Grondrechten"], ["Toezicht", "Uitleg"]), ("Bram", 0, 0, [], [])]
    html = look_at(client, reverse("algorithm-team", args=[algorithm.pk]))
    assert reverse("literacy", args=[algorithm.organisation.slug]) in html
    assert "Elders" not in html


def titles(needs):
    return [need.knowledge.title for need in needs]


def test_without_anybody_in_the_team_there_is_nobody_to_ask_anything(client, algorithm):
    page = look_at(client, reverse("algorithm-team", args=[algorithm.pk]))

    assert "Nog niemand zit in het team of heeft hier een letter." in page


def test_what_thirty_people_know_costs_as_many_queries_as_what_one_knows(client, algorithm, as_somebody):
    def fill(number):
        person = named(algorithm, f"Persoon {number}")
        needing(algorithm, person, f"Onderwerp {number}", 20)
        join(algorithm, person, discipline("jurist"), by=as_somebody)

    page = reverse("algorithm-team", args=[algorithm.pk])
    fill(0)
    client.get(page)
    with CaptureQueriesContext(connection) as one:
        client.get(page)
    for number in range(1, 30):
        fill(number)
    with CaptureQueriesContext(connection) as thirty:
        client.get(page)

    assert len(one) == len(thirty)
