"""Functions, and who holds them from when to when."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, leaving, positions
from governance.conflict import Conflict
from governance.models import AuditEvent, Discipline, Organisation, Position, RoleAssignment
from governance.models.periods import start_of
from governance.positions import responsible
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    person = factories.member("manager")
    client.force_login(person)
    return person


@pytest.fixture
def organisation(manager):
    return manager.memberships.get().organisation


@pytest.fixture
def acting(manager):
    """The verbs, called on the manager's behalf."""
    with audit_trail.acting(manager, "command"):
        yield manager


def day(number):
    return timezone.localdate() + timedelta(days=number)


def address(name, organisation, *arguments):
    return reverse(name, args=[organisation.slug, *arguments])


def given(position, person, since=-30, until=None, **fields):
    """Somebody holding the function from that day up to and including the other."""
    end = None if until is None else start_of(day(until + 1))
    return factories.RoleAssignmentFactory(
        position=position, person=person, since=start_of(day(since)), until=end, **fields
    )


def test_manager_adds_revises_and_ends_a_function(client, manager, organisation):
    client.post(address("position-add", organisation), {"name": "Toezichthouder", "line": "second"})
    position = Position.objects.get()
    changed = {"name": "Toezichthouder", "line": "third", "governs_algorithms": "on", "seen": 1}
    client.post(address("position-edit", organisation, position.pk), changed)
    client.post(address("position-end", organisation, position.pk), {"seen": 2})

    position.refresh_from_db()
    assert (position.line, position.governs_algorithms, position.version, position.ended is None) == (
        "third", True, 3, False,
    )  # fmt: skip
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", "actor")) == [
        ("position.added", manager.pk),
        ("position.revised", manager.pk),
        ("position.ended", manager.pk),
    ]


def test_second_writer_sees_what_stands_and_keeps_the_typing(client, organisation):
    position = factories.PositionFactory(organisation=organisation, name="Toezichthouder")
    edit = address("position-edit", organisation, position.pk)
    Position.objects.update(name="Opzichter", governs_algorithms=True, version=2)
    typed = {"name": "Bewaker", "line": "first", "seen": 1}

    told = client.post(edit, typed)
    client.post(edit, typed | {"seen": told.context["form"]["seen"].value()})

    assert told.context["form"]["name"].value() == "Bewaker"
    assert ("Naam", "Opzichter") in told.context["meanwhile"]
    assert Position.objects.get().name == "Bewaker"


def test_starter_functions_are_taken_over_with_line_and_discipline(client, organisation):
    lawyer = Discipline.objects.create(slug="jurist", title_nl="Jurist")
    factories.PositionFactory(organisation=organisation, name="jurist")

    client.post(address("positions-start", organisation), {"chosen": ["chief-data-officer", "privacy-officer"]})
    refused = client.post(address("positions-start", organisation), {"chosen": ["legal-expert"]})

    officer = Position.objects.get(name="Privacy officer")
    assert (officer.line, officer.discipline, officer.governs_algorithms) == ("second", lawyer, False)
    assert Position.objects.get(name="Chief data officer (CDO)").governs_algorithms
    assert list(refused.context["form"].errors) == ["chosen"]
    assert Position.objects.count() == 3


def test_person_holds_a_function_from_a_day_up_to_and_including_another(client, manager, organisation):
    position = factories.PositionFactory(organisation=organisation)
    person = factories.member("reader", organisation)

    answer = client.post(
        address("position-assign", organisation, position.pk),
        {"person": person.pk, "how": "deputy", "since": day(0).isoformat(), "until": day(6).isoformat()},
        follow=True,
    )

    row = RoleAssignment.objects.get()
    assert (row.person, row.is_deputy, row.by, row.holds_now) == (person, True, manager, True)
    assert (row.since, row.until) == (start_of(day(0)), start_of(day(7)))
    told = f"{person} is vervanger voor de functie {position}."
    assert [str(message) for message in answer.context["messages"]] == [told]
    event = AuditEvent.objects.get(verb="position.assigned")
    assert (event.organisation, event.changes["person"]) == (organisation, [None, str(person)])


