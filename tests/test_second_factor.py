"""The second factor: set up, asked for at log-in, and required by an organisation of chosen roles."""

import base64
import hashlib
import hmac
import struct
import time

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, second_factor
from governance.factor_secrets import ENCRYPTED
from governance.models import AuditEvent, Organisation
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

PASSWORD = "een-lang-wachtwoord-2026"
SECRET = base64.b32encode(b"twintig tekens geheim").decode()


@pytest.fixture(autouse=True)
def no_attempts_before():
    cache.clear()


def with_password(user):
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def officer():
    return with_password(factories.member("officer"))


@pytest.fixture
def organisation(officer):
    return officer.memberships.get().organisation


def code(secret=SECRET, moment=None):
    """What an authenticator app shows (RFC 6238)."""
    counter = struct.pack(">Q", int((moment or time.time()) // 30))
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 0xF
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def add_app(user):
    return TOTP.activate(user, SECRET)


def log_in(client, user):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


def confirm(client):
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def verbs(person):
    return list(AuditEvent.objects.about(person).order_by("pk").values_list("verb", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up_with_the_code_it_shows(client, officer):
    log_in(client, officer)
    confirm(client)
    form = client.get(reverse("mfa_activate_totp")).context["form"]

    response = client.post(reverse("mfa_activate_totp"), {"code": code(form.secret)})

    assert response.url == reverse("mfa_view_recovery_codes")
    assert second_factor.who_have_one([officer]) == {officer.pk}
    assert verbs(officer) == ["user.logged_in", "user.second_factor_added", "user.second_factor_added"]
    assert mail.outbox


def test_setting_up_asks_to_confirm_who_one_is(client, officer):
    log_in(client, officer)

    response = client.get(reverse("mfa_activate_totp"))

    assert response.url.startswith(reverse("account_reauthenticate"))


def test_a_password_alone_does_not_log_in_who_has_a_second_factor(client, officer):
    add_app(officer)

    response = log_in(client, officer)
    half_way = client.get(reverse("account"))
    page = look_at(client, reverse("mfa_authenticate"))
    client.post(reverse("mfa_authenticate"), {"code": code()})

    assert response.url == reverse("mfa_authenticate")
    assert half_way.url.startswith(reverse("account_login"))
    assert "authenticator-app" in page
    assert client.session["_auth_user_id"] == str(officer.pk)
    assert AuditEvent.objects.about(officer).get().changes == {"method": [None, "password, mfa"]}


def test_secrets_are_stored_encrypted(officer):
    stored = add_app(officer).instance.data["secret"]

    RecoveryCodes.activate(officer)
    seed = Authenticator.objects.get(user=officer, type="recovery_codes").data["seed"]

    assert SECRET not in stored
    assert get_adapter().decrypt(stored) == SECRET
    assert seed.startswith(ENCRYPTED)


def test_a_secret_that_was_stored_before_in_plain_text_still_works(officer):
    app = TOTP(Authenticator.objects.create(user=officer, type="totp", data={"secret": SECRET}))

    assert app.validate_code(code())


def test_a_secret_survives_a_new_secret_key_as_long_as_the_old_one_is_a_fallback(settings):
    stored, old = get_adapter().encrypt(SECRET), settings.SECRET_KEY
    settings.SECRET_KEY = "een-nieuwe-sleutel-van-deze-installatie-0123456789"

    with pytest.raises(ImproperlyConfigured):
        get_adapter().decrypt(stored)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert get_adapter().decrypt(stored) == SECRET


def test_a_wrong_code_is_refused_and_recorded(client, officer):
    add_app(officer)
    log_in(client, officer)

    response = client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert list(response.context["form"].errors) == ["code"]
    assert "_auth_user_id" not in client.session
    assert verbs(officer) == ["user.second_factor_failed"]


def test_codes_cannot_be_guessed_without_end(client, officer):
    add_app(officer)
    log_in(client, officer)
    for _attempt in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    client.post(reverse("mfa_authenticate"), {"code": code()})

    assert "_auth_user_id" not in client.session


def test_a_recovery_code_works_once(client, officer):
    add_app(officer)
    recovery = RecoveryCodes.activate(officer).get_unused_codes()[0]

    log_in(client, officer)
    client.post(reverse("mfa_authenticate"), {"code": recovery})
    came_in = "_auth_user_id" in client.session
    client.logout()
    log_in(client, officer)
    client.post(reverse("mfa_authenticate"), {"code": recovery})

    assert came_in
    assert "_auth_user_id" not in client.session


def test_turning_the_app_off_is_recorded(client, officer):
    add_app(officer)
    log_in(client, officer)
    client.post(reverse("mfa_authenticate"), {"code": code()})
    confirm(client)

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.exists()
    assert verbs(officer)[-1] == "user.second_factor_removed"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_of_the_second_factor_are_well_made_in_both_languages(client, officer, language):
    log_in(client, officer)
    for name in ("mfa_index", "account_reauthenticate", "mfa_list_webauthn"):
        assert look_at(client, reverse(name), language)
    confirm(client)
    for name in ("mfa_activate_totp", "mfa_add_webauthn"):
        assert look_at(client, reverse(name), language)
    add_app(officer)
    RecoveryCodes.activate(officer)
    key = Authenticator.objects.create(
        user=officer, type=Authenticator.Type.WEBAUTHN, data={"name": "Sleutel", "credential": {}}
    )
    for name in ("mfa_index", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"):
        assert look_at(client, reverse(name), language)
    assert look_at(client, reverse("mfa_reauthenticate"), language)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert look_at(client, reverse(name, args=[key.pk]), language)


# Required by an organisation


def requiring(organisation, *roles):
    organisation.second_factor_roles = list(roles)
    organisation.save()
    return organisation


def test_the_role_of_a_group_is_chosen_from_a_list_that_begins_with_words(client, organisation):
    client.force_login(factories.member("administrator", organisation))

    page = look_at(client, reverse("member-access", args=[organisation.slug]))

    assert '<option value="" selected>Kies…</option>' in page and "---------" not in page


def test_it_is_said_beforehand_how_many_have_no_second_factor_yet(client, organisation):
    administrator = factories.member("administrator", organisation)
    below = factories.OrganisationFactory(parent=organisation)
    for _number in range(2):
        factories.member("reader", below)
    factories.member("administrator", below)
    Authenticator.objects.create(user=factories.member("manager", organisation), type=Authenticator.Type.TOTP, data={})
    client.force_login(administrator)

    page = look_at(client, reverse("member-access", args=[organisation.slug]))

    assert "Beheerder (2 mensen hebben er nog geen, ook jij)" in page
    assert "Lezer (2 mensen hebben er nog geen)" in page
    assert "Manager (" not in page


def test_who_has_such_a_role_and_no_second_factor_is_sent_to_set_one_up(client, officer, organisation):
    requiring(organisation, "officer")
    client.force_login(officer)

    for path in (reverse("home"), reverse("algorithms"), reverse("glossary"), "/beheer/"):
        assert client.get(path).url == reverse("mfa_index"), path
    assert "vraagt dit van je rol" in look_at(client, reverse("mfa_index"))


def test_the_way_to_set_up_the_way_out_and_the_language_stay_open(client, officer, organisation):
    requiring(organisation, "officer")
    log_in(client, officer)

    opened = [
        client.get(reverse(name)).status_code for name in ("mfa_index", "account_reauthenticate", "account_logout")
    ]
    confirm(client)
    set_up = client.get(reverse("mfa_activate_totp"))
    language = client.post(reverse("language"), {"language": "en", "next": reverse("mfa_index")})
    out = client.post(reverse("account_logout"))

    assert opened == [200, 200, 200]
    assert set_up.status_code == 200
    assert (language.url, out.url) == (reverse("mfa_index"), reverse("home"))


def test_the_api_answers_with_a_problem(client, officer, organisation):
    requiring(organisation, "officer")
    client.force_login(officer)

    response = client.get("/api/v1/topics")

    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert response.json()["status"] == 403


def test_with_a_second_factor_everything_is_open_again(client, officer, organisation):
    requiring(organisation, "officer")
    client.force_login(officer)
    add_app(officer)

    assert client.get(reverse("home")).status_code == 200


def test_another_role_and_another_organisation_ask_nothing(client, officer, organisation):
    requiring(organisation, "auditor")
    requiring(factories.OrganisationFactory(), "officer")
    client.force_login(officer)

    assert client.get(reverse("home")).status_code == 200


def test_it_is_asked_of_roles_held_below_and_of_roles_from_above(officer, organisation):
    below = factories.OrganisationFactory(parent=organisation)
    held_below = factories.member("officer", below)

    requiring(below, "officer")
    from_above = second_factor.is_asked_of(officer)
    requiring(below)
    requiring(organisation, "officer")

    assert from_above
    assert second_factor.is_asked_of(held_below)


def test_a_role_that_has_ended_asks_nothing(officer, organisation):
    requiring(organisation, "officer")
    officer.memberships.update(until=timezone.now())

    assert not second_factor.is_asked_of(officer)


def test_a_second_factor_of_the_identity_provider_counts_where_the_operator_says_so(officer, organisation, settings):
    requiring(organisation, "officer")

    before = second_factor.lacks(officer, ["socialaccount"])
    settings.OIDC_ASKS_SECOND_FACTOR = True

    assert before
    assert not second_factor.lacks(officer, ["socialaccount"])
    assert second_factor.lacks(officer, ["password"])


def test_an_administrator_chooses_the_roles_and_it_is_recorded(client):
    administrator = factories.member("administrator")
    organisation = administrator.memberships.get().organisation
    client.force_login(administrator)

    client.post(reverse("member-access", args=[organisation.slug]), {"factor": "1", "roles": ["auditor", "officer"]})

    assert Organisation.objects.get().second_factor_roles == ["officer", "auditor"]
    event = AuditEvent.objects.get()
    assert (event.verb, event.organisation) == ("organisation.second_factor_required", organisation)
    assert event.changes == {"second_factor_roles": [[], ["officer", "auditor"]]}


def test_others_do_not_choose_and_unknown_roles_are_refused(officer, organisation):
    with audit_trail.acting(officer, "page"), pytest.raises(PermissionDenied):
        second_factor.require(organisation, ["officer"], by=officer)
    with audit_trail.acting(None, "command"), pytest.raises(ValidationError):
        second_factor.require(organisation, ["keizer"], by=None)
