"""The administration pages of organisations, people and memberships, which write by the verbs of the pages."""

import pytest
from django.urls import reverse

from governance import organisations
from governance.models import AuditEvent, Membership, Organisation, User
from tests import factories

pytestmark = pytest.mark.django_db


def page(model, *arguments, view="changelist"):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=arguments)


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", "changes"))


@pytest.fixture
def operator(client):
    """The administrator of the installation, a member of nothing, logged in."""
    user = factories.UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def revised(organisation, **fields):
    typed = {"name": organisation.name, "kind": organisation.kind, "identifier": organisation.identifier}
    typed["parent"] = organisation.parent_id or ""
    return typed | {"seen": organisations.fingerprint(organisation)} | fields


def test_operator_adds_and_renames_an_organisation(client, operator):
    added = client.post(page(Organisation, view="add"), {"name": "Gemeente Nieuw", "kind": "municipality"})
    row = Organisation.objects.get(slug="gemeente-nieuw")
    client.post(page(Organisation, row.pk, view="change"), revised(row, name="Gemeente Anders", kind="province"))

    row.refresh_from_db()
    assert added.status_code == 302
    assert (row.name, row.slug, row.kind) == ("Gemeente Anders", "gemeente-nieuw", "province")
    assert row.path == f"/{row.pk}/"
    assert events() == [
        ("organisation.added", {"name": [None, "Gemeente Nieuw"], "kind": [None, "municipality"]}),
        ("organisation.changed", {"name": ["Gemeente Nieuw", "Gemeente Anders"], "kind": ["municipality", "province"]}),
    ]
    assert set(AuditEvent.objects.values_list("organisation", "actor", "channel")) == {(row.pk, operator.pk, "admin")}


def test_operator_moves_an_organisation_but_never_below_itself(client, operator):
    ministry, agency = factories.OrganisationFactory(kind="ministry"), factories.OrganisationFactory(kind="agency")
    client.post(page(Organisation, agency.pk, view="change"), revised(agency, parent=ministry.pk))

    answer = client.post(page(Organisation, ministry.pk, view="change"), revised(ministry, parent=agency.pk))

    agency.refresh_from_db()
    ministry.refresh_from_db()
    assert list(answer.context["adminform"].form.errors) == ["parent"]
    assert (ministry.parent, agency.parent, agency.path) == (None, ministry, f"/{ministry.pk}/{agency.pk}/")


def test_administration_page_adds_no_organisation_that_the_pages_refuse(client, operator):
    loose = client.post(page(Organisation, view="add"), {"name": "Afdeling", "kind": "department"})
    client.post(page(Organisation, view="add"), {"name": "Leden", "slug": "leden", "kind": "other"})

    assert list(loose.context["adminform"].form.errors) == ["parent"]
    assert [row.slug for row in Organisation.objects.all()] == ["leden-2"]


def test_second_operator_is_told_that_the_organisation_changed(client, operator):
    row = factories.OrganisationFactory(name="Gemeente Nieuw")
    stale = revised(row, name="Gemeente Laat")
    Organisation.objects.filter(pk=row.pk).update(name="Gemeente Eerder")

    told = client.post(page(Organisation, row.pk, view="change"), stale)
    form = told.context["adminform"].form
    saved = client.post(page(Organisation, row.pk, view="change"), stale | {"seen": form["seen"].value()})

    row.refresh_from_db()
    assert "Gemeente Eerder" in form.errors["name"][0]
    assert (saved.status_code, row.name) == (302, "Gemeente Laat")


def test_operator_adds_a_person_with_a_password_which_the_trail_does_not_hold(client, operator):
    answer = client.post(
        page(User, view="add"),
        {
            "email": "nieuw@voorbeeld.nl",
            "name": "Nieuw",
            "language": "nl",
            "usable_password": "true",
            "password1": "een lang geheim woord",
            "password2": "een lang geheim woord",
        },
    )

    person = User.objects.get(email="nieuw@voorbeeld.nl")
    assert answer.status_code == 302
    assert person.check_password("een lang geheim woord")
    assert events() == [
        ("user.added", {"email": [None, "nieuw@voorbeeld.nl"], "name": [None, "Nieuw"], "language": [None, "nl"]})
    ]


