"""What the audit trail holds of every change: who, on whose behalf, from where, what from what to what."""

import io

import pytest
from allauth.usersessions.models import UserSession
from django.core.management import call_command
from django.urls import reverse

from governance import audit_trail, timeline
from governance.framework_import import import_framework
from governance.models import AuditEvent, User
from governance.own_items import withdraw_item
from registry.registering import register
from tests import factories
from tests.framework_releases import MEASURE, MEASURES, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting():
    with audit_trail.acting(None, "command"):
        yield


def verbs():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


# Who, on whose behalf, from where


def test_who_was_not_known_yet_acts_for_themselves():
    person = factories.UserFactory()
    with audit_trail.acting(None, "page", address="192.0.2.1"), audit_trail.on_behalf_of(person):
        event = audit_trail.record("user.added", person)

    assert (event.actor, event.on_behalf_of, event.address) == (person, None, "192.0.2.1")


def test_who_acts_for_somebody_else_is_recorded_beside_them():
    person, other = factories.UserFactory(), factories.UserFactory()
    with audit_trail.acting(other, "page", "request"), audit_trail.on_behalf_of(person):
        event = audit_trail.record("user.changed", person)

    assert (event.actor, event.on_behalf_of, event.request_id) == (other, person, "request")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "192.0.2.9"),
        (0, "203.0.113.5", "192.0.2.9"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        (2, "198.51.100.1, 203.0.113.5", "198.51.100.1"),
        (1, None, "192.0.2.9"),
        (1, "unknown", None),
        (3, "203.0.113.5", None),
    ],
)
def test_the_address_is_what_a_proxy_of_ours_wrote_and_never_what_a_visitor_says(
    client, settings, proxies, forwarded, address
):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    person = factories.UserFactory()
    client.force_login(person)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}

    client.post(reverse("language"), {"language": "en"}, headers=headers, REMOTE_ADDR="192.0.2.9")

    event = AuditEvent.objects.get()
    assert (event.verb, event.address, len(event.request_id)) == ("user.language_chosen", address, 36)


# What is in it


def test_a_failed_log_in_under_an_address_that_nobody_has_is_recorded_without_the_password(client):
    client.post(reverse("account_login"), {"login": "niemand@voorbeeld.nl", "password": "geheim-woord"})

    event = AuditEvent.objects.get()
    assert (event.verb, event.subject_id, event.label) == ("user.log_in_failed", "", "niemand@voorbeeld.nl")
    assert "geheim-woord" not in str(AuditEvent.objects.values())


def test_attempts_beyond_the_limit_add_nothing_to_the_trail(client):
    for _attempt in range(8):
        client.post(reverse("account_login"), {"login": "niemand@voorbeeld.nl", "password": "geheim-woord"})

    assert verbs() == ["user.log_in_failed"] * 5


def test_ending_other_sessions_is_recorded(client):
    person = factories.UserFactory()
    client.force_login(person)
    client.get(reverse("usersessions_list"))
    UserSession.objects.create(user=person, ip="192.0.2.1", session_key="elders", user_agent="x")

    client.post(reverse("usersessions_list"))

    assert AuditEvent.objects.get(verb="user.sessions_ended").actor == person


def test_commands_that_make_an_account_or_change_a_password_are_in_it(monkeypatch):
    call_command(
        "createsuperuser", "--noinput", "--email", "beheer@voorbeeld.nl", "--name", "Beheer", stdout=io.StringIO()
    )
    monkeypatch.setattr("getpass.getpass", lambda *args, **options: "een-heel-lang-woord-9")
    call_command("changepassword", "beheer@voorbeeld.nl", stdout=io.StringIO())

    assert verbs() == ["user.added", "user.password_changed"]
    assert AuditEvent.objects.about(User.objects.get()).count() == 2


def test_an_import_of_the_catalogue_tells_of_each_item_what_changed(acting, tmp_path):
    import_framework(written(tmp_path), name="2026-06")
    added = set(verbs())
    files = {f"{MEASURES}/0-org-01-aanwijzen.md": MEASURE.replace("title: ", "title: Anders ")}
    import_framework(written(tmp_path, files), name="2026-12")

    assert {"framework.imported", "requirement.added", "measure.added", "tool.added", "term.added"} <= added
    event = AuditEvent.objects.get(verb="measure.revised")
    [(old, new)] = [change for name, change in event.changes.items() if name == "title_nl"]
    assert new == f"Anders {old}"


def test_what_a_change_of_the_catalogue_means_to_an_algorithm_is_in_its_history(as_somebody):
    organisation = as_somebody.memberships.get().organisation
    requirement = factories.RequirementFactory(slug="eigen-01", urn="urn:eigen-01", organisation=organisation, law=None)
    algorithm = register(organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody)

    withdraw_item(requirement, by=as_somebody)

    event = AuditEvent.objects.about(algorithm).get(verb="algorithm.decided_anew")
    assert event.changes == {requirement.code: ["applies", None]}


# How it reads


def test_a_verb_without_a_sentence_of_its_own_reads_as_what_was_done_to_which_kind_of_record(as_somebody):
    topic = factories.TopicFactory(title_nl="Governance")

    assert timeline.told(audit_trail.record("topic.changed", topic)) == "wijzigde: onderwerp Governance"


def test_who_checks_sees_every_change_also_without_a_name_in_words(as_somebody):
    topic = factories.TopicFactory()
    event = audit_trail.record("topic.changed", topic, {"title_nl": ["Oud", "Nieuw"], "x-1": [None, {"a": 1}]})

    assert len(timeline.changed_fields(event)) == 1
    assert [row[1:] for row in timeline.changed_fields(event, every=True)] == [("Oud", "Nieuw"), ("leeg", "a: 1")]
