"""An organisation's own requirements and measures: adding, changing and withdrawing them."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from governance import own_items
from governance.models import AuditEvent, CatalogueRevision, Measure, Organisation, Requirement
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

HIDDEN = "Alleen voor de eigen organisatie"


@pytest.fixture
def hooked(monkeypatch):
    """What was told to those who want to know of changes."""
    told = []
    monkeypatch.setattr(own_items, "after_change", [told.append])
    return told


def officer():
    return factories.member("officer", factories.OrganisationFactory(slug="waterdam", name="Gemeente Waterdam"))


def typed(**fields):
    return {"title_nl": "Jaarverslag", "summary_nl": "Elk jaar een verslag.", **fields}


def test_an_officer_adds_an_own_requirement(client, hooked):
    user = officer()
    organisation = Organisation.objects.get()
    topic = factories.TopicFactory()
    client.force_login(user)

    response = client.post(
        reverse("requirement-add"),
        typed(
            organisation=organisation.pk,
            facts=["personal_data"],
            topics=[topic.pk],
            sources="Raadsbesluit 12 https://waterdam.example/12\nBrief van het college",
        ),
    )

    item = Requirement.objects.get()
    assert (response.status_code, response.url) == (302, item.get_absolute_url())
    assert (item.urn, item.slug, item.revision) == ("urn:nl:waterdam:ver:01", "waterdam-ver-01", 1)
    assert (item.organisation, item.facts, list(item.topics.all())) == (organisation, ["personal_data"], [topic])
    assert item.sources == [
        {"title_nl": "Raadsbesluit 12", "url": "https://waterdam.example/12"},
        {"title_nl": "Brief van het college", "url": None},
    ]
    assert not item.axis_values.exists()
    event = AuditEvent.objects.get(verb="requirement.added")
    assert (event.actor, event.organisation, event.channel) == (user, organisation, "page")
    assert hooked == [item]


def test_own_items_are_numbered_per_organisation_and_kind(as_somebody):
    organisation = as_somebody.memberships.get().organisation
    organisation.slug = "waterdam"
    organisation.save()

    items = [
        own_items.add_requirement(organisation, {"title_nl": "Een"}, as_somebody),
        own_items.add_requirement(organisation, {"title_nl": "Twee"}, as_somebody),
        own_items.add_measure(organisation, {"title_nl": "Drie"}, as_somebody),
    ]

    assert [(item.urn, item.slug) for item in items] == [
        ("urn:nl:waterdam:ver:01", "waterdam-ver-01"),
        ("urn:nl:waterdam:ver:02", "waterdam-ver-02"),
        ("urn:nl:waterdam:mtr:01", "waterdam-mtr-01"),
    ]


def test_an_own_measure_serves_requirements_of_the_framework_and_of_its_own_organisation(client):
    user = officer()
    organisation = Organisation.objects.get()
    framework, own = factories.RequirementFactory(), factories.RequirementFactory(organisation=organisation)
    client.force_login(user)

    client.post(reverse("measure-add"), typed(organisation=organisation.pk, requirements=[framework.pk, own.pk]))

    assert set(Measure.objects.get().requirements.all()) == {framework, own}


def test_an_own_measure_cannot_serve_a_requirement_of_another_organisation(client):
    user = officer()
    foreign = factories.RequirementFactory(organisation=factories.OrganisationFactory(), title_nl=HIDDEN)
    client.force_login(user)

    offered = look_at(client, reverse("measure-add"))
    response = client.post(
        reverse("measure-add"), typed(organisation=user.memberships.get().organisation.pk, requirements=[foreign.pk])
    )

    assert HIDDEN not in offered
    assert list(response.context["form"].errors) == ["requirements"]
    assert not Measure.objects.exists()


def test_of_two_organisations_of_one_person_neither_serves_the_others_requirement(client):
    user = officer()
    other = factories.MembershipFactory(user=user, role="officer").organisation
    requirement = factories.RequirementFactory(organisation=other)
    client.force_login(user)

    response = client.post(
        reverse("measure-add"),
        typed(organisation=Organisation.objects.get(slug="waterdam").pk, requirements=[requirement.pk]),
    )

    assert list(response.context["form"].errors) == ["requirements"]
    assert not Measure.objects.exists()


def test_a_change_makes_a_new_revision_and_keeps_the_old_text(client, hooked):
    user = officer()
    item = factories.RequirementFactory(
        organisation=Organisation.objects.get(), title_nl="Oud", summary_nl="Tekst.", phases=[2]
    )
    phase, law = item.phases.get(), item.law
    client.force_login(user)

    response = client.post(
        reverse("requirement-edit", args=[item.slug]),
        typed(title_nl="Nieuw", summary_nl="Tekst.", phases=[phase.pk], law=law.pk, seen=1),
    )

    item.refresh_from_db()
    assert (response.status_code, item.title_nl, item.revision) == (302, "Nieuw", 2)
    kept = CatalogueRevision.objects.get(urn=item.urn, number=1)
    assert (kept.content["title_nl"], kept.content["phases"], kept.content["law"]) == ("Oud", [phase.slug], "aia")
    event = AuditEvent.objects.get(verb="requirement.revised")
    assert (event.actor, event.changes) == (user, {"title_nl": ["Oud", "Nieuw"]})
    assert hooked == [item]


def test_saving_without_a_change_records_nothing(client, hooked):
    user = officer()
    item = factories.MeasureFactory(organisation=Organisation.objects.get(), summary_nl="Tekst.", phases=[])
    client.force_login(user)

    client.post(reverse("measure-edit", args=[item.slug]), typed(title_nl=item.title_nl, summary_nl="Tekst.", seen=1))

    item.refresh_from_db()
    assert item.revision == 1
    assert (CatalogueRevision.objects.count(), AuditEvent.objects.count(), hooked) == (0, 0, [])


def test_of_two_people_who_change_one_item_the_second_is_told_and_loses_no_typing(client):
    user = officer()
    item = factories.MeasureFactory(
        organisation=Organisation.objects.get(), title_nl="Van de ander", phases=[], revision=2
    )
    client.force_login(user)
    address = reverse("measure-edit", args=[item.slug])

    refused = client.post(address, typed(title_nl="Van mij", seen=1))
    html = refused.content.decode()
    again = client.post(address, typed(title_nl="Van mij", seen=2))

    assert "Van de ander" in html and 'value="Van mij"' in html and 'name="seen" value="2"' in html
    item.refresh_from_db()
    assert (again.status_code, item.title_nl, item.revision) == (302, "Van mij", 3)


def test_a_measure_keeps_its_link_to_a_requirement_that_was_withdrawn_since(client):
    user = officer()
    requirement = factories.RequirementFactory(withdrawn_on=timezone.now())
    item = factories.MeasureFactory(organisation=Organisation.objects.get(), requirements=[requirement], phases=[])
    client.force_login(user)

    client.post(reverse("measure-edit", args=[item.slug]), typed(requirements=[requirement.pk], seen=1))

    assert list(item.requirements.all()) == [requirement]


def test_a_withdrawn_own_item_is_kept_and_cannot_be_changed_any_more(client, hooked):
    user = officer()
    item = factories.MeasureFactory(organisation=Organisation.objects.get())
    client.force_login(user)

    asked = look_at(client, reverse("measure-withdraw", args=[item.slug]))
    client.post(reverse("measure-withdraw", args=[item.slug]))

    item.refresh_from_db()
    assert "<form" in asked
    assert (item.is_withdrawn, item.revision, hooked) == (True, 2, [item])
    assert AuditEvent.objects.about(item).get().verb == "measure.withdrawn"
    assert "<strong>" in look_at(client, item.get_absolute_url())
    assert client.get(reverse("measure-edit", args=[item.slug])).status_code == 404
    with pytest.raises(ValidationError):
        own_items.revise_item(item, {"title_nl": "Toch"}, user)


def test_an_item_of_the_framework_cannot_be_changed_by_hand(client):
    user = officer()
    item = factories.RequirementFactory()
    client.force_login(user)

    assert client.get(reverse("requirement-edit", args=[item.slug])).status_code == 403
    assert client.post(reverse("requirement-withdraw", args=[item.slug])).status_code == 403
    with pytest.raises(ValidationError):
        own_items.revise_item(item, {"title_nl": "Van ons"}, user)


@pytest.mark.parametrize("role", ["officer", "manager", "auditor", "contributor", "reader", "administrator"])
def test_officers_and_managers_add_and_change_own_items_and_nobody_else(client, role):
    organisation = factories.OrganisationFactory(slug="waterdam")
    item = factories.MeasureFactory(organisation=organisation)
    client.force_login(factories.member(role, organisation))

    answers = [
        client.get(address).status_code
        for address in (
            reverse("requirement-add"),
            reverse("measure-add"),
            reverse("measure-edit", args=[item.slug]),
            reverse("measure-withdraw", args=[item.slug]),
        )
    ]
    offered = reverse("measure-edit", args=[item.slug]) in look_at(client, item.get_absolute_url())

    may = role in ("officer", "manager")
    assert (answers, offered) == ([200 if may else 403] * 4, may)


def test_an_outsider_cannot_find_an_own_item_to_change_and_a_visitor_is_asked_to_log_in(client):
    item = factories.MeasureFactory(organisation=factories.OrganisationFactory())
    addresses = [reverse(name, args=[item.slug]) for name in ("measure-edit", "measure-withdraw")]

    visited = [client.post(address) for address in addresses]
    client.force_login(factories.member("officer"))
    outside = [client.post(address).status_code for address in addresses]

    assert [response.url.split("?")[0] for response in visited] == [reverse("account_login")] * 2
    assert outside == [404, 404]
    item.refresh_from_db()
    assert (item.revision, item.is_withdrawn) == (1, False)


def test_nobody_adds_an_item_to_an_organisation_of_others(client):
    user = officer()
    foreign = factories.OrganisationFactory()
    client.force_login(user)

    response = client.post(reverse("requirement-add"), typed(organisation=foreign.pk))

    assert list(response.context["form"].errors) == ["organisation"]
    with pytest.raises(PermissionDenied):
        own_items.add_requirement(foreign, {"title_nl": "Van ons"}, user)
    assert not Requirement.objects.exists()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title_nl": ""}, "title_nl"),
        ({"title_nl": "x" * 401}, "title_nl"),
        ({"summary_nl": ""}, "summary_nl"),
        ({"facts": ["bestaat-niet"]}, "facts"),
        ({"effective_from": "31-02-2027"}, "effective_from"),
        ({"sources": "Raadsbesluit 12\nBrief https://x"}, "sources"),
    ],
)
def test_what_is_not_right_is_said_beside_the_field_and_nothing_is_saved(client, fields, wrong):
    user = officer()
    client.force_login(user)

    response = client.post(
        reverse("requirement-add"), typed(organisation=user.memberships.get().organisation.pk, **fields)
    )

    assert list(response.context["form"].errors) == [wrong]
    assert not Requirement.objects.exists()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", ["requirement-add", "measure-add"])
def test_the_forms_are_well_made_pages(client, name, language):
    client.force_login(officer())
    factories.RequirementFactory()

    assert look_at(client, reverse(name), language)
