"""Invitations: sent, sent again, withdrawn, and taken up by people with and without an account."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, membership
from governance.models import AuditEvent, Invitation, Membership, User
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

PASSWORD = "een-lang-wachtwoord-2026"
NEW = {"name": "Sanne de Boer", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def administrator(client):
    user = factories.member("administrator", factories.OrganisationFactory(name="Gemeente Waterdam"))
    client.force_login(user)
    return user


@pytest.fixture
def organisation(administrator):
    return administrator.memberships.get().organisation


@pytest.fixture
def acting(administrator):
    with audit_trail.acting(administrator, "page"):
        yield administrator


def invite(client, organisation, email="sanne@voorbeeld.nl", name="Sanne", roles=("officer", "reader")):
    return client.post(
        reverse("member-invite", args=[organisation.slug]), {"email": email, "name": name, "roles": roles}
    )


def link():
    return re.search(r"http://testserver(/uitnodiging/\S+)", mail.outbox[-1].body)[1]


def roles_of(person):
    return sorted(Membership.objects.current().filter(user=person).values_list("role", flat=True))


def test_an_administrator_invites_by_email(client, administrator, organisation):
    response = invite(client, organisation)

    invitation = Invitation.objects.get()
    assert response.url == reverse("members", args=[organisation.slug])
    assert (invitation.organisation, invitation.invited_by, invitation.roles) == (
        organisation,
        administrator,
        ["officer", "reader"],
    )
    assert timedelta(days=13) < invitation.expires - timezone.now() <= timedelta(days=14)
    message = mail.outbox[0]
    assert message.to == ["sanne@voorbeeld.nl"]
    assert "Gemeente Waterdam" in message.subject
    assert "Algoritmefunctionaris, Lezer" in message.body
    event = AuditEvent.objects.get()
    assert (event.verb, event.actor, event.organisation) == ("invitation.sent", administrator, organisation)


def test_the_token_is_kept_nowhere(client, organisation):
    invite(client, organisation)
    token = link().split("/")[2]

    assert Invitation.objects.get().token_hash != token
    assert token not in str(Invitation.objects.values()) + str(AuditEvent.objects.values())


@pytest.mark.parametrize("typed", [{"email": "geen adres"}, {"roles": []}, {"roles": ["keizer"]}, {"name": ""}])
def test_what_is_typed_wrong_is_said_and_kept(client, organisation, typed):
    response = invite(client, organisation, **typed)

    assert list(response.context["form"].errors) == list(typed)
    assert response.context["form"]["email"].value() == typed.get("email", "sanne@voorbeeld.nl")
    assert mail.outbox == []


def test_inviting_an_address_with_an_account_elsewhere_looks_the_same(client, organisation):
    factories.MembershipFactory(user__email="bekend@elders.nl", user__name="Geheim")

    known = invite(client, organisation, "bekend@elders.nl", "Iemand")
    unknown = invite(client, organisation, "nieuw@elders.nl", "Iemand")

    page = client.get(known.url).content.decode()
    assert known.url == unknown.url
    assert [message.body.replace(link(), "") for message in mail.outbox[1:]]
    bodies = [re.sub(r"/uitnodiging/\S+", "", message.body) for message in mail.outbox]
    assert bodies[0] == bodies[1]
    assert "Geheim" not in page


def test_an_address_is_invited_once_at_a_time_per_organisation(client, organisation):
    invite(client, organisation)

    again = invite(client, organisation, "Sanne@Voorbeeld.NL")

    assert list(again.context["form"].errors) == ["email"]
    assert Invitation.objects.count() == 1


def test_who_has_these_roles_here_is_not_invited_to_them(client, organisation):
    factories.MembershipFactory(organisation=organisation, role="reader", user__email="sanne@voorbeeld.nl")

    response = invite(client, organisation, roles=["reader"])

    assert list(response.context["form"].errors) == ["roles"]


def test_a_mail_that_cannot_be_sent_is_said_and_the_invitation_stays(client, organisation, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", 1

    response = client.get(invite(client, organisation).url)

    assert "kon niet worden verstuurd" in response.content.decode()
    assert Invitation.objects.exists()


def test_nobody_invites_into_an_organisation_of_others(acting, organisation):
    typed = {"email": "x@voorbeeld.nl", "name": "X", "roles": ["reader"]}

    with pytest.raises(PermissionDenied):
        membership.invite(factories.OrganisationFactory(), **typed, by=acting)
    with pytest.raises(PermissionDenied):
        membership.invite(organisation, **typed, by=factories.member("manager", organisation))


# Taking up


def test_a_new_person_chooses_a_name_and_password_and_is_in(client, organisation):
    invite(client, organisation)
    client.logout()

    page = look_at(client, link())
    response = client.post(link(), NEW)

    person = User.objects.get(email="sanne@voorbeeld.nl")
    invitation = Invitation.objects.get()
    assert "Gemeente Waterdam" in page and "Algoritmefunctionaris" in page
    assert response.url == reverse("home")
    assert client.session["_auth_user_id"] == str(person.pk)
    assert (person.name, person.is_superuser, person.is_staff) == ("Sanne de Boer", False, False)
    assert person.check_password(PASSWORD)
    assert roles_of(person) == ["officer", "reader"]
    assert set(person.memberships.values_list("source", flat=True)) == {"invitation"}
    assert (invitation.accepted_by, invitation.accepted is not None) == (person, True)
    recorded = AuditEvent.objects.filter(actor=person).order_by("pk").values_list("verb", flat=True)
    assert list(recorded) == [
        "user.added",
        "membership.given",
        "membership.given",
        "invitation.accepted",
        "user.logged_in",
    ]
    assert PASSWORD not in str(AuditEvent.objects.values())


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"again": "iets anders"}, "again"), ({"password": "kort", "again": "kort"}, "password"), ({"name": ""}, "name")],
)
def test_a_password_that_will_not_do_is_said(client, organisation, typed, field):
    invite(client, organisation)
    client.logout()

    response = client.post(link(), NEW | typed)

    assert list(response.context["form"].errors) == [field]
    assert not User.objects.filter(email="sanne@voorbeeld.nl").exists()


def test_a_person_with_an_account_logs_in_and_accepts(client, organisation):
    person = factories.MembershipFactory(user__email="Sanne@voorbeeld.nl", role="auditor").user
    invite(client, organisation)
    client.logout()

    to_log_in = look_at(client, link())
    refused = client.post(link(), NEW)
    client.force_login(person)
    to_accept = look_at(client, link())
    response = client.post(link())

    person.refresh_from_db()
    assert f"{reverse('account_login')}?next=" in to_log_in and "Je hebt al een account" in to_log_in
    assert refused.status_code == 200 and not person.check_password(PASSWORD)
    assert "Uitnodiging aannemen" in to_accept
    assert response.url == reverse("home")
    assert roles_of(person) == ["auditor", "officer", "reader"]


def test_a_role_that_the_person_has_already_is_left_as_it_is(acting, organisation):
    row = factories.MembershipFactory(organisation=organisation, role="reader")
    invitation, _token = membership.invite(
        organisation, email=row.user.email, name="X", roles=["reader", "auditor"], by=acting
    )

    given = membership.accept(invitation, by=row.user)

    assert [membership.role for membership in given] == ["auditor"]
    assert roles_of(row.user) == ["auditor", "reader"]


def test_the_link_of_another_gives_nothing(client, organisation):
    invite(client, organisation)
    other = factories.UserFactory()
    client.force_login(other)

    page = look_at(client, link())
    client.post(link(), NEW)

    assert "Je bent met een ander account ingelogd" in page
    assert roles_of(other) == []
    assert Invitation.objects.usable().exists()
    with audit_trail.acting(other, "page"), pytest.raises(PermissionDenied):
        membership.accept(Invitation.objects.get(), by=other)


def test_a_closed_account_is_opened_again_with_a_new_password(client, organisation):
    closed = factories.UserFactory(email="sanne@voorbeeld.nl", is_active=False)
    invite(client, organisation)
    client.logout()

    client.post(link(), NEW)

    closed.refresh_from_db()
    assert closed.is_active and closed.check_password(PASSWORD)
    assert client.session["_auth_user_id"] == str(closed.pk)
    assert "user.reactivated" in AuditEvent.objects.values_list("verb", flat=True)


def test_an_account_that_is_opened_again_has_only_the_roles_of_the_invitation(client, organisation):
    closed = factories.UserFactory(email="sanne@voorbeeld.nl", is_active=False)
    factories.MembershipFactory(user=closed, role="manager")
    factories.MembershipFactory(user=closed, organisation=organisation, role="administrator")
    invite(client, organisation)
    client.logout()

    client.post(link(), NEW)

    assert list(Membership.objects.unended().filter(user=closed).values_list("organisation", "role")) == [
        (organisation.pk, role) for role in Invitation.objects.get().roles
    ]


@pytest.mark.parametrize("right", ["is_staff", "is_superuser"])
def test_a_closed_account_with_rights_over_the_installation_stays_closed(client, organisation, right):
    closed = factories.UserFactory(email="sanne@voorbeeld.nl", is_active=False, **{right: True})
    invite(client, organisation)
    client.logout()

    page = look_at(client, link())
    client.post(link(), NEW)

    closed.refresh_from_db()
    assert "gesloten" in page
    assert not closed.is_active
    with audit_trail.acting(None, "page"), pytest.raises(PermissionDenied):
        membership.accept_with_account(Invitation.objects.get(), name="S", password=PASSWORD)


@pytest.mark.parametrize("what", ["expired", "withdrawn", "accepted", "sent again", "unknown"])
def test_a_link_that_no_longer_works_says_so(client, acting, organisation, what):
    invite(client, organisation)
    path, invitation = link(), Invitation.objects.get()
    if what == "expired":
        Invitation.objects.update(expires=timezone.now() - timedelta(seconds=1))
    elif what == "withdrawn":
        membership.withdraw(invitation, by=acting)
    elif what == "accepted":
        membership.accept_with_account(invitation, name="S", password=PASSWORD)
    elif what == "sent again":
        client.post(reverse("member-invitation-resend", args=[organisation.slug, invitation.pk]))
    else:
        path = reverse("invitation", args=["verzonnen"])
    client.logout()
    number = User.objects.count()

    looked_at, used = client.get(path), client.post(path, NEW)

    assert (looked_at.status_code, used.status_code) == (410, 410)
    assert "werkt niet meer" in looked_at.content.decode()
    assert User.objects.count() == number


def test_an_invitation_cannot_be_taken_up_twice(acting, organisation):
    invitation, _token = membership.invite(organisation, email="s@voorbeeld.nl", name="S", roles=["reader"], by=acting)
    membership.accept_with_account(invitation, name="S", password=PASSWORD)

    with pytest.raises(ValidationError):
        membership.accept_with_account(invitation, name="S", password=PASSWORD)
    with pytest.raises(ValidationError):
        membership.withdraw(invitation, by=acting)
    with pytest.raises(ValidationError):
        membership.invite_again(invitation, by=acting)


# Sent again and withdrawn


def test_an_invitation_is_sent_again_with_a_new_link_and_period(client, organisation):
    invite(client, organisation)
    first = link()
    Invitation.objects.update(expires=timezone.now() - timedelta(days=1))

    client.post(reverse("member-invitation-resend", args=[organisation.slug, Invitation.objects.get().pk]))

    assert link() != first
    assert client.get(link()).status_code == 200
    assert Invitation.objects.usable().exists()
    assert AuditEvent.objects.filter(verb="invitation.sent_again").exists()


def test_an_invitation_is_withdrawn_after_being_asked(client, organisation):
    invite(client, organisation)
    address = reverse("member-invitation-withdraw", args=[organisation.slug, Invitation.objects.get().pk])

    look_at(client, address)
    before = Invitation.objects.usable().exists()
    client.post(address)

    assert before
    assert not Invitation.objects.usable().exists()
    assert client.post(address).status_code == 404
    assert invite(client, organisation).status_code == 302


def test_invitations_of_others_cannot_be_touched(client, organisation):
    foreign = factories.InvitationFactory()

    for slug in (organisation.slug, foreign.organisation.slug):
        for name in ("member-invitation-resend", "member-invitation-withdraw"):
            assert client.post(reverse(name, args=[slug, foreign.pk])).status_code == 404

    foreign.refresh_from_db()
    assert foreign.withdrawn is None
    assert mail.outbox == []


def test_the_invited_person_reads_their_own_language(client, organisation):
    factories.UserFactory(email="sanne@voorbeeld.nl", language="en")

    invite(client, organisation)

    assert "Open this link within 14 days" in mail.outbox[0].body
