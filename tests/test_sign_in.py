"""Logging in with an e-mail address and a password: who comes in, who does not, and what is recorded of it."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from governance.models import AuditEvent
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

PASSWORD = "een-lang-wachtwoord-2026"
ANOTHER = "een-ander-lang-wachtwoord-2026"


@pytest.fixture(autouse=True)
def no_attempts_before():
    cache.clear()


@pytest.fixture
def mira():
    user = factories.UserFactory(email="Mira@voorbeeld.nl", name="Mira")
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(client, email="mira@voorbeeld.nl", password=PASSWORD, **query):
    return client.post(reverse("account_login", query=query), {"login": email, "password": password})


def verbs(person):
    return list(AuditEvent.objects.about(person).order_by("pk").values_list("verb", flat=True))


def is_logged_in(client, person):
    return client.session.get("_auth_user_id") == str(person.pk)


def test_the_form_lets_a_password_manager_fill_it(client):
    form = client.get(reverse("account_login")).context["form"]

    assert 'autocomplete="username"' in str(form["login"])
    assert 'type="email"' in str(form["login"])
    assert 'autocomplete="current-password"' in str(form["password"])


@pytest.mark.parametrize("address", ["mira@voorbeeld.nl", "Mira@Voorbeeld.NL"])
def test_an_email_address_and_password_log_somebody_in_whatever_the_case_of_the_address(client, mira, address):
    response = log_in(client, address)

    assert (response.status_code, response.url) == (302, reverse("home"))
    assert is_logged_in(client, mira)
    event = AuditEvent.objects.about(mira).get()
    assert (event.verb, event.actor, event.changes) == ("user.logged_in", mira, {"method": [None, "password"]})


def test_the_account_keeps_one_address_and_no_other(client, mira):
    log_in(client)
    client.post(reverse("account_reset_password"), {"email": "mira@voorbeeld.nl"})

    assert not EmailAddress.objects.exists()


def test_log_in_goes_back_to_the_page_that_asked_for_it_but_never_to_another_site(client, mira, settings):
    settings.ALLOWED_HOSTS = ["testserver", "elders.example"]

    inward = log_in(client, next="/algoritmekader/")
    client.logout()
    outward = log_in(client, next="https://elders.example/")

    assert inward.url == "/algoritmekader/"
    assert outward.url == reverse("home")


def test_a_failed_attempt_does_not_tell_who_has_an_account(client, mira):
    former = factories.UserFactory(email="weg@voorbeeld.nl", is_active=False)
    former.set_password(PASSWORD)
    former.save()

    answers = [
        log_in(client, password="fout"),
        log_in(client, "niemand@voorbeeld.nl"),
        log_in(client, "weg@voorbeeld.nl"),
    ]

    errors = [response.context["form"].errors for response in answers]
    assert [list(found) for found in errors] == [["__all__"]] * 3
    assert errors[0] == errors[1] == errors[2]
    assert verbs(mira) == verbs(former) == ["user.log_in_failed"]


def test_after_five_attempts_an_account_waits_even_with_the_right_password(client, mira):
    for _attempt in range(5):
        log_in(client, password="fout")

    response = log_in(client)

    assert not is_logged_in(client, mira)
    assert "Wacht vijf minuten" in response.content.decode()


def test_attempts_at_one_account_do_not_hinder_another(client, mira):
    other = factories.UserFactory(email="ander@voorbeeld.nl")
    other.set_password(PASSWORD)
    other.save()
    for _attempt in range(6):
        log_in(client, password="fout")

    log_in(client, "ander@voorbeeld.nl")

    assert is_logged_in(client, other)


def test_too_many_attempts_from_one_address_meet_a_page_that_says_so(client):
    answers = [log_in(client, f"persoon{n}@voorbeeld.nl").status_code for n in range(31)]

    assert answers[-1] == 429


def test_nobody_signs_up(client):
    assert client.get("/account/signup/").status_code == 404
    assert client.get("/inloggen/signup/").status_code == 404


def test_logging_out_is_a_post_leads_to_the_front_page_and_is_recorded(client, mira):
    log_in(client)

    look_at(client, reverse("account_logout"))
    response = client.post(reverse("account_logout"))

    assert (response.status_code, response.url) == (302, reverse("home"))
    assert "_auth_user_id" not in client.session
    assert verbs(mira) == ["user.logged_in", "user.logged_out"]


def test_a_deactivated_person_is_out_at_once(client, mira):
    log_in(client)
    mira.is_active = False
    mira.save()

    response = client.get(reverse("account"))

    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("path", ["/beheer/login/?next=/beheer/", "/beheer/password_change/"])
def test_the_administration_pages_have_no_way_in_of_their_own(client, path):
    response = client.get(path)

    assert response.status_code == 302
    assert response.url.split("?")[0] in (reverse("account_login"), reverse("account_change_password"))


# Passwords


def link_in_the_mail():
    return re.search(r"http://testserver(\S+/wachtwoord/\S+)", mail.outbox[-1].body)[1]


def new_password(client, path, password=ANOTHER):
    form = client.get(path, follow=True)
    return client.post(form.request["PATH_INFO"], {"password1": password, "password2": password}, follow=True)


def test_a_forgotten_password_is_replaced_through_a_link_by_email(client, mira):
    asked = client.post(reverse("account_reset_password"), {"email": "mira@voorbeeld.nl"})
    done = new_password(client, link_in_the_mail())

    mira.refresh_from_db()
    assert asked.url == reverse("account_reset_password_done")
    assert mail.outbox[0].to == ["mira@voorbeeld.nl"]
    assert "nieuw wachtwoord" in mail.outbox[0].subject
    assert done.status_code == 200
    assert mira.check_password(ANOTHER)
    assert not is_logged_in(client, mira)
    assert verbs(mira) == ["user.password_changed"]
    assert ANOTHER not in str(AuditEvent.objects.values())


def test_a_link_for_a_new_password_works_once(client, mira):
    client.post(reverse("account_reset_password"), {"email": "mira@voorbeeld.nl"})
    path = link_in_the_mail()
    new_password(client, path)
    client.session.flush()

    again = client.get(path)

    assert "werkt niet meer" in again.content.decode()


@pytest.mark.parametrize(
    "address", ["niemand@voorbeeld.nl", "weg@voorbeeld.nl", "oud@voorbeeld.nl", "oidc@voorbeeld.nl"]
)
def test_asking_for_a_new_password_tells_nothing_and_mails_nobody_without_an_open_account(client, mira, address):
    """Nor whoever logs in through the identity provider alone: that one decides, and knows when somebody leaves."""
    factories.UserFactory(email="weg@voorbeeld.nl", is_active=False, password=make_password(PASSWORD))
    factories.UserFactory(email="oidc@voorbeeld.nl", password=make_password(None))
    EmailAddress.objects.create(user=mira, email="oud@voorbeeld.nl", verified=True, primary=True)

    response = client.post(reverse("account_reset_password"), {"email": address})

    assert response.url == reverse("account_reset_password_done")
    assert mail.outbox == []


@pytest.mark.parametrize("password", ["kort", "123456789012345", "password1234"])
def test_a_weak_password_is_refused(client, mira, password):
    log_in(client)

    response = client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": password, "password2": password}
    )

    assert list(response.context["form"].errors) == ["password1"]


def test_changing_the_password_keeps_this_session_ends_the_others_and_sends_word(client, mira):
    elsewhere = Client()
    log_in(elsewhere)
    log_in(client)

    response = client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    )

    assert response.url == reverse("account")
    assert client.get(reverse("account")).status_code == 200
    assert elsewhere.get(reverse("account")).status_code == 302
    assert "user.password_changed" in verbs(mira)
    assert "Wachtwoord gewijzigd" in mail.outbox[-1].subject


def test_a_mail_server_that_does_not_answer_stops_nobody(client, mira, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1

    response = client.post(reverse("account_reset_password"), {"email": "mira@voorbeeld.nl"})

    assert response.url == reverse("account_reset_password_done")


# Sessions


def test_other_sessions_are_listed_and_can_be_ended(client, mira):
    elsewhere = Client(headers={"user-agent": "Een andere browser"})
    log_in(elsewhere)
    log_in(client)

    html = look_at(client, reverse("usersessions_list"))
    client.post(reverse("usersessions_list"))

    assert "Een andere browser" in html
    assert UserSession.objects.filter(user=mira).count() == 1
    assert elsewhere.get(reverse("account")).status_code == 302
    assert client.get(reverse("account")).status_code == 200


# Pages


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", ["account_login", "account_reset_password", "account_reset_password_done"])
def test_pages_to_come_in_are_well_made_in_both_languages(client, name, language):
    assert look_at(client, reverse(name), language)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "name", ["account_logout", "account_change_password", "usersessions_list", "socialaccount_connections"]
)
def test_pages_of_the_account_are_well_made_in_both_languages(client, mira, name, language):
    log_in(client)

    assert look_at(client, reverse(name), language)


# Addresses that only a button leads to


def test_who_sends_a_form_after_the_session_ended_comes_back_to_the_page_with_the_form(client, mira):
    policy = factories.policy_in_force(factories.OrganisationFactory(), "Beleid")
    page = policy.get_absolute_url()

    response = client.post(f"{page}publiceren/", headers={"referer": f"http://testserver{page}?page=2"})

    assert response.url == f"{reverse('account_login')}?next={page}%3Fpage%3D2"
    assert "Log in en doe het opnieuw" in client.get(response.url).content.decode()


def test_logging_in_does_not_end_at_an_address_that_only_takes_a_button(client, mira):
    organisation = factories.OrganisationFactory()
    factories.MembershipFactory(user=mira, organisation=organisation, role="manager")
    policy = factories.policy_in_force(organisation, "Beleid")
    asked = f"{policy.get_absolute_url()}publiceren/"
    form = client.get(asked).url

    log_in(client, next=asked)
    response = client.get(asked, headers={"referer": f"http://testserver{form}"})

    assert response.url == policy.get_absolute_url()
    assert "Druk opnieuw op de knop" in client.get(response.url).content.decode()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("nl", "Dit adres werkt alleen met een knop"), ("en", "This address only takes a button")],
)
def test_an_address_that_only_takes_a_button_says_so_in_our_look(client, mira, language, sentence):
    policy = factories.policy_in_force(factories.OrganisationFactory(), "Beleid")
    client.force_login(mira)
    client.cookies["django_language"] = language

    response = client.get(f"{policy.get_absolute_url()}publiceren/")

    html = response.content.decode()
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert f"<h1>{sentence}</h1>" in html
    assert f'href="{policy.get_absolute_url()}"' in html and f'href="{reverse("home")}"' in html


def test_the_api_answers_another_method_in_json(client, mira):
    client.force_login(mira)

    response = client.delete("/api/v1/organisations/")

    assert (response.status_code, response["Content-Type"].split(";")[0]) == (405, "application/problem+json")
