"""The public values and objectives of an organisation, and what serves them."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from governance import objectives
from governance.conflict import Conflict
from governance.models import AuditEvent, Objective, Policy, PolicyVersion
from registry.registering import register, revise
from registry.views.objectives import with_counts
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def officer(client, somebody):
    client.force_login(somebody)
    return somebody


def address(name, organisation, *arguments):
    return reverse(name, args=[organisation.slug, *arguments])


def policy(organisation, *served, status="draft"):
    row = Policy.objects.create(organisation=organisation, kind="guideline", title="Beleid", slug=f"b-{len(served)}")
    PolicyVersion.objects.create(policy=row, number=1, body="Tekst.", status=status)
    row.objectives.set(served)
    return row


def test_officer_adds_revises_and_ends_a_value(client, officer, organisation):
    client.post(
        address("objective-add", organisation), {"kind": "public_value", "name": "Rust", "description": "Stil."}
    )
    value = Objective.objects.get()
    edit = address("objective-edit", organisation, value.pk)
    client.post(edit, {"kind": "objective", "name": "Rust", "description": "Stil.", "seen": 1})
    ended = client.post(address("objective-end", organisation, value.pk), {"seen": 2}, follow=True)

    value.refresh_from_db()
    assert (value.kind, value.version, value.ended is None) == ("objective", 3, False)
    assert "Rust is beëindigd." in ended.content.decode()
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", "actor", "organisation")) == [
        ("objective.added", officer.pk, organisation.pk),
        ("objective.revised", officer.pk, organisation.pk),
        ("objective.ended", officer.pk, organisation.pk),
    ]
    assert client.get(edit).status_code == 404


def test_one_name_once_as_long_as_it_has_not_ended(as_somebody, organisation):
    value = objectives.add_objective(organisation, {"name": "Rust"}, by=as_somebody)

    with pytest.raises(ValidationError, match="heeft deze al"):
        objectives.add_objective(organisation, {"name": "Rust"}, by=as_somebody)
    objectives.end_objective(value, seen=1, by=as_somebody)

    assert objectives.add_objective(organisation, {"name": "Rust"}, by=as_somebody).pk != value.pk


def test_second_writer_sees_what_stands_and_keeps_the_typing(client, officer, organisation):
    value = factories.ObjectiveFactory(organisation=organisation, name="Rust")
    edit = address("objective-edit", organisation, value.pk)
    Objective.objects.update(name="Reinheid", version=2)
    typed = {"kind": "public_value", "name": "Regelmaat", "description": "", "seen": 1}

    told = client.post(edit, typed)
    client.post(edit, typed | {"seen": told.context["form"]["seen"].value()})

    assert told.context["form"]["name"].value() == "Regelmaat"
    assert "Reinheid" in told.content.decode()
    assert Objective.objects.get().name == "Regelmaat"


def test_value_that_changed_meanwhile_is_not_ended(client, officer, organisation):
    value = factories.ObjectiveFactory(organisation=organisation, version=2)

    with pytest.raises(Conflict):
        objectives.end_objective(value, seen=1, by=officer)
    client.post(address("objective-end", organisation, value.pk), {"seen": 1})

    assert Objective.objects.get().ended is None


def test_starter_values_are_taken_over_by_choice_and_once(client, officer, organisation):
    start = address("objectives-start", organisation)

    client.post(start, {"chosen": ["privacy", "transparency"]})
    offered = client.get(start).context["form"]["chosen"].field.choices
    refused = client.post(start, {"chosen": ["privacy"]})

    assert set(Objective.objects.values_list("name", flat=True)) == {"Privacy", "Transparantie"}
    assert Objective.objects.get(name="Privacy").description.startswith("Mensen kunnen erop rekenen")
    assert {"privacy", "transparency"}.isdisjoint(code for code, _text in offered)
    assert refused.status_code == 200


def test_values_of_an_organisation_above_are_read_below_and_changed_above_only(client):
    parent = factories.OrganisationFactory(name="Gemeente Waterdam")
    department = factories.OrganisationFactory(parent=parent, kind="department")
    value = factories.ObjectiveFactory(organisation=parent, name="Rust")
    client.force_login(factories.member("officer", department))

    page = look_at(client, address("objectives", department))

    assert "Rust" in page and "Gemeente Waterdam" in page
    assert client.get(address("objective-edit", department, value.pk)).status_code == 404
    assert client.get(address("objective-edit", parent, value.pk)).status_code == 404


def test_values_of_others_are_hidden(client, officer, organisation):
    factories.ObjectiveFactory(name="Geheime waarde")
    factories.ObjectiveFactory(organisation=factories.OrganisationFactory(parent=organisation), name="Lagere waarde")

    page = look_at(client, address("objectives", organisation))
    algorithms = look_at(client, reverse("algorithms"))

    assert "Geheime waarde" not in page + algorithms
    assert "Lagere waarde" not in page
    assert "Lagere waarde" in algorithms


def test_values_are_counted_with_the_policies_and_algorithms_of_the_organisation_and_below(organisation):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    served, dropped, unserved = factories.ObjectiveFactory.create_batch(3, organisation=organisation)
    for place in (organisation, department, department):
        factories.AlgorithmFactory(organisation=place).objectives.add(served)
    policy(organisation, served)
    policy(organisation, dropped, served, status="withdrawn")

    counts = {row: (row.policy_count, row.algorithm_count) for row in with_counts(organisation)}
    below = {row: (row.policy_count, row.algorithm_count) for row in with_counts(department)}

    assert counts == {served: (1, 3), dropped: (0, 0), unserved: (0, 0)}
    assert below == {served: (1, 2), dropped: (0, 0), unserved: (0, 0)}


def test_page_tells_what_nobody_serves_and_which_algorithms_serve_none(client, officer, organisation):
    served = factories.ObjectiveFactory(organisation=organisation, name="Rust")
    factories.ObjectiveFactory(organisation=organisation, name="Reinheid")
    ended = factories.ObjectiveFactory(organisation=organisation, name="Regelmaat")
    factories.AlgorithmFactory(organisation=organisation, name="Bijdrager").objectives.add(served)
    factories.AlgorithmFactory(organisation=organisation, name="Vroeger").objectives.add(ended)
    factories.AlgorithmFactory(organisation=organisation, name="Zwerver")
    Objective.objects.filter(pk=ended.pk).update(ended=ended.created)

    page = client.get(address("objectives", organisation))
    narrowed = client.get(address("objectives", organisation) + "?served=false")
    listed = client.get(page.context["serving_none_url"])
    serving = client.get(page.context["page"][1].algorithms_url)

    assert (page.context["total"], page.context["unserved"], page.context["serving_none_count"]) == (2, 1, 2)
    assert [row.name for row in narrowed.context["page"]] == ["Reinheid"]
    assert [row.name for row in listed.context["page"]] == ["Vroeger", "Zwerver"]
    assert [row.name for row in serving.context["page"]] == ["Bijdrager"]


def test_links_to_the_list_stay_within_the_organisation(client, officer, organisation):
    elsewhere = factories.MembershipFactory(user=officer, role="officer").organisation
    factories.AlgorithmFactory(organisation=organisation, name="Hier")
    factories.AlgorithmFactory(organisation=elsewhere, name="Daar")

    listed = client.get(client.get(address("objectives", organisation)).context["serving_none_url"])

    assert [row.name for row in listed.context["page"]] == ["Hier"]


def test_algorithm_says_which_values_it_serves(client, officer, organisation):
    value = factories.ObjectiveFactory(organisation=organisation, name="Rust")
    algorithm = factories.AlgorithmFactory(organisation=organisation)
    edit = reverse("algorithm-edit", args=[algorithm.pk])
    typed = {"name": algorithm.name, "description_short": "Telt.", "objectives": [value.pk], "seen": 1}

    look_at(client, edit)
    client.post(edit, typed)

    assert list(algorithm.objectives.all()) == [value]
    assert AuditEvent.objects.get(verb="algorithm.revised").changes["objectives"] == [[], ["Rust"]]
    assert "Rust" in look_at(client, algorithm.get_absolute_url())
    assert "Rust" in look_at(client, reverse("algorithm-history", args=[algorithm.pk]))


def test_writer_of_other_values_meanwhile_is_shown_what_stands(client, officer, organisation):
    one, other = [factories.ObjectiveFactory(organisation=organisation, name=name) for name in ("Rust", "Reinheid")]
    algorithm = factories.AlgorithmFactory(organisation=organisation, version=2)
    algorithm.objectives.add(one)

    told = client.post(
        reverse("algorithm-edit", args=[algorithm.pk]),
        {"name": algorithm.name, "description_short": algorithm.description_short, "objectives": other.pk, "seen": 1},
    )

    assert ("Publieke waarden en doelstellingen", "Rust", "Reinheid") in told.context["changes"]
    assert list(algorithm.objectives.all()) == [one]


def test_algorithm_serves_no_value_of_another_organisation(client, officer, organisation):
    foreign = factories.ObjectiveFactory()
    algorithm = factories.AlgorithmFactory(organisation=organisation)

    answer = client.post(
        reverse("algorithm-edit", args=[algorithm.pk]),
        {"name": algorithm.name, "description_short": "Telt.", "objectives": [foreign.pk], "seen": 1},
    )

    assert list(answer.context["form"].errors) == ["objectives"]
    assert not algorithm.objectives.exists()


def test_verbs_refuse_the_value_of_another_and_keep_an_ended_one(as_somebody, organisation):
    own, foreign = factories.ObjectiveFactory(organisation=organisation), factories.ObjectiveFactory()
    fields = {"name": "Teller", "description_short": "Telt."}

    with pytest.raises(ValidationError):
        register(organisation, fields | {"objectives": [foreign]}, by=as_somebody)
    algorithm = register(organisation, fields | {"objectives": [own]}, by=as_somebody)
    objectives.end_objective(own, seen=1, by=as_somebody)
    revised = revise(algorithm, {"objectives": [own], "department": "Burgerzaken"}, seen=1, by=as_somebody)

    assert list(revised.objectives.all()) == [own]
    with pytest.raises(ValidationError):
        revise(factories.AlgorithmFactory(organisation=organisation), {"objectives": [own]}, seen=1, by=as_somebody)


@pytest.mark.parametrize("route", ["objectives"])
def test_number_of_queries_does_not_grow_with_the_rows(
    client, officer, organisation, django_assert_num_queries, django_assert_max_num_queries, route
):
    def fill(n):
        for value in factories.ObjectiveFactory.create_batch(n, organisation=organisation):
            factories.AlgorithmFactory(organisation=organisation).objectives.add(value)
            factories.AlgorithmFactory(organisation=organisation)

    fill(1)
    client.get(address(route, organisation))
    with django_assert_max_num_queries(30) as few:
        client.get(address(route, organisation))
    fill(29)

    with django_assert_num_queries(len(few)):
        client.get(address(route, organisation))


def test_pages_of_values_are_well_made_when_empty_and_filled(client, officer, organisation):
    pages = [address(name, organisation) for name in ("objectives", "objective-add", "objectives-start")]
    for page in pages:
        look_at(client, page)
    value = factories.ObjectiveFactory(organisation=organisation)
    factories.AlgorithmFactory(organisation=organisation)
    pages += [address(name, organisation, value.pk) for name in ("objective-edit", "objective-end")]

    for page in [*pages, address("objectives", organisation) + "?served=false"]:
        look_at(client, page, language="en")