def test_only_who_has_a_role_there_or_above_can_hold_a_function(client, organisation):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    position = factories.PositionFactory(organisation=organisation)
    below, foreign = factories.member("manager", department), factories.member("manager")

    for person in (below, foreign):
        answer = client.post(
            address("position-assign", organisation, position.pk),
            {"person": person.pk, "how": "holder", "since": day(0).isoformat()},
        )
        assert list(answer.context["form"].errors) == ["person"]
    page = look_at(client, address("position-assign", organisation, position.pk))

    assert below.name not in page and foreign.name not in page
    assert not RoleAssignment.objects.exists()


def test_verb_refuses_who_has_no_role_and_a_function_that_ended(acting, organisation):
    position = factories.PositionFactory(organisation=organisation)

    with pytest.raises(ValidationError, match="heeft geen rol in"):
        positions.assign(factories.UserFactory(), position, since=timezone.now(), by=acting)
    positions.end_position(position, seen=1, by=acting)
    with pytest.raises(ValidationError, match="is beëindigd"):
        positions.assign(acting, position, since=timezone.now(), by=acting)


@pytest.mark.parametrize(
    ("held", "asked", "is_refused"),
    [
        ((-30, None), (0, None), True),
        ((-30, None), (-60, -31), False),
        ((-30, 10), (10, None), True),
        ((-30, 10), (11, None), False),
        ((20, 30), (0, 25), True),
        ((20, 30), (0, 19), False),
    ],
)
def test_nobody_has_one_function_twice_at_one_time(acting, organisation, held, asked, is_refused):
    position = factories.PositionFactory(organisation=organisation)
    given(position, acting, *held)
    since, until = start_of(day(asked[0])), None if asked[1] is None else start_of(day(asked[1] + 1))

    if is_refused:
        with pytest.raises(ValidationError, match="in die tijd al"):
            positions.assign(acting, position, since=since, until=until, by=acting)
    else:
        positions.assign(acting, position, since=since, until=until, by=acting)

    assert RoleAssignment.objects.count() == (1 if is_refused else 2)


def test_last_day_is_the_last_on_which_it_is_held(client, organisation):
    position = factories.PositionFactory(organisation=organisation)
    row = given(position, factories.member("reader", organisation))
    end = address("assignment-end", organisation, row.pk)

    look_at(client, end)
    early = client.post(end, {"until": day(-40).isoformat(), "seen": ""})
    client.post(end, {"until": day(0).isoformat(), "seen": ""})

    row.refresh_from_db()
    assert list(early.context["form"].errors) == ["until"]
    assert (row.until, row.holds_now) == (start_of(day(1)), True)
    assert "tot en met" in client.get(address("positions", organisation)).content.decode()


def test_last_day_that_somebody_else_set_meanwhile_is_shown_first(client, organisation):
    row = given(factories.PositionFactory(organisation=organisation), factories.member("reader", organisation))
    RoleAssignment.objects.update(until=start_of(day(10)))
    end = address("assignment-end", organisation, row.pk)

    told = client.post(end, {"until": day(3).isoformat(), "seen": ""})
    client.post(end, {"until": day(3).isoformat(), "seen": told.context["form"]["seen"].value()})

    row.refresh_from_db()
    assert told.context["meanwhile"].until == start_of(day(10))
    assert row.until == start_of(day(4))


def test_seen_that_is_no_moment_is_refused_and_an_old_one_is_a_conflict(client, acting, organisation):
    row = given(factories.PositionFactory(organisation=organisation), acting)

    answer = client.post(address("assignment-end", organisation, row.pk), {"until": day(3).isoformat(), "seen": "x"})
    with pytest.raises(Conflict):
        positions.end_assignment(row, timezone.now(), seen=timezone.now(), by=acting)

    assert answer.status_code == 200
    assert RoleAssignment.objects.get().until is None


def test_what_has_not_begun_can_be_called_off(client, organisation):
    row = given(factories.PositionFactory(organisation=organisation), factories.member("reader", organisation), 30)

    client.post(
        address("assignment-end", organisation, row.pk), {"until": day(0).isoformat(), "seen": "", "call_off": "1"}
    )

    row.refresh_from_db()
    assert row.until == row.since
    assert "niet doorgegaan" in client.get(address("positions", organisation)).content.decode()


def test_ending_a_function_ends_whoever_holds_it_and_calls_off_who_would(acting, organisation):
    position = factories.PositionFactory(organisation=organisation)
    holder, later = given(position, acting), given(position, factories.member("reader", organisation), 30)

    ended = positions.end_position(position, seen=1, by=acting)

    holder.refresh_from_db()
    later.refresh_from_db()
    assert (holder.until, later.until) == (ended.ended, later.since)
    assert AuditEvent.objects.filter(verb="position.unassigned").count() == 2


