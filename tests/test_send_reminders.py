"""Reminders and the e-mail with what is new: each is told once, however often and at once the command runs."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from governance import digest, reminders
from governance.models import (
    Knowledge,
    Membership,
    Notification,
    OrganisationAssessment,
    Position,
    ReadingRequest,
    RoleAssignment,
    Training,
    User,
)
from registry.models import Classification, Complaint, Proposal, Responsibility
from tests import factories

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 7, tzinfo=timezone.get_default_timezone())
TUESDAY = MONDAY + timedelta(days=1)


def day(number):
    return timezone.localdate() + timedelta(days=number)


def ask_all(on=None):
    return sum(source(on or timezone.localdate()) for source in reminders.sources)


def told(person):
    return sorted(row.details["sentence"] for row in person.notifications.all())


def run():
    printed, errors = StringIO(), StringIO()
    try:
        call_command("send_reminders", stdout=printed, stderr=errors)
    except CommandError as error:
        return printed.getvalue(), errors.getvalue(), str(error)
    return printed.getvalue(), errors.getvalue(), ""


@pytest.fixture
def organisation(db):
    return factories.OrganisationFactory()


@pytest.fixture
def me(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def manager(organisation):
    return factories.member("manager", organisation)


@pytest.fixture
def officer(organisation):
    return factories.member("officer", organisation)


@pytest.fixture
def algorithm(organisation, me):
    """One for which somebody is accountable and responsible."""
    algorithm = factories.AlgorithmFactory(organisation=organisation)
    for letter in "AR":
        Responsibility.objects.create(algorithm=algorithm, person=me, letter=letter)
    return algorithm


# What is told


def test_work_is_told_when_it_comes_in_sight_and_when_it_is_overdue(algorithm, me):
    factories.open_requirement(algorithm, assignee=me, due=day(14))
    factories.open_measure(algorithm, assignee=me, due=day(15))

    steps = [ask_all(day(n)) for n in (0, 0, 1, 2, 15, 16, 17)]

    assert steps == [1, 0, 1, 0, 1, 1, 0]
    assert told(me) == ["work_due", "work_due", "work_overdue", "work_overdue"]


def test_a_changed_row_is_not_told_again_but_another_due_date_is(algorithm, me):
    row = factories.open_requirement(algorithm, assignee=me, due=day(3))
    ask_all()
    row.close(timezone.now())
    row.pk, row.until, row.since = None, None, timezone.now()
    row.save()
    unchanged = ask_all()
    type(row).objects.filter(until=None).update(due=day(4))

    assert (unchanged, ask_all()) == (0, 1)


def test_work_that_is_settled_unassigned_or_has_no_date_is_not_told(algorithm, me):
    factories.claimed(algorithm, me, assignee=me, due=day(-1))
    factories.open_requirement(algorithm, due=day(-1))
    factories.open_requirement(algorithm, assignee=me)

    assert ask_all() == 0


def test_work_at_organisation_level_is_told_too(organisation, me):
    requirement = factories.RequirementFactory(phases=[0])
    OrganisationAssessment.objects.create(organisation=organisation, requirement=requirement, assignee=me, due=day(-1))

    assert (ask_all(), told(me)) == (1, ["work_overdue"])


def test_a_policy_whose_review_date_passes_is_told_to_its_owner_or_else_the_managers(organisation, me, manager):
    factories.policy_version("adopted", organisation, owner=me, review_date=day(-1))
    factories.policy_version("adopted", organisation, review_date=day(-1))
    factories.policy_version("adopted", organisation, owner=me, review_date=day(0))

    assert (ask_all(), ask_all(), told(me), told(manager)) == (
        3,
        0,
        ["policy_review"],
        ["consistency", "policy_review"],
    )


def test_a_request_to_read_is_told_when_due_and_when_overdue(organisation, me):
    version = factories.policy_version("adopted", organisation)
    ReadingRequest.objects.create(policy_version=version, person=me, due=day(3))

    assert [ask_all(day(n)) for n in (0, 1, 4, 5)] == [1, 0, 1, 0]
    assert told(me) == ["reading_due", "reading_overdue"]


def test_a_vacant_function_is_told_to_the_nearest_managers_and_again_when_it_falls_vacant_again(
    organisation, me, manager
):
    part = factories.OrganisationFactory(parent=organisation)
    position = Position.objects.create(organisation=part, name="CDO")
    first, second = ask_all(), ask_all()
    held = RoleAssignment.objects.create(position=position, person=me)
    filled = ask_all()
    RoleAssignment.objects.filter(pk=held.pk).update(until=timezone.now())

    assert (first, second, filled, ask_all(), told(manager)) == (1, 0, 0, 1, ["position_vacant", "position_vacant"])


def test_algorithms_that_nobody_answers_for_are_told_as_one_number_each_month(organisation, manager):
    factories.AlgorithmFactory.create_batch(3, organisation=organisation)

    numbers = [ask_all(date(2026, 11, 1)), ask_all(date(2026, 11, 30)), ask_all(date(2026, 12, 1))]

    assert numbers == [1, 0, 1]
    assert {row.details["number"] for row in manager.notifications.all()} == {3}


def test_training_that_expires_is_told_unless_it_was_renewed(organisation, me):
    knowledge = Knowledge.objects.create(organisation=organisation, title="AI-geletterdheid")
    renewed = Knowledge.objects.create(organisation=organisation, title="Privacy")
    for subject, until in ((knowledge, 60), (renewed, 10), (renewed, 400)):
        Training.objects.create(knowledge=subject, person=me, followed_on=day(-300), valid_until=day(until))

    assert (ask_all(), ask_all(), told(me)) == (1, 0, ["training_expires"])


def test_a_proposal_that_lies_for_a_week_is_told_to_the_officers(organisation, officer, manager):
    fields = {"organisation": organisation, "purpose": "Iets.", "origin": "built"}
    Proposal.objects.create(**fields, name="Oud", proposed=timezone.now() - timedelta(days=7))
    Proposal.objects.create(**fields, name="Nieuw", proposed=timezone.now() - timedelta(days=6))

    assert (ask_all(), told(officer), told(manager)) == (1, ["proposal_waits"], [])


def test_a_complaint_is_told_to_its_handler_or_else_to_officers_and_managers(algorithm, me, officer, manager):
    fields = {"organisation": algorithm.organisation, "algorithm": algorithm, "kind": "question", "summary": "Hoe?"}
    Complaint.objects.create(**fields, handler=me, due=day(2))
    Complaint.objects.create(**fields, due=day(-2))

    assert (ask_all(), told(me), told(officer), told(manager)) == (
        3,
        ["complaint_due"],
        ["complaint_overdue"],
        ["complaint_overdue"],
    )


def test_classifications_with_an_older_tree_are_told_to_the_officers_once(algorithm, officer):
    old = factories.DecisionTreeFactory(is_current=False)
    factories.DecisionTreeFactory(version="2")
    Classification.objects.create(algorithm=algorithm, tree=old, conclusion="11.1", ai_act_applies=False)

    assert (ask_all(), ask_all(), told(officer)) == (1, 0, ["classifications_review"])


# The e-mail


def test_a_digest_holds_what_is_new_in_the_language_of_the_reader_with_whole_addresses(me, settings):
    settings.SITE_URL = "https://register.voorbeeld.nl"
    me.language = "en"
    me.save()
    notification = factories.NotificationFactory(recipient=me)

    digest.send_due(MONDAY)

    [message] = mail.outbox
    [(html, kind)] = message.alternatives
    link = "https://register.voorbeeld.nl" + reverse("notification", args=[notification.pk])
    assert (message.to, message.subject, kind) == (
        [me.email],
        "1 new notification in the algorithm register",
        "text/html",
    )
    assert all("Anouk assigns to you: aia-03 Toezicht (Ordenen)" in text for text in (message.body, html))
    assert all(link in text for text in (message.body, html))
    assert not re.search(r"<(script|style|img)|style=", html)


def test_what_somebody_typed_is_not_html_in_the_email(me):
    factories.NotificationFactory(
        recipient=me, details={"sentence": "assigned", "what": "<b>&", "who": "x", "where": ""}
    )

    digest.send_due(MONDAY)

    [(html, _kind)] = mail.outbox[0].alternatives
    assert ("<b>&" in mail.outbox[0].body, "<b>&" in html, "&lt;b&gt;&amp;" in html) == (True, False, True)


@pytest.mark.parametrize(("chosen", "on_monday", "on_tuesday"), [("daily", 1, 1), ("weekly", 1, 0), ("never", 0, 0)])
def test_each_person_gets_it_as_often_as_they_chose(me, chosen, on_monday, on_tuesday):
    User.objects.filter(pk=me.pk).update(digest=chosen)
    sent = []
    for moment in (MONDAY, MONDAY + timedelta(hours=3), TUESDAY):
        factories.NotificationFactory(recipient=me, created=moment)
        sent.append(digest.send_due(moment).people)

    assert sent == [on_monday, 0, on_tuesday]


def test_kinds_that_somebody_muted_stay_in_the_application(me):
    User.objects.filter(pk=me.pk).update(muted_kinds=["mention"])
    factories.NotificationFactory(recipient=me, kind="mention")

    assert (digest.send_due(MONDAY).people, mail.outbox, me.notifications.unread().count()) == (0, [], 1)


def test_what_was_read_already_or_is_long_ago_is_no_news(me):
    factories.NotificationFactory(recipient=me, read_at=MONDAY)
    factories.NotificationFactory(recipient=me, created=MONDAY - timedelta(days=32))

    assert digest.send_due(MONDAY).people == 0


def test_who_is_inactive_or_without_a_role_gets_nothing(organisation):
    gone, left, elsewhere = (factories.member("reader", organisation) for _n in range(3))
    for person in (gone, left, elsewhere):
        factories.NotificationFactory(recipient=person, organisation=organisation)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    ended = timezone.now() - timedelta(days=1)
    Membership.objects.filter(user=left).update(since=ended - timedelta(days=1), until=ended)
    Membership.objects.filter(user=elsewhere).update(organisation=factories.OrganisationFactory())

    assert (digest.send_due(MONDAY).people, mail.outbox) == (0, [])


def test_a_long_digest_says_how_much_more_there_is(me):
    for _n in range(53):
        factories.NotificationFactory(recipient=me)

    digest.send_due(MONDAY)

    assert (mail.outbox[0].body.count("- Anouk"), "3" in mail.outbox[0].body.splitlines()[-5]) == (50, True)
    assert Notification.objects.filter(mailed_at=None).count() == 0


# The command


def test_a_second_run_tells_and_sends_nothing_new(algorithm, me):
    factories.open_requirement(algorithm, assignee=me, due=day(-1))

    run()
    after_one = (Notification.objects.count(), len(mail.outbox))
    run()

    assert after_one == (1, 1)
    assert (Notification.objects.count(), len(mail.outbox)) == after_one


def test_an_address_that_fails_is_reported_and_the_others_get_their_email(organisation, settings):
    settings.EMAIL_BACKEND = "tests.mail_that_fails.Backend"
    people = [factories.member("reader", organisation) for _n in range(3)]
    User.objects.filter(pk=people[1].pk).update(email="bestaat-niet@voorbeeld.nl")
    for person in people:
        factories.NotificationFactory(recipient=person)

    _printed, errors, failure = run()

    assert [message.to for message in mail.outbox] == [[people[0].email], [people[2].email]]
    assert ("bestaat-niet@voorbeeld.nl" in errors, failure != "") == (True, True)
    assert list(Notification.objects.filter(mailed_at=None).values_list("recipient", flat=True)) == [people[1].pk]


def test_an_email_that_failed_is_sent_the_next_time(me, settings):
    settings.EMAIL_BACKEND = "tests.mail_that_fails.Backend"
    User.objects.filter(pk=me.pk).update(email="bestaat-niet@voorbeeld.nl")
    factories.NotificationFactory(recipient=me)
    run()
    User.objects.filter(pk=me.pk).update(email="bestaat-wel@voorbeeld.nl")

    assert (run()[2], [message.to for message in mail.outbox]) == ("", [["bestaat-wel@voorbeeld.nl"]])


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_and_send_everything_once(algorithm, me, manager):
    for _n in range(5):
        factories.open_requirement(algorithm, assignee=me, due=day(-1))
    Position.objects.create(organisation=algorithm.organisation, name="CDO")

    def once(_number):
        try:
            return run()[2]
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        failures = list(pool.map(once, range(3)))

    assert failures == ["", "", ""]
    assert (me.notifications.count(), manager.notifications.count()) == (5, 1)
    assert sorted(address for message in mail.outbox for address in message.to) == sorted([me.email, manager.email])
    assert not Notification.objects.filter(mailed_at=None).exists()
