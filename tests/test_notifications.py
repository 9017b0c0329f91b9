"""Telling people what they should know, and the pages on which they read it."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from governance.models import AuditEvent, Membership, Notification, User
from governance.notifying import SENTENCES, Nearest, in_each_language, sentence, tell
from registry import working
from registry.models import Applicability
from registry.registering import register
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

DETAILS = {"sentence": "assigned", "who": "Anouk", "what": "aia-03", "where": "Ordenen"}


@pytest.fixture
def organisation(db):
    return factories.OrganisationFactory()


@pytest.fixture
def me(organisation, client):
    person = factories.member("contributor", organisation)
    client.force_login(person)
    return person


# Telling


def test_the_same_occasion_is_told_to_somebody_once(me):
    written = [tell([me], "assigned", key=key, details=DETAILS) for key in ("a", "a", "b")]

    assert (written, me.notifications.count()) == ([1, 0, 1], 2)


def test_who_is_named_twice_is_told_once(me):
    assert tell([me, me.pk], "assigned", key="a", details=DETAILS) == 1


def test_who_is_inactive_or_has_no_role_there_now_is_told_nothing(organisation, me):
    parent = factories.OrganisationFactory()
    part = factories.OrganisationFactory(parent=parent)
    gone, left, elsewhere, above, stranger = (factories.member("reader", parent) for _n in range(5))
    User.objects.filter(pk=gone.pk).update(is_active=False)
    Membership.objects.filter(user=left).update(until=timezone.now() + timedelta(seconds=-1), since=day_ago(9))
    Membership.objects.filter(user=elsewhere).update(organisation=organisation)
    Membership.objects.filter(user=stranger).delete()

    told = tell([gone, left, elsewhere, above, stranger], "due", key="a", details=DETAILS, organisation=part)

    assert (told, list(Notification.objects.values_list("recipient", flat=True))) == (1, [above.pk])


def day_ago(number):
    return timezone.now() - timedelta(days=number)


def test_telling_many_people_takes_three_questions(organisation, django_assert_num_queries):
    people = [factories.member("reader", organisation) for _n in range(30)]

    with django_assert_num_queries(3):
        assert tell(people, "due", key="a", details=DETAILS, organisation=organisation) == 30


def test_the_nearest_are_those_of_the_organisation_else_of_the_first_above_it(organisation):
    part = factories.OrganisationFactory(parent=organisation)
    above = factories.member("officer", organisation)
    there = factories.member("officer", part)
    factories.member("officer")

    nearest = Nearest(["officer"])

    assert [nearest.to(part), nearest.to(part, leaving_out=there.pk), nearest.to(organisation)] == [
        [there.pk],
        [above.pk],
        [above.pk],
    ]
    assert Nearest(["manager"], part).to(part) == []


def test_each_role_is_told_where_it_is_nearest(organisation):
    part = factories.OrganisationFactory(parent=organisation)
    officer = factories.member("officer", organisation)
    manager = factories.member("manager", part)
    factories.member("manager", organisation)

    assert Nearest(["officer", "manager"]).to(part) == [officer.pk, manager.pk]


def test_it_is_said_in_the_language_of_the_reader(me):
    requirement = factories.RequirementFactory(title_nl="Toezicht", title_en="Oversight")
    what = in_each_language(lambda: str(requirement.title))
    details = {"sentence": "work_due", "what": what, "where": "Ordenen", "due": "2026-11-23"}
    notification = factories.NotificationFactory(recipient=me, details=json.loads(json.dumps(details)))

    said = {}
    for language in ("nl", "en"):
        with translation.override(language):
            said[language] = sentence(notification)

    assert said == {
        "nl": "Toezicht (Ordenen) moet op 23 november 2026 klaar zijn",
        "en": "Oversight (Ordenen) is due on 23 November 2026",
    }


@pytest.mark.parametrize("code", [*SENTENCES, "unknown", ""])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_sentence_can_be_said_even_when_something_is_missing(me, code, language):
    notification = factories.NotificationFactory(recipient=me, details={"sentence": code, "what": "{0.__class__} {x}"})

    with translation.override(language):
        said = sentence(notification)

    assert said
    assert "class 'str'" not in said


# What the work tells


@pytest.fixture
def algorithm(as_somebody):
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", law=factories.LawFactory(slug="woo"))
    factories.MeasureFactory(urn="urn:nl:ak:mtr:imp-99", requirements=[requirement])
    return register(
        as_somebody.memberships.get().organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody
    )


@pytest.fixture
def requirement(algorithm):
    return Applicability.objects.current().get(algorithm=algorithm).requirement


def told():
    rows = Notification.objects.order_by("pk").select_related("recipient")
    return [(row.recipient, row.details["sentence"], row.url) for row in rows]


def test_who_gets_work_assigned_is_told_and_who_takes_it_is_not(algorithm, requirement, as_somebody):
    colleague = factories.member("contributor", algorithm.organisation)
    page = reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug])

    first = working.assess(algorithm, requirement, {"assignee": as_somebody}, seen=None, by=as_somebody)
    second = working.assess(algorithm, requirement, {"assignee": colleague}, seen=first.pk, by=as_somebody)
    working.assess(algorithm, requirement, {"explanation": "Bijna."}, seen=second.pk, by=as_somebody)

    assert told() == [(colleague, "assigned", page)]


def test_an_assigned_measure_is_told(algorithm, requirement, as_somebody):
    colleague = factories.member("contributor", algorithm.organisation)

    working.record_measure(algorithm, requirement.measures.get(), {"assignee": colleague}, seen=None, by=as_somebody)

    assert [(person, code) for person, code, _url in told()] == [(colleague, "assigned")]


def test_a_claim_is_told_to_who_can_verify_it_and_is_settled_when_somebody_has(algorithm, requirement, as_somebody):
    officer = factories.member("officer", algorithm.organisation)
    manager = factories.member("manager", algorithm.organisation)
    factories.member("auditor", algorithm.organisation)
    factories.member("officer")
    claim = working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)
    waiting = [(person, code) for person, code, _url in told()]

    due = working.assess(algorithm, requirement, {"due": "2030-01-01"}, seen=claim.pk, by=as_somebody)
    working.verify(due, confirmed=True, by=manager)

    assert waiting == [(officer, "claim_waits"), (manager, "claim_waits")]
    assert Notification.objects.unread().count() == 0
    assert Notification.objects.count() == 2


def test_a_returned_claim_is_told_to_the_claimant_with_the_reason(algorithm, requirement, as_somebody):
    manager = factories.member("manager", algorithm.organisation)
    claim = working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)

    working.verify(claim, confirmed=False, reason="Het besluit ontbreekt.", by=manager)

    notification = as_somebody.notifications.get()
    assert (notification.details["sentence"], notification.details["why"]) == (
        "claim_returned",
        "Het besluit ontbreekt.",
    )


def test_telling_costs_the_same_however_many_colleagues_there_are(algorithm, requirement, as_somebody):
    factories.member("manager", algorithm.organisation)

    def claim():
        seen = working.current_assessment(algorithm, requirement).pk
        row = working.assess(algorithm, requirement, {"status": "open"}, seen=seen, by=as_somebody)
        with CaptureQueriesContext(connection) as asked:
            claimed = {"status": "met", "explanation": "Zo."}
            working.assess(algorithm, requirement, claimed, seen=row.pk, by=as_somebody)
        return len(asked)

    working.assess(algorithm, requirement, {"explanation": "Begin."}, seen=None, by=as_somebody)
    few = claim()
    for _n in range(29):
        factories.member("manager", algorithm.organisation)

    assert claim() == few
    assert Notification.objects.count() == 1 + 30


# The pages


def test_the_list_shows_what_is_unread_first_and_counts_it_in_the_bar(client, me):
    read = factories.NotificationFactory(recipient=me, read_at=timezone.now())
    unread = factories.NotificationFactory(recipient=me, created=day_ago(3))
    factories.NotificationFactory()

    everything = client.get(reverse("notifications"))
    only_unread = client.get(reverse("notifications") + "?unread=true")

    assert list(everything.context["page"]) == [unread, read]
    assert list(only_unread.context["page"]) == [unread]
    assert "1<span" in client.get(reverse("home")).content.decode()


def test_what_is_about_an_organisation_one_has_left_is_gone(client, me, organisation):
    about = factories.NotificationFactory(recipient=me, organisation=factories.OrganisationFactory())

    page = client.get(reverse("notifications"))

    assert (list(page.context["page"]), client.get(reverse("notification", args=[about.pk])).status_code) == ([], 404)


def test_following_one_marks_it_as_read_and_leads_to_the_record(client, me):
    notification = factories.NotificationFactory(recipient=me, url="/algoritmes/")
    address = reverse("notification", args=[notification.pk])

    client.head(address)
    after_head = Notification.objects.unread().count()
    response = client.get(address)

    assert (after_head, response.url, Notification.objects.unread().count()) == (1, "/algoritmes/", 0)


@pytest.mark.parametrize("url", ["", "https://elders.example/", "//elders.example/", "javascript:alert(1)"])
def test_a_notification_never_leads_out_of_the_application(client, me, url):
    notification = factories.NotificationFactory(recipient=me, url=url)

    assert client.get(reverse("notification", args=[notification.pk])).url == reverse("notifications")


def test_nobody_marks_what_is_somebody_elses(client, me):
    other = factories.NotificationFactory()

    answers = [
        client.get(reverse("notification", args=[other.pk])).status_code,
        client.post(reverse("notification-read", args=[other.pk])).status_code,
        client.post(reverse("notifications-read")).status_code,
    ]

    assert (answers, Notification.objects.unread().count()) == ([404, 404, 302], 1)


def test_one_or_all_are_marked_as_read(client, me):
    first, *_others = (factories.NotificationFactory(recipient=me) for _n in range(3))

    client.post(reverse("notification-read", args=[first.pk]))
    after_one = Notification.objects.unread().count()
    client.post(reverse("notifications-read"))

    assert (after_one, Notification.objects.unread().count()) == (2, 0)


def test_the_list_is_paged_and_costs_the_same_however_long_it_is(client, me, organisation):
    factories.NotificationFactory(recipient=me, organisation=organisation)
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("notifications"))
    for _n in range(50):
        factories.NotificationFactory(recipient=me, organisation=organisation)
    with CaptureQueriesContext(connection) as many:
        page = client.get(reverse("notifications"))

    assert (len(many), len(page.context["page"]), page.context["page"].paginator.num_pages) == (len(one), 50, 2)


def test_the_number_in_the_bar_is_one_count(client, me):
    client.get(reverse("glossary"))

    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("glossary"))

    assert len([query for query in asked if "governance_notification" in query["sql"]]) == 1


def test_a_visitor_costs_no_count(client, db):
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("glossary"))

    assert [query for query in asked if "governance_notification" in query["sql"]] == []


def test_a_person_chooses_how_often_and_about_what_they_get_an_email(client, me):
    response = client.post(
        reverse("notification-preferences"), {"digest": "weekly", "muted_kinds": ["mention", "assigned"]}
    )

    me.refresh_from_db()
    event = AuditEvent.objects.get(verb="user.notifications_chosen")
    assert (response.status_code, me.digest, me.muted_kinds) == (302, "weekly", ["assigned", "mention"])
    assert event.changes == {"digest": ["daily", "weekly"], "muted_kinds": [[], ["assigned", "mention"]]}


def test_a_choice_that_does_not_exist_is_refused_beside_the_field(client, me):
    page = client.post(reverse("notification-preferences"), {"digest": "hourly", "muted_kinds": ["onzin"]})

    assert set(page.context["form"].errors) == {"digest", "muted_kinds"}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_pages_are_well_made(client, me, organisation, language):
    look_at(client, reverse("notifications"), language)
    factories.NotificationFactory(recipient=me, organisation=organisation, url="/")
    factories.NotificationFactory(recipient=me, read_at=timezone.now())

    look_at(client, reverse("notifications"), language)
    look_at(client, reverse("notifications") + "?unread=true", language)
    look_at(client, reverse("notification-preferences"), language)
