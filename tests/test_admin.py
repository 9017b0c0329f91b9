"""The administration pages: the rows and rights of the pages, in lists that ask a constant number of questions."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, own_items
from governance.models import (
    AuditEvent,
    CatalogueRevision,
    GroupRole,
    Invitation,
    Measure,
    Membership,
    Organisation,
    Requirement,
    User,
)
from governance.permissions import AUDIT_READERS
from registry.classifying import decide_all
from registry.models import (
    Algorithm,
    Classification,
    Compliance,
    MeasureStatus,
)
from tests import factories
from tests.every_model import fill

pytestmark = pytest.mark.django_db

MODELS = [model for app in ("governance", "registry") for model in apps.get_app_config(app).get_models()]


def page(model, *arguments, view="changelist"):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{view}", args=arguments)


def shown(client, model, query=""):
    """The rows on a list, whatever their order."""
    answer = client.get(page(model) + query)
    assert answer.status_code == 200
    return set(answer.context["cl"].result_list)


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("verb", "changes"))


@pytest.fixture
def officer(client):
    """An officer who may open the administration pages, logged in."""
    user = factories.member("officer")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def organisation(officer):
    return officer.memberships.get().organisation


@pytest.fixture
def operator(client):
    """The administrator of the installation, a member of nothing, logged in."""
    user = factories.UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def log_in_as(client, role, organisation):
    user = factories.member(role, organisation)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    return user


# Every model


def test_every_model_of_both_apps_is_there():
    assert [model for model in MODELS if not admin.site.is_registered(model)] == []
    assert not admin.site.is_registered(Group)


def test_number_of_queries_of_a_list_does_not_grow_with_the_rows(
    client, officer, organisation, django_assert_max_num_queries, django_assert_num_queries
):
    User.objects.filter(pk=officer.pk).update(is_superuser=True)
    factories.LawFactory(slug="aia")
    fill(organisation, officer, [0])
    numbers = {}
    for model in MODELS:
        client.get(page(model))
        with django_assert_max_num_queries(120) as asked:
            assert client.get(page(model)).status_code == 200, model
        numbers[model] = len(asked)

    fill(organisation, officer, range(1, 30))

    for model, number in numbers.items():
        with django_assert_num_queries(number):
            answer = client.get(page(model))
        assert len(answer.context["cl"].result_list) >= 30, model


def test_every_row_opens_and_every_list_can_be_searched(client, officer, organisation):
    User.objects.filter(pk=officer.pk).update(is_superuser=True)
    fill(organisation, officer, [0])

    for model in MODELS:
        rows = shown(client, model)
        assert rows, model
        for row in rows:
            assert client.get(page(model, row.pk, view="change")).status_code == 200, model
        assert admin.site.get_model_admin(model).search_fields, model
        assert shown(client, model, "?q=bestaat-niet") == set(), model


def test_nothing_can_be_deleted(client, officer, organisation):
    User.objects.filter(pk=officer.pk).update(is_superuser=True)
    fill(organisation, officer, [0])

    for model in MODELS:
        row = shown(client, model).pop()
        assert client.post(page(model, row.pk, view="delete"), {"post": "yes"}).status_code == 403, model
        client.post(page(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
        assert model.objects.filter(pk=row.pk).exists(), model


def test_rows_of_others_are_hidden(client, officer, organisation):
    other = factories.member("officer")
    fill(other.memberships.get().organisation, other, [0])

    hidden = [
        model
        for model in MODELS
        if any(field.name in ("organisation", "algorithm") for field in model._meta.fields) or model is Organisation
    ]
    assert {Algorithm, Requirement, Membership, AuditEvent, Classification, MeasureStatus} <= set(hidden)
    for model in (Invitation, GroupRole):  # no officer's business at all
        hidden.remove(model)
        assert client.get(page(model)).status_code == 403, model
    for model in [*hidden, CatalogueRevision, apps.get_model("governance.AxisValue")]:
        row = model.objects.exclude(pk__in=[organisation.pk] if model is Organisation else []).first()
        if model is Membership:
            row = other.memberships.get()
        assert row not in shown(client, model), model
        assert client.get(page(model, row.pk, view="change")).status_code == 302, model


def test_filters_do_not_name_what_is_hidden(client, officer, organisation):
    hidden = factories.OrganisationFactory(name="Geheime Dienst")
    factories.OrganisationFactory(name="Onze Dienst", parent=organisation)
    factories.AlgorithmFactory(organisation=hidden)
    factories.AlgorithmFactory(organisation=organisation)
    for model in (Algorithm, Requirement, Measure, Membership, AuditEvent, Compliance):
        text = client.get(page(model)).content.decode()
        assert "Geheime Dienst" not in text, model
    assert "Onze Dienst" in client.get(page(Algorithm)).content.decode()


def test_autocomplete_offers_visible_rows_only(client, officer, organisation):
    factories.RequirementFactory(title_nl="Van het kader")
    factories.RequirementFactory(title_nl="Van hier", organisation=organisation)
    factories.RequirementFactory(title_nl="Van elders", organisation=factories.OrganisationFactory())

    answer = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "governance", "model_name": "measure", "field_name": "requirements", "term": "van"},
    ).json()

    assert sorted(row["text"].split(" ", 1)[1] for row in answer["results"]) == ["Van het kader", "Van hier"]


@pytest.mark.parametrize("role", ["officer", None])
def test_only_staff_enters(client, role):
    client.force_login(factories.member(role) if role else factories.UserFactory(is_superuser=True))

    assert client.get(reverse("admin:index")).status_code == 302


def test_operator_sees_no_organisations_records(client, operator):
    factories.AlgorithmFactory()

    assert client.get(page(Algorithm)).status_code == 403
    assert client.get(page(AuditEvent)).status_code == 200
    assert client.get(reverse("admin:index")).status_code == 200


def test_who_only_reads_can_change_nothing(client, officer, organisation):
    algorithm = factories.AlgorithmFactory(organisation=organisation)
    own = factories.RequirementFactory(organisation=organisation)
    log_in_as(client, "auditor", organisation)

    for row in (algorithm, own):
        address = page(type(row), row.pk, view="change")
        assert client.get(address).status_code == 200
        assert client.post(address, {"name": "anders", "title_nl": "anders"}).status_code == 403
        assert client.get(page(type(row), view="add")).status_code == 403


# The audit trail


def test_trail_is_shown_to_who_may_read_it_in_that_organisation(client):
    here, elsewhere = factories.OrganisationFactory(), factories.OrganisationFactory()
    reader = log_in_as(client, "auditor", here)
    factories.MembershipFactory(user=reader, organisation=elsewhere, role="reader")
    with audit_trail.acting(None, "command"):
        seen = audit_trail.record("algorithm.seen", factories.AlgorithmFactory(organisation=here))
        hidden = audit_trail.record("algorithm.seen", factories.AlgorithmFactory(organisation=elsewhere))
        installation = audit_trail.record("user.added", reader)

    assert shown(client, AuditEvent) == {seen}
    for event in (hidden, installation):
        assert client.get(page(AuditEvent, event.pk, view="change")).status_code == 302


@pytest.mark.parametrize("role", Membership.Role.values)
def test_the_history_of_a_record_is_for_its_readers_and_the_trail_for_who_reads_the_trail(client, role):
    """The rows, the right and the table say the same."""
    algorithm = factories.AlgorithmFactory()
    person = factories.member(role, algorithm.organisation)
    with audit_trail.acting(None, "command"):
        event = audit_trail.record("algorithm.revised", algorithm)
    client.force_login(person)

    reads_trail = role in AUDIT_READERS

    assert AuditEvent.objects.visible_to(person).exists() == reads_trail
    assert person.has_perm("governance.view_auditevent", event) == reads_trail
    history = client.get(reverse("algorithm-history", args=[algorithm.pk]))
    assert list(history.context["page"]) == [event]
    assert [event.about for event in client.get(reverse("home")).context["recent"]] == [algorithm]


def test_operator_reads_what_belongs_to_no_organisation(client, operator):
    with audit_trail.acting(None, "command"):
        installation = audit_trail.record("user.added", operator)
        audit_trail.record("algorithm.seen", factories.AlgorithmFactory())

    assert shown(client, AuditEvent) == {installation}
    assert client.get(page(AuditEvent, installation.pk, view="change")).status_code == 200


def test_officer_changes_no_organisation_person_or_membership(client, officer, organisation):
    for model, row in ((Organisation, organisation), (Membership, officer.memberships.get())):
        assert client.get(page(model, view="add")).status_code == 403
        assert client.post(page(model, row.pk, view="change"), {}).status_code == 403
    assert client.get(page(User)).status_code == 403


# An organisation's own requirements and measures


def test_officer_adds_an_own_requirement_with_a_number_of_the_organisation(client, officer, organisation):
    topic = factories.TopicFactory()
    fields = {
        "organisation": organisation.pk,
        "title_nl": "Meld elk algoritme",
        "sources": '[{"title_nl": "Raadsbesluit", "url": "https://example.org/besluit"}]',
        "topics": [topic.pk],
        "facts": ["personal_data"],
    }

    client.post(page(Requirement, view="add"), fields)
    client.post(page(Requirement, view="add"), fields | {"title_nl": "Nog een"})

    slug = organisation.slug
    first, second = Requirement.objects.order_by("urn")
    assert [first.urn, second.urn] == [f"urn:nl:{slug}:ver:01", f"urn:nl:{slug}:ver:02"]
    assert (first.title_nl, first.facts, list(first.topics.all())) == ("Meld elk algoritme", ["personal_data"], [topic])
    assert [verb for verb, _changes in events()] == ["requirement.added", "requirement.added"]


@pytest.mark.parametrize(
    ("sources", "is_refused"),
    [
        ('[{"title_nl": "Besluit", "url": "javascript:alert(1)"}]', True),
        ('[{"url": "https://example.org/"}]', True),
        ('{"title_nl": "Besluit"}', True),
        ('[{"title_nl": "Besluit"}]', False),
    ],
)
def test_sources_are_titles_with_web_addresses(client, officer, organisation, sources, is_refused):
    answer = client.post(
        page(Requirement, view="add"), {"organisation": organisation.pk, "title_nl": "Meld", "sources": sources}
    )

    assert Requirement.objects.exists() is not is_refused
    if is_refused:
        assert list(answer.context["adminform"].form.errors) == ["sources"]


def test_own_item_needs_an_organisation_in_which_one_registers(client, officer):
    elsewhere = factories.OrganisationFactory()
    factories.MembershipFactory(user=officer, organisation=elsewhere, role="reader")

    for value in ("", elsewhere.pk):
        answer = client.post(
            page(Requirement, view="add"), {"organisation": value, "title_nl": "Meld", "sources": "[]"}
        )
        assert list(answer.context["adminform"].form.errors) == ["organisation"]
    assert not Requirement.objects.exists()


def test_own_item_is_revised_and_the_framework_is_not(client, officer, organisation):
    with audit_trail.acting(officer, "command"):
        own = own_items.add_measure(organisation, {"title_nl": "Oud"}, officer)
    framework = factories.MeasureFactory()
    duty = factories.RequirementFactory()
    fields = {"title_nl": "Nieuw", "sources": "[]", "requirements": [duty.pk], "seen": 1}

    client.post(page(Measure, own.pk, view="change"), fields)
    refused = client.post(page(Measure, framework.pk, view="change"), fields)

    own.refresh_from_db()
    assert (own.title_nl, own.revision, list(own.requirements.all())) == ("Nieuw", 2, [duty])
    assert refused.status_code == 403
    (verb, changes), *further = events()[1:]
    assert (verb, sorted(changes), changes["title_nl"]) == (
        "measure.revised",
        ["requirements", "title_nl"],
        ["Oud", "Nieuw"],
    )
    assert further == []


def test_own_measure_serves_no_requirement_of_another_organisation(client, officer, organisation):
    below = factories.OrganisationFactory(parent=organisation)
    foreign = factories.RequirementFactory(organisation=below)
    hidden = factories.RequirementFactory(organisation=factories.OrganisationFactory())

    for requirement in (foreign, hidden):
        answer = client.post(
            page(Measure, view="add"),
            {"organisation": organisation.pk, "title_nl": "Doe", "sources": "[]", "requirements": [requirement.pk]},
        )
        assert list(answer.context["adminform"].form.errors) == ["requirements"]
    assert not Measure.objects.exists()


def test_withdrawn_own_item_can_be_read_only(client, officer, organisation):
    own = factories.MeasureFactory(organisation=organisation, withdrawn_on=timezone.now())

    assert client.get(page(Measure, own.pk, view="change")).status_code == 200
    assert client.post(page(Measure, own.pk, view="change"), {"title_nl": "Anders"}).status_code == 403


# Algorithms


def form_of(answer):
    """What the browser would send back from a change page, unchanged."""
    form = answer.context["adminform"].form
    return {name: value for name in form.fields if (value := form[name].value()) not in (None, "", [])}


@pytest.fixture
def algorithm(organisation):
    """An algorithm as it stands after registering, of which the audit trail holds nothing yet."""
    row = factories.AlgorithmFactory(
        organisation=organisation, name="Parkeercontrole", description_short="Stelt boetes voor."
    )
    decide_all([row])
    return row


def test_officer_registers_an_algorithm(client, officer, organisation):
    phase = factories.PhaseFactory(number=3)

    client.post(
        page(Algorithm, view="add"),
        {
            "name": "Parkeercontrole",
            "description_short": "Stelt boetes voor.",
            "organisation": organisation.pk,
            "phase": phase.pk,
            "contact_email": "algoritmen@voorbeeld.nl",
        },
    )

    row = Algorithm.objects.get()
    assert (row.name, row.phase, row.created_by, row.version) == ("Parkeercontrole", phase, officer, 1)
    assert Compliance.objects.filter(algorithm=row).exists()
    assert [verb for verb, _changes in events()] == ["algorithm.registered"]


def test_officer_revises_an_algorithm_but_not_what_decisions_change(client, algorithm):
    address = page(Algorithm, algorithm.pk, view="change")
    phase = factories.PhaseFactory(number=3)

    answer = client.post(
        address, form_of(client.get(address)) | {"name": "Anders", "themes": ["Verkeer"], "phase": phase.pk}
    )

    algorithm.refresh_from_db()
    assert answer.status_code == 302
    assert (algorithm.name, algorithm.version, algorithm.phase) == ("Anders", 2, None)
    assert events() == [
        (
            "algorithm.revised",
            {"name": ["Parkeercontrole", "Anders"], "themes": [[], ["Verkeer"]]},
        )
    ]


def test_second_writer_is_told_what_changed_and_keeps_the_typing(client, algorithm):
    address = page(Algorithm, algorithm.pk, view="change")
    typed = form_of(client.get(address)) | {"name": "Van mij"}
    Algorithm.objects.filter(pk=algorithm.pk).update(name="Van een ander", version=2)

    told = client.post(address, typed)

    form = told.context["adminform"].form
    assert form["name"].value() == "Van mij"
    assert "Van een ander" in str(form.errors["name"])
    assert Algorithm.objects.get().name == "Van een ander"
    client.post(address, form_of(told))
    assert (Algorithm.objects.get().name, Algorithm.objects.get().version) == ("Van mij", 3)


def test_source_id_of_another_algorithm_is_refused_beside_the_form(client, algorithm, organisation):
    factories.AlgorithmFactory(organisation=organisation, source_id="A1")
    address = page(Algorithm, algorithm.pk, view="change")

    answer = client.post(address, form_of(client.get(address)) | {"source_id": "A1"})

    assert list(answer.context["adminform"].form.errors) == ["source_id"]


def test_lists_filter_by_date_and_choice(client, officer, organisation):
    new = factories.AlgorithmFactory(organisation=organisation, status="In gebruik")
    old = factories.AlgorithmFactory(organisation=organisation, created=timezone.now() - timedelta(days=800))

    assert shown(client, Algorithm) == {new, old}
    assert shown(client, Algorithm, "?status=In+gebruik") == {new}
    assert shown(client, Algorithm, f"?created__year={old.created.year}") == {old}
    assert shown(client, Algorithm, f"?organisation__id__exact={organisation.pk}") == {new, old}


@pytest.mark.parametrize("kind", ["topic", "lifecyclephase", "discipline", "law", "auditframework"])
def test_what_groups_the_catalogue_can_be_filtered_on_what_is_not_filled_in(admin_client, kind):
    model = apps.get_model("governance", kind)
    fields = {"number": 4} if kind == "lifecyclephase" else {}
    model.objects.create(slug="met", title_nl="Met", body_nl="Tekst.", **fields)
    fields = {"number": 5} if kind == "lifecyclephase" else {}
    model.objects.create(slug="zonder", title_nl="Zonder", **fields)

    shown = admin_client.get(reverse(f"admin:governance_{kind}_changelist"), {"body_nl__isempty": "1"})

    assert [row.slug for row in shown.context["cl"].queryset] == ["zonder"]
