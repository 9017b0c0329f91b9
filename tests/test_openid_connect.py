"""Logging in through the identity provider of the organisation, against a stand-in that speaks its protocol."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, group_roles
from governance.models import AuditEvent, GroupRole, Membership, User
from tests import factories, identity_provider
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

PASSWORD = "een-lang-wachtwoord-2026"
SUBJECT = "f81d4fae-7dec"
THERE = reverse("openid_connect_login", kwargs={"provider_id": "organisatie"})
BACK = reverse("openid_connect_callback", kwargs={"provider_id": "organisatie"})


@pytest.fixture(scope="module")
def running():
    with identity_provider.running() as provider:
        yield provider


@pytest.fixture
def provider(running, settings):
    """The provider, which knows Mira with a verified address; the register is configured for it, trusting nothing."""
    running.person = {"sub": SUBJECT, "email": "mira@voorbeeld.nl", "email_verified": True, "name": "Mira de Vries"}
    running.in_token, running.signs_with = {}, running.key
    app = {
        "provider_id": "organisatie",
        "name": "Gemeente Waterdam",
        "client_id": "register",
        "secret": "geheim",
        "settings": {"server_url": running.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    settings.OIDC_SERVER_URL, settings.OIDC_NAME = running.url, "Gemeente Waterdam"
    settings.OIDC_TRUST_EMAIL = settings.OIDC_CREATE_ACCOUNTS = False
    cache.clear()
    return running


@pytest.fixture
def mira():
    return factories.MembershipFactory(user__email="Mira@voorbeeld.nl", role="officer").user


def joined(person):
    return SocialAccount.objects.create(user=person, provider="organisatie", uid=SUBJECT)


def log_in(client, provider, **changed):
    """From the log-in page to the provider and back; `changed` is what differs on the way back."""
    there = client.get(THERE)
    back = provider.authorize(there.url) | changed
    return client.get(BACK, back)


def is_logged_in(client, person):
    return client.session.get("_auth_user_id") == str(person.pk)


def told(client, response):
    """Where a refusal leads, with the sentence it shows."""
    assert response.url == reverse("account_login")
    return client.get(response.url).content.decode()


def test_the_log_in_page_offers_the_provider_and_only_where_there_is_one(client, provider, settings):
    offered = look_at(client, reverse("account_login"))
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    without = look_at(client, reverse("account_login"))

    assert "Inloggen met Gemeente Waterdam" in offered
    assert "Gemeente Waterdam" not in without
    assert client.get(THERE).status_code == 404


def test_a_known_person_comes_in(client, provider, mira):
    joined(mira)

    response = log_in(client, provider)

    assert response.url == reverse("home")
    assert is_logged_in(client, mira)
    event = AuditEvent.objects.get(verb="user.logged_in")
    assert (event.actor, event.changes) == (mira, {"method": [None, "socialaccount"]})


def test_a_known_person_is_known_by_the_provider_s_identifier_whatever_the_address(client, provider, mira):
    joined(mira)
    provider.person |= {"email": "nieuw@elders.nl", "email_verified": False}

    log_in(client, provider)

    mira.refresh_from_db()
    assert is_logged_in(client, mira)
    assert mira.email == "Mira@voorbeeld.nl"


def test_a_second_factor_set_up_here_is_asked_for_as_well(client, provider, mira):
    joined(mira)
    TOTP.activate(mira, "ORUGK3TFEBUXGIDTMVRXEZLU")

    response = log_in(client, provider)

    assert response.url == reverse("mfa_authenticate")
    assert not is_logged_in(client, mira)


def test_an_unknown_person_is_refused_with_a_sentence(client, provider):
    response = log_in(client, provider)

    assert "vraag de beheerder van je organisatie" in told(client, response)
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()


def test_an_existing_account_is_never_joined_by_itself_where_the_operator_does_not_trust_addresses(
    client, provider, mira, settings
):
    settings.OIDC_CREATE_ACCOUNTS = True

    response = log_in(client, provider)

    assert "Log in met je wachtwoord" in told(client, response)
    assert not is_logged_in(client, mira)
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("claim", [{"email_verified": False}, {"email_verified": "true"}, {"email_verified": None}])
def test_an_unverified_address_is_refused_even_where_addresses_are_trusted(client, provider, mira, settings, claim):
    settings.OIDC_TRUST_EMAIL = settings.OIDC_CREATE_ACCOUNTS = True
    provider.person |= claim

    response = log_in(client, provider)

    assert "niet gecontroleerd" in told(client, response)
    assert not is_logged_in(client, mira)
    assert not SocialAccount.objects.exists()


def test_a_verified_address_opens_its_account_where_the_operator_trusts_it(client, provider, mira, settings):
    settings.OIDC_TRUST_EMAIL = True

    log_in(client, provider)

    assert is_logged_in(client, mira)
    assert SocialAccount.objects.get().user == mira
    assert not EmailAddress.objects.exists()
    assert list(AuditEvent.objects.about(mira).order_by("pk").values_list("verb", flat=True)) == [
        "user.identity_joined",
        "user.logged_in",
    ]


@pytest.mark.parametrize("is_joined", [True, False])
def test_a_deactivated_person_is_refused_with_a_sentence(client, provider, mira, settings, is_joined):
    settings.OIDC_TRUST_EMAIL = settings.OIDC_CREATE_ACCOUNTS = True
    User.objects.update(is_active=False)
    if is_joined:
        joined(mira)

    response = log_in(client, provider)

    assert "gesloten" in told(client, response)
    assert "_auth_user_id" not in client.session
    assert SocialAccount.objects.exists() is is_joined


def test_a_way_back_that_does_not_belong_to_a_way_there_is_refused(client, provider, mira):
    joined(mira)

    response = log_in(client, provider, state="verzonnen")

    assert "is niet gelukt" in told(client, response)
    assert not is_logged_in(client, mira)


def test_a_person_who_stops_at_the_provider_is_told_so(client, provider):
    there = client.get(THERE)
    state = provider.authorize(there.url)["state"]

    response = client.get(BACK, {"error": "access_denied", "state": state})

    assert "afgebroken" in told(client, response)


@pytest.mark.parametrize(
    "claims",
    [{"aud": "een-ander"}, {"iss": "https://elders.example"}, {"exp": 1}, {"sub": "iemand-anders"}],
    ids=["for another", "by another", "expired", "about somebody else"],
)
def test_an_identity_token_that_is_not_right_is_refused(client, provider, mira, claims):
    joined(mira)
    provider.in_token = claims

    response = log_in(client, provider)

    assert "is niet gelukt" in told(client, response)
    assert not is_logged_in(client, mira)


def test_an_identity_token_signed_by_another_is_refused(client, provider, mira):
    joined(mira)
    provider.signs_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    response = log_in(client, provider)

    assert "is niet gelukt" in told(client, response)
    assert not is_logged_in(client, mira)


def test_a_provider_that_cannot_be_reached_is_said_so(client, provider, settings):
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"] = {"server_url": "http://127.0.0.1:1"}

    response = client.get(THERE)

    assert "nu niet" in told(client, response)


# Joining an identity oneself


@pytest.fixture
def with_password(client, mira):
    mira.set_password(PASSWORD)
    mira.save()
    client.post(reverse("account_login"), {"login": mira.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return mira


def link_to_join(client):
    html = look_at(client, reverse("socialaccount_connections"))
    return html.split('class="button" href="')[1].split('"')[0].replace("&amp;", "&")


def test_a_person_joins_and_separates_an_identity(client, provider, with_password):
    there = client.get(link_to_join(client))
    client.get(BACK, provider.authorize(there.url))
    account = SocialAccount.objects.get()
    page = look_at(client, reverse("socialaccount_connections"))
    client.post(reverse("socialaccount_connections"), {"account": account.pk})

    assert account.user == with_password
    assert "mira@voorbeeld.nl" in page
    assert not SocialAccount.objects.exists()
    verbs = list(AuditEvent.objects.about(with_password).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["user.logged_in", "user.identity_joined", "user.identity_separated"]


@pytest.mark.parametrize("token", ["", "verzonnen"])
def test_nobody_is_made_to_join_an_identity_by_a_link_of_another(client, provider, with_password, token):
    link_to_join(client)

    response = client.get(THERE, {"process": "connect", "token": token})

    assert response.url == reverse("socialaccount_connections")


def test_an_identity_of_another_is_not_joined(client, provider, with_password):
    joined(factories.UserFactory())

    there = client.get(link_to_join(client))
    client.get(BACK, provider.authorize(there.url))

    assert SocialAccount.objects.get().user != with_password


# Groups


def group(name, role, organisation=None):
    return GroupRole.objects.create(organisation=organisation or factories.OrganisationFactory(), group=name, role=role)


def roles_of(person, source):
    rows = Membership.objects.current().filter(user=person, source=source)
    return sorted(rows.values_list("organisation__name", "role"))


def test_roles_follow_the_groups_that_the_provider_sends_at_each_log_in(client, provider, mira):
    joined(mira)
    audit, manage = group("auditors", "auditor"), group("managers", "manager")

    provider.person["groups"] = ["auditors", "vrijwilligers"]
    log_in(client, provider)
    first = roles_of(mira, "group")
    provider.person["groups"] = ["managers"]
    log_in(client, provider)
    second = roles_of(mira, "group")
    del provider.person["groups"]
    log_in(client, provider)

    assert first == [(audit.organisation.name, "auditor")]
    assert second == [(manage.organisation.name, "manager")]
    assert roles_of(mira, "group") == []
    assert Membership.objects.filter(user=mira, source="group").count() == 2
    recorded = AuditEvent.objects.filter(verb__startswith="membership").order_by("pk")
    assert [(event.verb, event.organisation) for event in recorded] == [
        ("membership.given", audit.organisation),
        ("membership.ended", audit.organisation),
        ("membership.given", manage.organisation),
        ("membership.ended", manage.organisation),
    ]


def test_roles_given_by_hand_stay_as_they_are(client, provider, mira):
    joined(mira)
    by_hand = mira.memberships.get()
    group("functionarissen", "officer", by_hand.organisation)

    provider.person["groups"] = ["functionarissen"]
    log_in(client, provider)
    provider.person["groups"] = []
    log_in(client, provider)

    assert list(mira.memberships.all()) == [by_hand]
    by_hand.refresh_from_db()
    assert (by_hand.until, by_hand.source) == (None, "hand")


def test_a_role_that_begins_later_stays_as_it_is_and_the_person_comes_in(client, provider, mira):
    joined(mira)
    row = mira.memberships.get()
    later = timezone.now() + timedelta(days=3)
    Membership.objects.filter(pk=row.pk).update(since=later)
    group("functionarissen", "officer", row.organisation)
    provider.person["groups"] = ["functionarissen"]

    log_in(client, provider)

    assert is_logged_in(client, mira)
    assert list(mira.memberships.values_list("pk", "since", "until")) == [(row.pk, later, None)]


def test_groups_may_stand_in_a_claim_inside_another(client, provider, mira, settings):
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"
    joined(mira)
    auditor = group("auditors", "auditor")
    provider.person["realm_access"] = {"roles": ["auditors"]}

    log_in(client, provider)

    assert roles_of(mira, "group") == [(auditor.organisation.name, "auditor")]


def test_an_account_is_made_for_whom_a_group_gives_a_role_where_the_operator_allows_that(client, provider, settings):
    settings.OIDC_CREATE_ACCOUNTS = True
    reader = group("lezers", "reader")
    provider.person["groups"] = ["lezers"]

    log_in(client, provider)

    person = User.objects.get()
    assert (person.email, person.name, person.has_usable_password()) == ("mira@voorbeeld.nl", "Mira de Vries", False)
    assert is_logged_in(client, person)
    assert roles_of(person, "group") == [(reader.organisation.name, "reader")]


def test_no_account_is_made_for_whom_no_group_gives_a_role(client, provider, settings):
    settings.OIDC_CREATE_ACCOUNTS = True
    group("lezers", "reader")
    provider.person["groups"] = ["schrijvers"]

    response = log_in(client, provider)

    assert "Je bent hier niet bekend" in told(client, response)
    assert not User.objects.exists()


def test_an_administrator_lets_roles_follow_groups_and_takes_that_back(client):
    administrator = factories.member("administrator")
    organisation = administrator.memberships.get().organisation
    client.force_login(administrator)
    address = reverse("member-access", args=[organisation.slug])

    client.post(address, {"grouprole": "1", "group": " lezers ", "role": "reader"})
    row = GroupRole.objects.get()
    twice = client.post(address, {"grouprole": "1", "group": "lezers", "role": "reader"})
    client.post(reverse("member-group-remove", args=[organisation.slug, row.pk]))

    assert (row.organisation, row.group, row.role) == (organisation, "lezers", "reader")
    assert "Er is iets nog niet goed" in twice.content.decode() or twice.context["form"].errors
    assert not GroupRole.objects.exists()
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True)) == [
        "grouprole.added",
        "grouprole.removed",
    ]


def test_nobody_lets_roles_follow_groups_in_an_organisation_of_others(client):
    administrator = factories.member("administrator")
    row = group("lezers", "reader")
    client.force_login(administrator)

    own = administrator.memberships.get().organisation.slug
    answers = [
        client.post(reverse("member-access", args=[row.organisation.slug]), {"grouprole": "1"}).status_code,
        client.post(reverse("member-group-remove", args=[own, row.pk])).status_code,
    ]

    assert answers == [404, 404]
    with audit_trail.acting(administrator, "page"), pytest.raises(PermissionDenied):
        group_roles.give(row.organisation, "lezers", "officer", by=administrator)
    with audit_trail.acting(administrator, "page"), pytest.raises(PermissionDenied):
        group_roles.take_away(row, by=administrator)
    with audit_trail.acting(None, "command"), pytest.raises(ValidationError):
        group_roles.give(row.organisation, "lezers", "keizer", by=None)
    assert GroupRole.objects.count() == 1
