"""The language of the pages, and one's own account."""

import pytest
from django.conf import settings
from django.urls import reverse

from governance.models import AuditEvent
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


def test_a_visitor_keeps_the_chosen_language_in_a_cookie(client):
    response = client.post(reverse("language"), {"language": "en", "next": "/algoritmekader/begrippen/"})

    assert (response.status_code, response.url) == (302, "/algoritmekader/begrippen/")
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    assert '<html lang="en">' in client.get(reverse("glossary")).content.decode()


def test_the_language_is_remembered_on_the_account_and_audited(client, somebody):
    client.force_login(somebody)

    client.post(reverse("language"), {"language": "en"})

    somebody.refresh_from_db()
    assert somebody.language == "en"
    event = AuditEvent.objects.about(somebody).get()
    assert (event.verb, event.actor, event.changes) == ("user.language_chosen", somebody, {"language": ["", "en"]})


def test_choosing_the_language_one_has_records_nothing(client, somebody):
    somebody.language = "en"
    somebody.save()
    client.force_login(somebody)

    client.post(reverse("language"), {"language": "en"})

    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("address", ["https://elders.example/", "//elders.example/", "javascript:alert(1)", ""])
def test_choosing_a_language_never_leads_to_another_site(client, address):
    response = client.post(reverse("language"), {"language": "nl", "next": address})

    assert response.url == reverse("home")


def test_a_language_that_is_not_there_is_refused(client, somebody):
    client.force_login(somebody)

    response = client.post(reverse("language"), {"language": "de"})

    somebody.refresh_from_db()
    assert (response.status_code, somebody.language) == (400, "")
    assert "nl, en" in response.content.decode()


def test_a_language_is_not_chosen_by_following_a_link(client):
    assert client.get(reverse("language"), {"language": "en"}).status_code == 405


@pytest.mark.parametrize("language", ["nl", "en"])
def test_my_account_says_who_i_am_here_and_how_i_log_in(client, somebody, language):
    client.force_login(somebody)

    html = look_at(client, reverse("account"), language)

    assert somebody.email in html
    assert str(somebody.memberships.get().organisation) in html
    assert reverse("mfa_index") in html
    assert reverse("usersessions_list") in html


def test_my_account_is_for_who_is_logged_in(client):
    factories.UserFactory()

    response = client.get(reverse("account"))

    assert response.url == f"{reverse('account_login')}?next={reverse('account')}"