def test_page_shows_holders_deputies_what_is_vacant_and_what_was(client, organisation):
    filled, deputised, empty = [
        factories.PositionFactory(organisation=organisation, name=name) for name in ("Aap", "Beer", "Cavia")
    ]
    people = [factories.member("reader", organisation) for _n in range(4)]
    given(filled, people[0])
    given(filled, people[1], -90, -31)
    given(filled, people[2], 30)
    given(deputised, people[3], is_deputy=True)

    page = client.get(address("positions", organisation))
    vacant = client.get(address("positions", organisation) + "?vacant=true")

    first, second, third = page.context["page"]
    assert [[row.person for row in rows] for rows in (first.holders, first.history, first.upcoming)] == [
        [people[0]],
        [people[1]],
        [people[2]],
    ]
    assert ([row.person for row in second.deputies], second.holders) == ([people[3]], [])
    assert (third.holders, third.deputies) == ([], [])
    assert (page.context["total"], page.context["vacant"], page.context["coming"]) == (3, 2, 1)
    assert [*vacant.context["page"]] == [deputised, empty]


def test_page_of_a_function_tells_its_history(client, manager, acting, organisation):
    client.force_login(manager)
    client.post(reverse("position-add", args=[organisation.slug]), {"name": "CDO", "line": "first"})
    position = Position.objects.get(name="CDO")
    person = factories.member("reader", organisation)
    positions.assign(person, position, since=timezone.now(), by=manager)

    html = look_at(client, reverse("position", args=[organisation.slug, position.pk]))

    assert str(manager) in html and "voegde de functie toe" in html
    assert "legde vast wie de functie vervult of vervanger is" in html
    assert str(person) in html


def test_functions_of_others_are_hidden(client, organisation):
    foreign = factories.PositionFactory(name="Geheime functie")
    parent = factories.PositionFactory(name="Hogere functie")
    organisation.parent = parent.organisation
    organisation.save()

    page = look_at(client, address("positions", organisation))

    assert "Geheime functie" not in page and "Hogere functie" not in page
    assert client.get(address("position-edit", organisation, foreign.pk)).status_code == 404
    assert client.get(address("position-assign", organisation, parent.pk)).status_code == 404
    held = given(foreign, factories.member("reader", foreign.organisation))
    assert client.get(address("assignment-end", organisation, held.pk)).status_code == 404


def test_function_of_whoever_has_no_role_there_any_more_is_vacant(client, organisation):
    position = factories.PositionFactory(organisation=organisation, governs_algorithms=True)
    leaver = given(position, factories.member("reader", organisation)).person
    elsewhere = factories.MembershipFactory(user=leaver)
    before = (position in Position.objects.vacant(), len(responsible(organisation).holders))

    leaver.memberships.exclude(pk=elsewhere.pk).update(until=timezone.now())
    page = client.get(address("positions", organisation))

    assert (before, position in Position.objects.vacant(), responsible(organisation).holders) == ((False, 1), True, [])
    assert [(row.person, row.has_left) for row in page.context["page"][0].holders] == [(leaver, True)]
    assert (page.context["vacant"], page.context["page"][0].is_filled) == (1, False)
    leaver.memberships.update(until=None)
    leaver.is_active = False
    leaver.save()
    assert position in Position.objects.vacant()


def test_nearest_organisation_where_somebody_holds_it_says_who_governs(organisation):
    above = factories.PositionFactory(organisation=organisation, governs_algorithms=True)
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    chief, deputy = factories.member("reader", organisation), factories.member("reader", organisation)
    given(above, chief)
    given(above, deputy, is_deputy=True)

    assert [row.person for row in responsible(department).holders] == [chief]
    own = factories.PositionFactory(organisation=department, governs_algorithms=True)
    assert [row.person for row in responsible(department).holders] == [chief]
    given(own, deputy)
    assert [row.person for row in responsible(department).holders] == [deputy]
    assert [row.person for row in responsible(organisation).holders] == [chief]
    assert responsible(factories.OrganisationFactory()).holders == []


def held_by(person, organisation):
    return [
        holding
        for holding in leaving.holdings(person, Organisation.objects.filter(pk=organisation.pk))
        if holding.key.startswith("position:")
    ]


