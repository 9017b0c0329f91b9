"""Logging in and out, and choosing a language."""

import pytest
from django.conf import settings
from django.urls import reverse

from governance.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db

PASSWORD = "een-lang-wachtwoord-2026"


@pytest.fixture
def somebody_with_a_password():
    user = factories.UserFactory(email="mira@voorbeeld.nl")
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client, email, password, **query):
    return client.post(reverse("login", query=query), {"username": email, "password": password})


def test_the_login_form_lets_a_password_manager_fill_it(client):
    form = client.get(reverse("login")).context["form"]

    assert 'autocomplete="username"' in str(form["username"])
    assert 'type="email"' in str(form["username"])
    assert 'autocomplete="current-password"' in str(form["password"])


def test_an_email_address_and_password_log_somebody_in_whatever_the_case_of_the_address(
    client, somebody_with_a_password
):
    response = log_in(client, "Mira@Voorbeeld.NL", PASSWORD)

    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(somebody_with_a_password.pk)


def test_login_goes_back_to_the_page_that_asked_for_it_but_never_to_another_site(client, somebody_with_a_password):
    inward = log_in(client, "mira@voorbeeld.nl", PASSWORD, next="/algoritmekader/")
    client.logout()
    outward = log_in(client, "mira@voorbeeld.nl", PASSWORD, next="https://elders.example/")

    assert inward.url == "/algoritmekader/"
    assert outward.url == reverse("home")


def test_a_failed_login_does_not_tell_who_has_an_account(client, somebody_with_a_password):
    former = factories.UserFactory(email="weg@voorbeeld.nl", is_active=False)
    former.set_password(PASSWORD)
    former.save()

    wrong_password = log_in(client, "mira@voorbeeld.nl", "fout")
    nobody = log_in(client, "niemand@voorbeeld.nl", PASSWORD)
    inactive = log_in(client, "weg@voorbeeld.nl", PASSWORD)

    answers = [response.context["form"].errors for response in (wrong_password, nobody, inactive)]
    assert [list(errors) for errors in answers] == [["__all__"]] * 3
    assert answers[0] == answers[1] == answers[2]


def test_logging_out_is_a_post_and_leads_to_the_front_page(client, somebody):
    client.force_login(somebody)

    looked_at = client.get(reverse("logout"))
    response = client.post(reverse("logout"))

    assert looked_at.status_code == 405
    assert (response.status_code, response.url) == (302, reverse("home"))
    assert "_auth_user_id" not in client.session


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
