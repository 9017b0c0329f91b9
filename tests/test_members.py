"""The people of an organisation: who sees and arranges them, roles that begin and end, and people who leave."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, leaving, membership
from governance.models import AuditEvent, Invitation, Membership
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    user = factories.member("administrator", factories.OrganisationFactory(name="Gemeente Waterdam", slug="waterdam"))
    client.force_login(user)
    return user


@pytest.fixture
def organisation(administrator):
    return administrator.memberships.get().organisation


@pytest.fixture
def department(organisation):
    return factories.OrganisationFactory(name="Sociaal Domein", slug="sociaal", parent=organisation)


@pytest.fixture
def acting(administrator):
    with audit_trail.acting(administrator, "page"):
        yield administrator


@pytest.fixture
def held(monkeypatch):
    """Whoever leaves holds one thing in each organisation."""

    class Files:
        def held_by(self, person, organisations):
            names = organisations.order_by("name").values_list("name", flat=True)
            return [leaving.Holding(name, "Dossier", f"Dossier van {person}", name, "", None) for name in names]

        def hand_over(self, keys, to, moment, by):
            return len(keys)

    monkeypatch.setattr(leaving, "sources", [Files()])


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


# Who sees whom


def test_the_page_shows_who_has_which_role_since_when_from_here_and_from_above(client, organisation, department):
    here = factories.MembershipFactory(
        organisation=department, role="contributor", user__name="Fatima", since=timezone.now() - timedelta(days=400)
    )
    former = factories.MembershipFactory(organisation=department, user__name="Vertrokken")
    former.since, former.until = timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=1)
    former.save()
    factories.MembershipFactory(organisation=organisation, role="auditor", user__name="Van boven")
    factories.MembershipFactory(user__name="Van elders")

    html = look_at(client, reverse("members", args=["sociaal"]))

    assert "Fatima" in html and str(here.since.year) in html and here.user.email in html
    assert "Van boven" in html and "van Gemeente Waterdam, sinds" in html
    assert "Van elders" not in html
    assert "Vertrokken" not in html


def test_people_are_found_by_name_address_and_role(client, organisation):
    factories.MembershipFactory(organisation=organisation, role="auditor", user__name="Anouk")
    factories.MembershipFactory(organisation=organisation, role="reader", user__email="zeldzaam@voorbeeld.nl")

    def found(**query):
        page = client.get(reverse("members", args=[organisation.slug]), query).context["page"]
        return sorted(person.email if person.name.startswith("Persoon") else person.name for person in page)

    assert found(q="anou") == ["Anouk"]
    assert found(q="zeldzaam") == ["zeldzaam@voorbeeld.nl"]
    assert found(role="auditor") == ["Anouk"]
    assert found(q="niemand") == []


def test_number_of_queries_does_not_grow_with_the_people(
    client, organisation, django_assert_num_queries, django_assert_max_num_queries
):
    def fill(number):
        for _n in range(number):
            person = factories.MembershipFactory(organisation=organisation).user
            factories.MembershipFactory(user=person, organisation=organisation, role="auditor")
            factories.InvitationFactory(organisation=organisation, invited_by=person)

    address = reverse("members", args=[organisation.slug])
    fill(1)
    client.get(address)
    with django_assert_max_num_queries(20) as asked:
        client.get(address)
    fill(29)

    with django_assert_num_queries(len(asked)):
        assert len(client.get(address).context["page"].object_list) == 31


def test_number_of_queries_of_the_organisations_does_not_grow(
    client, organisation, django_assert_num_queries, django_assert_max_num_queries
):
    def fill(number):
        for _n in range(number):
            factories.MembershipFactory(organisation=factories.OrganisationFactory(parent=organisation))

    address = reverse("member-organisations")
    fill(1)
    with django_assert_max_num_queries(20) as asked:
        client.get(address)
    fill(29)

    with django_assert_num_queries(len(asked)):
        assert len(client.get(address).context["page"].object_list) == 31


def test_with_one_organisation_one_goes_straight_to_its_people(client, organisation):
    assert client.get(reverse("member-organisations")).url == reverse("members", args=[organisation.slug])


def addresses(organisation, row):
    slug, person = organisation.slug, row.user_id
    invitation = factories.InvitationFactory(organisation=organisation)
    return {
        reverse("members", args=[slug]): "get",
        reverse("member", args=[slug, person]): "get",
        reverse("member-access", args=[slug]): "get",
        reverse("member-invite", args=[slug]): "get",
        reverse("member-role-end", args=[slug, person, row.pk]): "post",
        reverse("member-deactivate", args=[slug, person]): "post",
        reverse("member-invitation-resend", args=[slug, invitation.pk]): "post",
        reverse("member-invitation-withdraw", args=[slug, invitation.pk]): "post",
    }


@pytest.mark.parametrize("role", ["officer", "manager", "auditor", "contributor", "reader"])
def test_other_roles_arrange_nobody(client, role):
    user = factories.member(role)
    organisation = user.memberships.get().organisation
    row = factories.MembershipFactory(organisation=organisation)
    client.force_login(user)

    answers = {path: getattr(client, method)(path).status_code for path, method in addresses(organisation, row).items()}

    assert set(answers.values()) == {403}, answers
    assert client.get(reverse("member-organisations")).status_code == 403
    assert reverse("member-organisations") not in client.get(reverse("home")).content.decode()
    row.refresh_from_db()
    assert row.until is None


@pytest.mark.parametrize("where", ["elsewhere", "above"])
def test_nobody_arranges_people_of_an_organisation_that_is_not_theirs(client, administrator, organisation, where):
    foreign = factories.OrganisationFactory()
    if where == "above":
        organisation.parent = foreign
        organisation.save()
    row = factories.MembershipFactory(organisation=foreign)

    answers = {path: getattr(client, method)(path).status_code for path, method in addresses(foreign, row).items()}

    assert set(answers.values()) == {404}, answers
    row.refresh_from_db()
    assert row.until is None


def test_the_administrator_of_the_installation_arranges_people_everywhere_and_sees_no_records(
    client, organisation, held
):
    row = factories.MembershipFactory(organisation=organisation)
    client.force_login(factories.UserFactory(is_superuser=True))
    pages = {name: reverse(name, args=[organisation.slug, row.user_id]) for name in ("member", "member-deactivate")}

    listed = look_at(client, reverse("organisations"))
    shown = [look_at(client, address) for address in pages.values()]
    answers = [
        client.get(organisation.get_absolute_url()).status_code,
        client.post(pages["member-deactivate"]).status_code,
    ]

    assert (
        reverse("members", args=[organisation.slug]) in listed and organisation.get_absolute_url() + '"' not in listed
    )
    assert [f"Dossier van {row.user}" in page for page in shown] == [False, False]
    assert answers == [404, 302]
    row.refresh_from_db()
    assert row.until is not None


def test_no_link_on_the_pages_of_people_leads_the_administrator_of_the_installation_nowhere(client, organisation):
    row = factories.MembershipFactory(organisation=organisation)
    factories.InvitationFactory(organisation=organisation)
    client.force_login(factories.UserFactory(is_superuser=True, is_staff=True))
    pages = [
        *(reverse(name, args=[organisation.slug]) for name in ("members", "member-invite", "member-access")),
        *(reverse(name, args=[organisation.slug, row.user_id]) for name in ("member", "member-deactivate")),
        reverse("member-role-end", args=[organisation.slug, row.user_id, row.pk]),
    ]

    links = {link for page in pages for link in re.findall(r'<a [^>]*href="(/[^"#?]*)', look_at(client, page))}

    assert {link: client.get(link, follow=True).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_list_of_all_organisations_costs_the_same_for_one_and_for_thirty(
    client, organisation, django_assert_num_queries
):
    client.force_login(factories.UserFactory(is_superuser=True))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("organisations"))
    factories.OrganisationFactory.create_batch(30, parent=organisation)

    with django_assert_num_queries(len(one)):
        client.get(reverse("organisations"))


def test_a_visitor_is_asked_to_log_in(client, organisation):
    row = factories.MembershipFactory(organisation=organisation)
    client.logout()

    for path, method in addresses(organisation, row).items():
        assert getattr(client, method)(path).url.startswith(reverse("account_login")), path


def test_the_two_pages_of_a_person_lead_to_each_other_for_who_may_see_the_other(client, organisation, department):
    person, below = factories.member("reader", organisation), factories.member("reader", department)
    access, work = (reverse(name, args=[organisation.slug, person.pk]) for name in ("member", "organisation-person"))
    of_below = reverse("organisation-person", args=[organisation.slug, below.pk])

    to_work, to_access = look_at(client, access), look_at(client, work)
    without_roles_here = look_at(client, of_below)
    client.force_login(person)
    seen_by_reader = look_at(client, work)

    assert work in to_work and access in to_access
    assert reverse("member", args=[organisation.slug, below.pk]) not in without_roles_here
    assert access not in seen_by_reader


def test_the_page_of_the_organisation_and_the_front_page_lead_an_administrator_to_the_people(client, organisation):
    people = reverse("members", args=[organisation.slug])

    seen = [people in look_at(client, address) for address in ("/", organisation.get_absolute_url())]
    client.force_login(factories.member("manager", organisation))
    seen_by_manager = [people in look_at(client, address) for address in ("/", organisation.get_absolute_url())]

    assert (seen, seen_by_manager) == ([True, True], [False, False])


def test_somebody_of_another_organisation_cannot_be_looked_up_by_number(client, organisation):
    foreign = factories.MembershipFactory(user__name="Van elders")

    for name in ("member", "member-deactivate"):
        assert client.get(reverse(name, args=[organisation.slug, foreign.user_id])).status_code == 404
    answer = client.post(reverse("member", args=[organisation.slug, foreign.user_id]), {"role": "reader"})
    assert answer.status_code == 404
    answer = client.post(reverse("member-role-end", args=[organisation.slug, foreign.user_id, foreign.pk]))
    assert answer.status_code == 404
    foreign.refresh_from_db()
    assert foreign.until is None


def test_the_page_of_a_person_shows_no_role_of_an_organisation_of_others(client, organisation):
    row = factories.MembershipFactory(organisation=organisation, role="reader")
    factories.MembershipFactory(user=row.user, organisation=factories.OrganisationFactory(name="Geheime Dienst"))

    html = look_at(client, reverse("member", args=[organisation.slug, row.user_id]))

    assert "Geheime Dienst" not in html


def test_administrators_read_no_algorithm_of_organisations_of_others(client, administrator):
    foreign = factories.AlgorithmFactory()

    assert client.get(reverse("algorithm", args=[foreign.pk])).status_code == 404


# Roles


def test_an_administrator_gives_a_role(client, administrator, organisation):
    person = factories.MembershipFactory(organisation=organisation, role="reader").user

    response = client.post(reverse("member", args=[organisation.slug, person.pk]), {"role": "auditor"})

    given = person.memberships.get(role="auditor")
    assert response.url == reverse("member", args=[organisation.slug, person.pk])
    assert (given.organisation, given.until, given.source) == (organisation, None, "hand")
    event = AuditEvent.objects.get()
    assert (event.verb, event.actor, event.organisation) == ("membership.given", administrator, organisation)


def test_a_role_that_somebody_has_is_not_given_twice(client, organisation):
    row = factories.MembershipFactory(organisation=organisation, role="reader")

    response = client.post(reverse("member", args=[organisation.slug, row.user_id]), {"role": "reader"})

    assert list(response.context["form"].errors) == ["role"]
    assert Membership.objects.filter(user=row.user).count() == 1


def test_a_person_who_left_is_invited_and_given_nothing(client, organisation):
    row = factories.MembershipFactory(organisation=organisation)
    client.post(reverse("member-deactivate", args=[organisation.slug, row.user_id]))

    response = client.post(reverse("member", args=[organisation.slug, row.user_id]), {"role": "reader"})

    assert response.url == reverse("member-invite", args=[organisation.slug])
    assert not Membership.objects.current().filter(user=row.user).exists()


def test_a_role_is_given_nowhere_else_and_not_to_a_closed_account(acting, organisation):
    person = factories.MembershipFactory(organisation=organisation).user
    closed = factories.MembershipFactory(organisation=organisation, user__is_active=False).user

    with pytest.raises(PermissionDenied):
        membership.give_role(person, factories.OrganisationFactory(), "reader", by=acting)
    with pytest.raises(ValidationError):
        membership.give_role(closed, organisation, "reader", by=acting)
    with pytest.raises(ValidationError):
        membership.give_role(person, organisation, "keizer", by=acting)


def test_an_administrator_ends_a_role_after_being_asked(client, organisation):
    row = factories.MembershipFactory(organisation=organisation, role="reader")
    address = reverse("member-role-end", args=[organisation.slug, row.user_id, row.pk])

    look_at(client, address)
    row.refresh_from_db()
    before = row.until
    client.post(address)
    again = client.post(address)

    row.refresh_from_db()
    assert before is None
    assert row.until <= timezone.now()
    assert again.status_code == 404
    assert events() == ["membership.ended"]


def test_a_role_from_above_is_ended_above(client, organisation, department):
    from_above = factories.MembershipFactory(organisation=organisation, role="reader")
    address = reverse("member-role-end", args=[department.slug, from_above.user_id, from_above.pk])

    assert client.post(address).status_code == 404
    assert from_above.until is None


def test_the_last_administrator_cannot_remove_themselves(client, administrator, organisation):
    row = administrator.memberships.get()

    response = client.post(reverse("member-role-end", args=[organisation.slug, administrator.pk, row.pk]), follow=True)

    row.refresh_from_db()
    assert row.until is None
    assert "laatste beheerder van Gemeente Waterdam" in response.content.decode()


def test_an_administrator_beside_another_can_leave_that_role(client, administrator, organisation):
    factories.MembershipFactory(organisation=organisation, role="administrator")
    row = administrator.memberships.get()

    response = client.post(reverse("member-role-end", args=[organisation.slug, administrator.pk, row.pk]))

    row.refresh_from_db()
    assert row.until is not None
    assert response.url == reverse("home")


@pytest.mark.parametrize("other", ["closed account", "ends already", "below"])
def test_who_does_not_count_as_another_administrator(acting, organisation, department, other):
    row = factories.MembershipFactory(
        organisation=department if other == "below" else organisation, role="administrator"
    )
    if other == "closed account":
        row.user.is_active = False
        row.user.save()
    if other == "ends already":
        row.until = timezone.now() + timedelta(days=1)
        row.save()

    with pytest.raises(ValidationError):
        membership.end_role(acting.memberships.get(), by=acting)


def test_an_administrator_below_cannot_remove_the_one_above(acting, organisation, department):
    below = factories.member("administrator", department)

    with pytest.raises(PermissionDenied):
        membership.end_role(acting.memberships.get(), by=below)


def test_the_only_administrator_of_a_part_can_go_when_there_is_one_above(acting, department):
    row = factories.MembershipFactory(organisation=department, role="administrator")

    assert membership.end_role(row, by=acting).until is not None


def test_a_role_that_follows_a_group_is_not_ended_by_hand(acting, organisation):
    row = factories.MembershipFactory(organisation=organisation, source="group")

    with pytest.raises(ValidationError):
        membership.end_role(row, by=acting)


# Leaving


def test_what_becomes_vacant_is_shown_before_and_after_somebody_leaves(client, organisation, department, held):
    row = factories.MembershipFactory(organisation=department, role="contributor", user__name="Fatima")
    address = reverse("member-deactivate", args=[department.slug, row.user_id])

    before = look_at(client, address)
    response = client.post(address)
    after = look_at(client, response.url)

    assert "Dossier van Fatima" in before and "2 onderdelen op naam van Fatima" in before
    assert response.url == reverse("member", args=[department.slug, row.user_id])
    assert "Dossier van Fatima" in after and "2 onderdelen zijn nu vacant" in after


def test_leaving_ends_every_role_in_these_organisations_and_closes_the_account(acting, organisation, department):
    row = factories.MembershipFactory(organisation=department, role="contributor")
    factories.MembershipFactory(organisation=organisation, user=row.user, role="reader", source="group")
    invitation = factories.InvitationFactory(organisation=organisation, email=row.user.email.upper())

    departure = membership.deactivate(row.user, by=acting)

    row.user.refresh_from_db()
    assert (len(departure.ended), departure.is_closed, row.user.is_active) == (2, True, False)
    assert not Membership.objects.current().filter(user=row.user).exists()
    assert not Invitation.objects.usable().filter(pk=invitation.pk).exists()
    assert events() == ["membership.ended", "membership.ended", "invitation.withdrawn", "user.deactivated"]


def test_that_a_role_from_a_group_comes_back_is_said_before_and_after(client, organisation):
    row = factories.MembershipFactory(organisation=organisation, role="reader", source="group")
    by_hand = factories.MembershipFactory(organisation=organisation, role="reader")

    def said(person):
        address = reverse("member-deactivate", args=[organisation.slug, person.pk])
        before = look_at(client, address)
        after = client.post(address, follow=True).content.decode()
        return "volgt een groep" in before, "volgt een groep" in after

    assert (said(row.user), said(by_hand.user)) == ((True, True), (False, False))


def test_roles_elsewhere_and_the_account_stay_and_nothing_tells_of_them(client, administrator, organisation):
    row = factories.MembershipFactory(organisation=organisation, role="reader", user__name="Fatima")
    elsewhere = factories.MembershipFactory(user=row.user)
    alone = factories.MembershipFactory(organisation=organisation, role="reader", user__name="Fatima")

    def leave(person):
        address = reverse("member-deactivate", args=[organisation.slug, person.pk])
        return client.post(address, follow=True).content.decode().split("<main")[1]

    told, told_of_other = leave(row.user), leave(alone.user)

    row.user.refresh_from_db()
    elsewhere.refresh_from_db()
    alone.user.refresh_from_db()
    assert (row.user.is_active, elsewhere.until, alone.user.is_active) == (True, None, False)
    assert elsewhere.organisation.name not in told
    assert "Deze rol geven" not in told + told_of_other


def test_a_membership_that_has_yet_to_begin_ends_as_well(acting, organisation):
    row = factories.MembershipFactory(organisation=organisation)
    factories.MembershipFactory(
        organisation=organisation, user=row.user, role="auditor", since=timezone.now() + timedelta(days=3)
    )

    departure = membership.deactivate(row.user, by=acting)

    assert departure.is_closed
    assert not Membership.objects.filter(user=row.user, until=None).exists()


def test_an_administrator_of_the_installation_keeps_the_account(acting, organisation):
    row = factories.MembershipFactory(organisation=organisation, user__is_superuser=True)

    assert not membership.deactivate(row.user, by=acting).is_closed


def test_nobody_takes_themselves_out_or_somebody_who_is_not_there(acting, organisation):
    with pytest.raises(ValidationError):
        membership.deactivate(acting, by=acting)
    with pytest.raises(ValidationError):
        membership.deactivate(factories.member("reader"), by=acting)
    with pytest.raises(PermissionDenied):
        membership.deactivate(acting, by=factories.member("officer", organisation))


# Closing an account


def test_closing_an_account_ends_every_role_anywhere_and_withdraws_what_invites_the_person(acting, organisation):
    row = factories.MembershipFactory(organisation=organisation)
    factories.MembershipFactory(user=row.user, role="reader", since=timezone.now() + timedelta(days=3))
    factories.InvitationFactory(email=row.user.email.upper())

    membership.close_account(row.user, by=factories.UserFactory(is_superuser=True))

    row.user.refresh_from_db()
    assert not row.user.is_active
    assert not Membership.objects.unended().filter(user=row.user).exists()
    assert not Invitation.objects.open().exists()
    assert events() == ["membership.ended", "membership.ended", "invitation.withdrawn", "user.deactivated"]


def test_the_account_of_the_last_administrator_stays_open_also_when_they_administer_a_part(acting, department):
    top = factories.member("administrator", factories.OrganisationFactory())
    part = factories.OrganisationFactory(parent=top.memberships.get().organisation)
    factories.MembershipFactory(organisation=part, user=top, role="administrator")

    with pytest.raises(ValidationError):
        membership.close_account(top, by=factories.UserFactory(is_superuser=True))

    assert Membership.objects.current().filter(user=top).count() == 2
    assert not events()


def test_an_account_is_closed_by_another_administrator_of_the_installation(acting, organisation):
    person, operator = factories.member("reader", organisation), factories.UserFactory(is_superuser=True)

    with pytest.raises(PermissionDenied):
        membership.close_account(person, by=acting)
    with pytest.raises(ValidationError):
        membership.close_account(operator, by=operator)


# Pages


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_is_well_made_in_both_languages(client, administrator, organisation, department, held, language):
    row = factories.MembershipFactory(organisation=organisation, role="reader")
    invitation = factories.InvitationFactory(organisation=organisation, expires=timezone.now())
    slug, person = organisation.slug, row.user_id

    for path in (
        reverse("member-organisations"),
        reverse("members", args=[slug]),
        reverse("members", args=[slug]) + "?q=niemand",
        reverse("members", args=[department.slug]),
        reverse("member", args=[slug, person]),
        reverse("member", args=[slug, administrator.pk]),
        reverse("member-role-end", args=[slug, person, row.pk]),
        reverse("member-deactivate", args=[slug, person]),
        reverse("member-invite", args=[slug]),
        reverse("member-invitation-withdraw", args=[slug, invitation.pk]),
        reverse("member-access", args=[slug]),
    ):
        assert look_at(client, path, language)