def test_two_accounts_cannot_differ_in_capitals_alone(client, operator):
    factories.UserFactory(email="jan@voorbeeld.nl")

    answer = client.post(
        page(User, view="add"), {"email": "Jan@voorbeeld.nl", "name": "Jan", "usable_password": "false"}
    )

    assert list(answer.context["adminform"].form.errors) == ["email"]
    assert User.objects.filter(email__iexact="jan@voorbeeld.nl").count() == 1


def test_operator_makes_a_person_inactive_which_ends_every_role(client, operator):
    row = factories.MembershipFactory(user__email="weg@voorbeeld.nl")

    client.post(page(User, row.user_id, view="change"), {"email": "weg@voorbeeld.nl", "name": "Weg"})

    row.refresh_from_db()
    row.user.refresh_from_db()
    assert (row.user.is_active, row.user.name) == (False, "Weg")
    assert row.until is not None
    assert [verb for verb, _changes in events()] == ["membership.ended", "user.deactivated", "user.changed"]
    assert list(events()[-1][1]) == ["name"]


def test_operator_cannot_make_the_last_administrator_of_an_organisation_inactive(client, operator):
    row = factories.MembershipFactory(role="administrator", user__name="Baas")

    typed = {"email": row.user.email, "name": "Anders"}
    answer = client.post(page(User, row.user_id, view="change"), typed, follow=True)

    row.refresh_from_db()
    row.user.refresh_from_db()
    assert (row.user.is_active, row.user.name, row.until) == (True, "Baas", None)
    assert "laatste beheerder" in answer.content.decode()
    assert not AuditEvent.objects.exists()


def test_operator_gives_a_new_password(client, operator):
    person = factories.UserFactory()

    address = page(User, person.pk, view="change").replace("change/", "password/")
    password = "een lang geheim woord"
    client.post(address, {"usable_password": "true", "set-password": "", "password1": password, "password2": password})

    person.refresh_from_db()
    assert person.check_password("een lang geheim woord")
    assert events() == [("user.password_changed", {})]


def test_operator_begins_and_ends_a_membership(client, operator):
    person, organisation = factories.UserFactory(), factories.OrganisationFactory()
    added = {
        "user": person.pk,
        "organisation": organisation.pk,
        "role": "auditor",
        "since_0": "2026-01-01",
        "since_1": "09:00:00",
    }
    client.post(page(Membership, view="add"), added)
    membership = Membership.objects.get(user=person)
    twice = client.post(page(Membership, view="add"), added)
    address = page(Membership, membership.pk, view="change")
    too_early = client.post(address, {"until_0": "2025-02-01", "until_1": "09:00:00"})
    client.post(address, {"until_0": "2026-02-01", "until_1": "09:00:00", "role": "officer"})

    membership.refresh_from_db()
    assert (membership.role, membership.until.date().isoformat()) == ("auditor", "2026-02-01")
    assert list(too_early.context["adminform"].form.errors) == ["until"]
    assert twice.status_code == 302 or twice.context["adminform"].form.errors
    assert Membership.objects.count() == 1
    assert [(verb, sorted(changes)) for verb, changes in events()] == [
        ("membership.given", ["role", "since", "source", "user"]),
        ("membership.ended", ["until"]),
    ]
    assert events()[0][1]["user"] == [None, str(person)]
    assert set(AuditEvent.objects.values_list("organisation", flat=True)) == {organisation.pk}


def test_operator_cannot_end_the_role_of_the_last_administrator(client, operator):
    row = factories.MembershipFactory(role="administrator")

    answer = client.post(
        page(Membership, row.pk, view="change"), {"until_0": "2099-02-01", "until_1": "09:00:00"}, follow=True
    )

    row.refresh_from_db()
    assert row.until is None
    assert "laatste beheerder" in answer.content.decode()
    assert not AuditEvent.objects.exists()