def test_functions_are_among_what_a_person_who_leaves_holds(organisation):
    person = factories.member("reader", organisation)
    position = factories.PositionFactory(organisation=organisation, name="Toezichthouder")
    now, later = given(position, person, -30, 10), given(position, person, 30, is_deputy=True)
    given(position, person, -90, -60)
    given(factories.PositionFactory(), person)

    held = held_by(person, organisation)

    assert {(holding.key, holding.what, holding.where) for holding in held} == {
        (f"position:{now.pk}", "Toezichthouder", organisation.name),
        (f"position:{later.pk}", "Toezichthouder (vervanger)", organisation.name),
    }


def hand_over(person, to, organisation, moment, by):
    numbers = leaving.numbers_by_source(holding.key for holding in held_by(person, organisation))["position"]
    return positions.PositionsHeld().hand_over(numbers, to, moment, by=by)


def test_functions_are_handed_over_from_a_date(acting, organisation):
    person, to = factories.member("reader", organisation), factories.member("reader", organisation)
    position = factories.PositionFactory(organisation=organisation)
    given(position, person)
    moment = start_of(day(10))

    assert hand_over(person, to, organisation, moment, acting) == 1

    assert set(RoleAssignment.objects.values_list("person", "until")) == {(person.pk, moment), (to.pk, None)}
    assert RoleAssignment.objects.get(person=to).since == moment


def test_function_handed_over_to_nobody_becomes_vacant_and_what_lies_ahead_moves_along(acting, organisation):
    person, to = factories.member("reader", organisation), factories.member("reader", organisation)
    left, later = factories.PositionFactory.create_batch(2, organisation=organisation)
    given(left, person)
    hand_over(person, None, organisation, timezone.now(), acting)
    given(later, person, 60, 90)

    hand_over(person, to, organisation, start_of(day(10)), acting)

    assert left in Position.objects.vacant()
    moved = RoleAssignment.objects.get(person=to)
    assert (moved.since, moved.until) == (start_of(day(60)), start_of(day(91)))
    assert held_by(person, organisation) == []


def test_function_that_ends_before_the_handover_is_left_as_it_is(acting, organisation):
    person, to = factories.member("reader", organisation), factories.member("reader", organisation)
    row = given(factories.PositionFactory(organisation=organisation), person, -30, 5)

    assert hand_over(person, to, organisation, start_of(day(20)), acting) == 0

    until, row = row.until, RoleAssignment.objects.get()
    assert (row.person, row.until) == (person, until)


def test_who_has_the_function_already_goes_on(acting, organisation):
    person, to = factories.member("reader", organisation), factories.member("reader", organisation)
    position = factories.PositionFactory(organisation=organisation)
    given(position, person)
    given(position, to, is_deputy=True)

    hand_over(person, to, organisation, timezone.now(), acting)

    assert RoleAssignment.objects.filter(person=to).count() == 1


def test_number_of_queries_does_not_grow_with_the_rows(client, organisation, django_assert_num_queries):
    def fill(n):
        for position in factories.PositionFactory.create_batch(n, organisation=organisation):
            given(position, factories.member("reader", organisation))
            given(position, factories.member("reader", organisation), -90, -31)

    fill(1)
    client.get(address("positions", organisation))
    with CaptureQueriesContext(connection) as few:
        client.get(address("positions", organisation))
    fill(29)

    with django_assert_num_queries(len(few)):
        client.get(address("positions", organisation))


def test_pages_of_functions_are_well_made_when_empty_and_filled(client, organisation):
    pages = [address(name, organisation) for name in ("positions", "position-add", "positions-start")]
    for page in pages:
        look_at(client, page)
    position = factories.PositionFactory(organisation=organisation, ended=None)
    ended = factories.PositionFactory(organisation=organisation, ended=timezone.now())
    row = given(position, factories.member("reader", organisation), 30)
    given(ended, factories.member("reader", organisation), -90, -31)
    pages += [address(name, organisation, position.pk) for name in ("position-edit", "position-end", "position-assign")]
    pages += [address("assignment-end", organisation, row.pk), address("positions", organisation) + "?line=third"]

    for page in pages:
        look_at(client, page, language="en")


def test_first_moment_of_a_day_is_midnight_here():
    assert start_of(date(2026, 7, 1)).isoformat() == "2026-07-01T00:00:00+02:00"
