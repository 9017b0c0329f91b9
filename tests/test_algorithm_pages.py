"""The register's pages: who sees which algorithms, registering, describing, the front page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from governance import audit_trail
from governance.models import AuditEvent
from governance.timeline import changed_fields
from registry.models import Algorithm
from registry.registering import register, revise
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client, somebody):
    client.force_login(somebody)
    return somebody


@pytest.fixture
def organisation(officer):
    return officer.memberships.get().organisation


def registered(organisation, **fields):
    with audit_trail.acting(None, "command"):
        return register(organisation, {"name": "Ordenen", "description_short": "Ordent meldingen."} | fields, by=None)


REGISTRATION = {
    "name": "Meldingen openbare ruimte ordenen",
    "description_short": "Leest meldingen en kiest de juiste afdeling.",
    "contact_email": "algoritmes@voorbeeld.nl",
}


def test_one_short_form_registers_an_algorithm(client, organisation, officer):
    phase = factories.PhaseFactory(number=3)

    answer = client.post(reverse("algorithm-add"), REGISTRATION | {"organisation": organisation.pk, "phase": phase.pk})

    algorithm = Algorithm.objects.get()
    assert answer.url == algorithm.get_absolute_url()
    assert (algorithm.name, algorithm.organisation, algorithm.created_by) == (
        REGISTRATION["name"],
        organisation,
        officer,
    )


def test_what_was_typed_is_still_there_after_a_mistake(client, organisation):
    answer = client.post(reverse("algorithm-add"), REGISTRATION | {"name": ""})

    assert REGISTRATION["description_short"] in answer.content.decode()
    assert not Algorithm.objects.exists()


def test_an_algorithm_cannot_be_registered_in_an_organisation_of_others(client, officer):
    elsewhere, phase = factories.OrganisationFactory(), factories.PhaseFactory()

    client.post(reverse("algorithm-add"), REGISTRATION | {"organisation": elsewhere.pk, "phase": phase.pk})

    assert not Algorithm.objects.exists()


def test_the_list_shows_the_algorithms_of_ones_own_organisations_only(client, organisation):
    registered(organisation, name="Van ons")
    registered(factories.OrganisationFactory(), name="Van anderen")

    page = client.get(reverse("algorithms")).content.decode()

    assert ("Van ons" in page, "Van anderen" in page) == (True, False)


@pytest.mark.parametrize("query", ["organisation=nergens", "sort=size", "overdue=banana", "phase=x"])
def test_a_filter_that_makes_no_sense_is_an_error_above_an_empty_list(client, organisation, query):
    registered(organisation)

    answer = client.get(f"{reverse('algorithms')}?{query}")

    assert list(answer.context["filter"].errors) == [query.split("=")[0]]
    assert list(answer.context["page"]) == []
    assert answer.context["filter"].is_filtered


def test_rights_flow_down_the_tree_and_not_up(client, organisation):
    department = factories.OrganisationFactory(parent=organisation)
    below = registered(department, name="Van de afdeling")
    member_of_department = factories.member("officer", department)
    above = registered(organisation, name="Van de gemeente")

    seen_from_above = client.get(below.get_absolute_url()).status_code
    client.force_login(member_of_department)
    seen_from_below = client.get(above.get_absolute_url()).status_code

    assert (seen_from_above, seen_from_below) == (200, 404)


@pytest.mark.parametrize(
    "page",
    ["algorithm", "algorithm-history", "classification", "algorithm-requirements", "algorithm-measures",
     "algorithm-edit", "decision-aid", "decision-aid-facts"],
)  # fmt: skip
def test_every_page_of_a_hidden_algorithm_does_not_exist(client, officer, page):
    hidden = registered(factories.OrganisationFactory())

    assert client.get(reverse(page, args=[hidden.pk])).status_code == 404


@pytest.mark.parametrize("page", ["algorithm-add", "algorithms"])
def test_who_is_not_logged_in_is_asked_to(client, db, page):
    answer = client.get(reverse(page))

    assert answer.url == f"{reverse('account_login')}?next={reverse(page)}"


@pytest.mark.parametrize("role", ["reader", "auditor", "contributor", "administrator"])
def test_only_officers_and_managers_register_describe_and_classify(client, role):
    person = factories.member(role)
    organisation = person.memberships.get().organisation
    algorithm = registered(organisation)
    client.force_login(person)

    answers = [client.get(algorithm.get_absolute_url()).status_code]
    answers += [
        client.get(address).status_code
        for address in (
            reverse("algorithm-add"),
            reverse("algorithm-edit", args=[algorithm.pk]),
            reverse("decision-aid", args=[algorithm.pk]),
        )
    ]

    assert answers == [200, 403, 403, 403]


def form_of(answer):
    """What a browser would send of a form that nobody touched."""
    form = answer.context["form"]
    data = {}
    for field in form:
        value = field.value()
        if value not in (None, ""):
            data[field.html_name] = value
    return data


def test_a_description_is_saved(client, organisation):
    algorithm = registered(organisation)
    address = reverse("algorithm-edit", args=[algorithm.pk])
    data = form_of(client.get(address))

    client.post(
        address,
        data
        | {
            "goal": "Sneller helpen",
            "themes": ["Verkeer"],
            "lawful_basis_grouping": "Wegenverkeerswet https://wetten.overheid.nl/BWBR0006622\nAwb",
        },
    )

    algorithm.refresh_from_db()
    assert (algorithm.goal, [t.theme for t in algorithm.themes.all()], algorithm.lawful_basis_grouping) == (
        "Sneller helpen",
        ["Verkeer"],
        [
            {"title": "Wegenverkeerswet", "link": "https://wetten.overheid.nl/BWBR0006622"},
            {"title": "Awb", "link": None},
        ],
    )


def test_who_saves_second_is_shown_both_texts_and_loses_no_typing(client, organisation, officer):
    algorithm = registered(organisation)
    address = reverse("algorithm-edit", args=[algorithm.pk])
    data = form_of(client.get(address))
    with audit_trail.acting(None, "command"):
        revise(algorithm, {"goal": "Tekst van een ander"}, seen=1, by=None)

    second = client.post(address, data | {"goal": "Mijn tekst"})
    page = second.content.decode()
    client.post(address, form_of(second))

    algorithm.refresh_from_db()
    assert ("Tekst van een ander" in page, "Mijn tekst" in page) == (True, True)
    assert algorithm.goal == "Mijn tekst"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("begin_date", "maart 2024"),
        ("source_data_grouping", "Titel javascript:alert(1)"),
        ("end_date", "1999-13"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_beside_its_field(client, organisation, field, value):
    algorithm = registered(organisation)
    address = reverse("algorithm-edit", args=[algorithm.pk])

    answer = client.post(address, form_of(client.get(address)) | {field: value})

    assert list(answer.context["form"].errors) == [field]


def test_texts_of_people_are_shown_safely(client, organisation):
    algorithm = registered(
        organisation,
        goal="<p>Goed</p><script>alert(1)</script>",
        website="javascript:alert(1)",
        name="<b>Naam</b>",
    )

    page = client.get(algorithm.get_absolute_url()).content.decode()

    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<b>Naam</b>" not in page


def test_links_are_shown_with_and_without_an_address(client, organisation):
    algorithm = registered(
        organisation,
        lawful_basis_grouping=[
            {"title": "Wegenverkeerswet", "link": "https://wetten.overheid.nl/BWBR0006622"},
            {"title": "Awb", "link": None},
        ],
    )

    page = client.get(algorithm.get_absolute_url()).content.decode()

    assert (
        '<a href="https://wetten.overheid.nl/BWBR0006622" rel="noopener noreferrer nofollow">Wegenverkeerswet</a>'
        in page
    )
    assert "<li>Awb</li>" in page


def test_what_is_not_filled_in_is_left_out_of_the_description(client, organisation):
    algorithm = registered(organisation, goal="Sneller helpen", provider="Een bedrijf")

    description = client.get(algorithm.get_absolute_url()).context["description"]

    shown = [value for _title, rows in description for _label, value in rows]
    assert sorted(shown) == ["Een bedrijf", "Sneller helpen"]


@pytest.mark.parametrize("page", ["home", "algorithms"])
def test_a_page_costs_the_same_however_many_algorithms_there_are(client, organisation, page):
    registered(organisation)

    with CaptureQueriesContext(connection) as one:
        client.get(reverse(page))
    for number in range(29):
        registered(organisation, name=f"Nog een {number}")
    with CaptureQueriesContext(connection) as thirty:
        client.get(reverse(page))

    assert len(one) == len(thirty)


def test_the_history_tells_who_changed_what(client, organisation, officer):
    algorithm = registered(organisation)
    with audit_trail.acting(officer, "page"):
        revise(algorithm, {"goal": "Sneller helpen"}, seen=1, by=officer)

    page = client.get(reverse("algorithm-history", args=[algorithm.pk])).content.decode()

    assert officer.name in page
    assert "Sneller helpen" in page


def test_a_change_is_told_in_words_with_local_time_and_without_what_says_nothing():
    changes = {
        "outcome": ["applies", "does_not_apply"],
        "overruling": ["", "Geen besluit."],
        "claimed_at": [None, "2026-11-24T23:44:16.706617+00:00"],
        "due": ["2026-10-30", None],
        "acquisition": [None, "bought"],
        "themes": [[], ["Verkeer", "Werk"]],
        "links": [[], [{"title": "Besluit", "url": "https://voorbeeld.nl"}]],
        "explanation": [None, ""],
        "facts": [{"personal_data": False}, {"personal_data": True}],
        "labels": [None, ["aanbieder"]],
        "conclusion": [None, "12.0"],
        "answers": [None, [["1.1", 0]]],
    }

    with translation.override("en"):
        told = changed_fields(AuditEvent(subject_type="registry.algorithm", changes=changes))

    assert told == [
        ("Outcome", "Applies", "Does not apply"),
        ("Reason for overruling", "empty", "Geen besluit."),
        ("Claimed on", "empty", "25 November 2026, 00:44"),
        ("Due date", "30 October 2026", "empty"),
        ("How acquired", "empty", "Bought from a supplier"),
        ("Themes", "empty", "Traffic, Work"),
        ("Links", "empty", "Besluit"),
        ("Personal data are processed", "No", "Yes"),
        ("Labels", "empty", "aanbieder"),
    ]


def test_a_visitor_is_welcomed_and_can_read_the_framework(client, db):
    answer = client.get(reverse("home"))

    assert answer.status_code == 200
    assert reverse("framework") in answer.content.decode()


def test_the_content_security_policy_allows_nothing_inline(client, db):
    policy = client.get(reverse("home"))["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
