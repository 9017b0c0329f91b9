"""The pages about who is responsible for an algorithm, and the RACI defaults of an organisation."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance.models import RoleAssignment
from governance.starter_texts import starters
from registry import raci_starters
from registry.classifying import decide_all
from registry.filters import RISK_GROUPS
from registry.models import ClassificationDraft, RaciDefault, Responsibility
from registry.raci_defaults import add_default
from registry.responsibilities import assign, matrix_of
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm(client, as_somebody):
    for number in range(9):
        factories.PhaseFactory(number=number)
    client.force_login(as_somebody)
    algorithm = factories.AlgorithmFactory(organisation=as_somebody.memberships.get().organisation)
    decide_all([algorithm])
    return algorithm


@pytest.fixture
def edit(algorithm):
    return reverse("algorithm-responsibilities-edit", args=[algorithm.pk])


@pytest.fixture
def colleague(algorithm):
    return factories.member("contributor", algorithm.organisation)


def held(algorithm):
    rows = Responsibility.objects.current().filter(algorithm=algorithm)
    return {(row.phase.number if row.phase else None, row.person, row.letter) for row in rows}


def posted(answer, **changed):
    """What a browser would send of the matrix as it is shown, with some cells changed."""
    form = answer.context["form"]
    data = {field.html_name: field.value() or "" for field in form}
    data |= {field.html_initial_name: form.data.get(field.html_initial_name, data[field.html_name]) for field in form}
    return data | {"column": [person.pk for person in form.people]} | changed


def cell(person, number=None):
    return f"cell_{factories.PhaseFactory(number=number).pk if number else 0}_{person.pk}"


def test_the_matrix_says_in_words_who_has_what_and_what_is_vacant(client, algorithm, as_somebody):
    assign(algorithm, as_somebody, "A", by=as_somebody)

    page = look_at(client, reverse("algorithm-responsibilities", args=[algorithm.pk]))

    assert '<span class="visually-hidden">Accountable</span>' in page
    assert page.count("vacant: Responsible") == 9


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "name",
    ["algorithm-responsibilities", "algorithm-responsibilities-edit", "algorithm-responsibility-give",
     "algorithm-proposed-responsibilities", "algorithm-responsibilities-history"],
)  # fmt: skip
def test_every_page_is_well_made_empty_and_filled(client, algorithm, as_somebody, name, language):
    address = reverse(name, args=[algorithm.pk])
    look_at(client, address, language)
    position = factories.PositionFactory(organisation=algorithm.organisation)
    factories.person_holding(position)
    add_default(algorithm.organisation, position, "A", by=as_somebody)
    for scope in (None, factories.PhaseFactory(number=2), factories.RequirementFactory(), factories.MeasureFactory()):
        assign(algorithm, as_somebody, "R", scope, by=as_somebody)

    look_at(client, address, language)


def test_the_matrix_is_saved_as_it_was_typed(client, algorithm, edit, as_somebody, colleague):
    added = client.post(edit, posted(client.get(edit)) | {"add": "1", "person": colleague.pk})

    answer = client.post(edit, posted(added, **{cell(colleague): "ra", cell(colleague, 2): "C, i"}))

    assert answer.url == reverse("algorithm-responsibilities", args=[algorithm.pk])
    assert held(algorithm) == {
        (None, colleague, "A"),
        (None, colleague, "R"),
        (2, colleague, "C"),
        (2, colleague, "I"),
    }


def test_adding_a_person_loses_nothing_that_was_typed_and_saves_nothing(
    client, algorithm, edit, as_somebody, colleague
):
    assign(algorithm, as_somebody, "R", by=as_somebody)
    typed = posted(client.get(edit), **{cell(as_somebody, 3): "A"})

    again = client.post(edit, typed | {"add": "1", "person": colleague.pk})

    assert again.context["form"][cell(as_somebody, 3)].value() == "A"
    assert not again.context["form"].errors
    assert held(algorithm) == {(None, as_somebody, "R")}


def test_a_letter_that_does_not_exist_is_refused_beside_its_cell(client, algorithm, edit, as_somebody):
    assign(algorithm, as_somebody, "R", by=as_somebody)

    page = client.post(edit, posted(client.get(edit), **{cell(as_somebody): "RX"}))

    assert list(page.context["form"].errors) == [cell(as_somebody)]
    assert 'value="RX"' in page.content.decode()


def test_two_accountables_are_refused_beside_their_cell(client, algorithm, edit, as_somebody, colleague):
    assign(algorithm, as_somebody, "A", by=as_somebody)
    shown = client.post(edit, posted(client.get(edit)) | {"add": "1", "person": colleague.pk})

    page = client.post(edit, posted(shown, **{cell(colleague): "A"}))

    assert list(page.context["form"].errors) == [cell(colleague)]
    assert held(algorithm) == {(None, as_somebody, "A")}


def test_who_saves_the_matrix_second_sees_both_and_undoes_nothing_of_the_other_by_saving_again(
    client, algorithm, edit, as_somebody, colleague
):
    assign(algorithm, as_somebody, "R", by=as_somebody)
    shown = client.get(edit)
    assign(algorithm, colleague, "A", by=colleague)
    assign(algorithm, as_somebody, "C", factories.PhaseFactory(number=2), by=colleague)

    second = client.post(edit, posted(shown, **{cell(as_somebody): "RS"}))
    after_conflict = held(algorithm)
    client.post(edit, posted(second))

    others = {(None, as_somebody, "R"), (None, colleague, "A"), (2, as_somebody, "C")}
    assert second.context["differences"] == [(f"Het hele algoritme, {as_somebody}", "R", "RS")]
    assert after_conflict == others
    assert held(algorithm) == others | {(None, as_somebody, "S")}


@pytest.mark.parametrize("person", ["a stranger", "nonsense"])
def test_nobody_from_elsewhere_becomes_a_column(client, algorithm, edit, person):
    stranger = factories.member("manager")
    number = stranger.pk if person == "a stranger" else "1e9"

    page = client.post(edit, {"add": "1", "person": number, "column": [number]})
    saved = client.post(edit, {"seen": matrix_of(algorithm).fingerprint, "column": [number], cell(stranger): "A"})

    assert page.context["form"].people == []
    assert saved.status_code == 302
    assert held(algorithm) == set()


def test_the_accountable_of_the_whole_assigns_and_a_contributor_without_that_does_not(
    client, algorithm, edit, as_somebody, colleague
):
    client.force_login(colleague)
    before = client.get(edit).status_code
    assign(algorithm, colleague, "A", factories.PhaseFactory(number=2), by=as_somebody)
    for_a_phase = client.get(edit).status_code
    assign(algorithm, colleague, "A", by=as_somebody)
    for_the_whole = client.get(edit).status_code
    colleague.memberships.update(until=timezone.now())
    factories.MembershipFactory(user=colleague, organisation=algorithm.organisation, role="reader")

    assert (before, for_a_phase, for_the_whole, client.get(edit).status_code) == (403, 403, 200, 403)


def test_a_requirement_gets_its_own_responsible_and_its_page_says_where_it_comes_from(
    client, algorithm, as_somebody, colleague
):
    requirement = factories.RequirementFactory(law=factories.LawFactory(slug="woo"))
    decide_all([algorithm])
    assign(algorithm, as_somebody, "A", by=as_somebody)
    data = {"item": requirement.slug, "person": colleague.pk, "letter": "R", "since": timezone.localdate().isoformat()}

    client.post(reverse("algorithm-responsibility-give", args=[algorithm.pk]), data)

    page = client.get(reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug]))
    assert page.context["effective"] == [("A", [as_somebody], None), ("R", [colleague], requirement)]
    assert "via het hele algoritme" in page.content.decode()


def test_what_does_not_apply_or_is_of_others_gets_no_letter(client, algorithm, as_somebody):
    hidden = factories.RequirementFactory(organisation=factories.OrganisationFactory())
    data = {"item": hidden.slug, "person": as_somebody.pk, "letter": "R", "since": timezone.localdate().isoformat()}

    page = client.post(reverse("algorithm-responsibility-give", args=[algorithm.pk]), data)

    assert list(page.context["form"].errors) == ["item"]
    assert hidden.title_nl not in page.content.decode()


def test_a_responsibility_is_ended_after_asking_and_stays_in_the_history(client, algorithm, as_somebody):
    row = assign(algorithm, as_somebody, "R", by=as_somebody)
    address = reverse("algorithm-responsibility-end", args=[algorithm.pk, row.pk])
    look_at(client, address)

    client.post(address, {"on": timezone.localdate().isoformat()})

    assert held(algorithm) == set()
    history = client.get(reverse("algorithm-responsibilities-history", args=[algorithm.pk]))
    assert list(history.context["page"]) == [row]


def test_a_responsibility_of_another_algorithm_is_not_ended_through_ones_own(client, algorithm, as_somebody):
    other = factories.ResponsibilityFactory()
    address = reverse("algorithm-responsibility-end", args=[algorithm.pk, other.pk])

    assert client.post(address, {"on": timezone.localdate().isoformat()}).status_code == 404


# Proposals


@pytest.fixture
def proposed(algorithm, as_somebody):
    """Three letters for the holder of a function."""
    position = factories.PositionFactory(organisation=algorithm.organisation)
    for letter in "ARI":
        add_default(algorithm.organisation, position, letter, by=as_somebody)
    return factories.person_holding(position)


def test_proposals_are_shown_on_the_page_of_the_algorithm_and_all_are_accepted(client, algorithm, proposed):
    page = look_at(client, algorithm.get_absolute_url())
    keys = [one.key for one in client.get(algorithm.get_absolute_url()).context["proposed_responsibilities"]]

    client.post(reverse("algorithm-proposed-responsibilities", args=[algorithm.pk]), {"proposal": keys})

    assert "3 verantwoordelijkheden voorgesteld" in page
    assert held(algorithm) == {(None, proposed, letter) for letter in "ARI"}
    assert client.get(algorithm.get_absolute_url()).context["proposed_responsibilities"] == []


def test_some_of_the_proposals_are_chosen_and_the_rest_is_proposed_again(client, algorithm, proposed):
    client.post(
        reverse("algorithm-proposed-responsibilities", args=[algorithm.pk]), {"proposal": [f"{proposed.pk}-I-0"]}
    )

    assert held(algorithm) == {(None, proposed, "I")}
    assert len(client.get(algorithm.get_absolute_url()).context["proposed_responsibilities"]) == 2


def test_only_what_is_proposed_can_be_accepted(client, algorithm, proposed, as_somebody):
    client.post(
        reverse("algorithm-proposed-responsibilities", args=[algorithm.pk]),
        {"proposal": [f"{as_somebody.pk}-A-0", "x"]},
    )

    assert held(algorithm) == set()


def test_accepting_nothing_says_so(client, algorithm, proposed):
    page = client.post(reverse("algorithm-proposed-responsibilities", args=[algorithm.pk]))

    assert "Vink ten minste één voorstel aan" in page.content.decode()


def test_confirming_a_classification_says_what_its_risk_group_proposes(client, algorithm, as_somebody):
    position = factories.PositionFactory(organisation=algorithm.organisation)
    board = factories.person_holding(position)
    add_default(algorithm.organisation, position, "A", risk_group="hoog-risico-ai-systeem", by=as_somebody)
    answers = [["1.1", 0], ["1.2", 1], ["2.1", 0]]
    draft = ClassificationDraft.objects.create(
        algorithm=algorithm, tree=factories.DecisionTreeFactory(), answers=answers, by=as_somebody
    )
    before = client.get(algorithm.get_absolute_url()).context["proposed_responsibilities"]

    address = reverse("decision-aid-confirm", args=[algorithm.pk])
    page = client.post(address, {"seen": draft.changed.isoformat()}, follow=True).content.decode()

    after = client.get(algorithm.get_absolute_url()).context["proposed_responsibilities"]
    assert (before, [one.person for one in after]) == ([], [board])
    assert "1 verantwoordelijkheid voorgesteld" in page


# Defaults


@pytest.fixture
def defaults(algorithm):
    return reverse("raci-defaults", args=[algorithm.organisation.slug])


def test_defaults_are_added_and_removed(client, algorithm, defaults):
    position = factories.PositionFactory(organisation=algorithm.organisation)
    data = {"position": position.pk, "letter": "A", "risk_group": "hoog-risico-ai-systeem", "phase": ""}

    client.post(defaults, data)
    row = RaciDefault.objects.get()
    look_at(client, defaults)
    client.post(reverse("raci-default-remove", args=[algorithm.organisation.slug, row.pk]))

    assert (row.position, row.letter, row.risk_group, row.phase) == (position, "A", "hoog-risico-ai-systeem", None)
    assert not RaciDefault.objects.exists()


def test_an_organisation_shows_the_defaults_it_inherits_and_cannot_remove_them(client, algorithm, as_somebody):
    department = factories.OrganisationFactory(parent=algorithm.organisation)
    position = factories.PositionFactory(organisation=algorithm.organisation, name="Proceseigenaar")
    row = add_default(algorithm.organisation, position, "A", by=as_somebody)

    page = look_at(client, reverse("raci-defaults", args=[department.slug]))
    refused = client.post(reverse("raci-default-remove", args=[department.slug, row.pk])).status_code

    assert ("Proceseigenaar" in page, "Verwijderen" in page, refused) == (True, False, 404)


def test_a_function_of_another_organisation_cannot_be_chosen(client, algorithm, defaults):
    page = client.post(defaults, {"position": factories.PositionFactory().pk, "letter": "A"})

    assert list(page.context["form"].errors) == ["position"]


# The same cost


def test_the_pages_cost_the_same_for_one_and_for_thirty(client, algorithm, edit, defaults, as_somebody):
    addresses = [
        edit,
        defaults,
        *(
            reverse(name, args=[algorithm.pk])
            for name in ("algorithm", "algorithm-responsibilities", "algorithm-responsibilities-history",
                         "algorithm-proposed-responsibilities")
        ),
    ]  # fmt: skip
    position = factories.PositionFactory(organisation=algorithm.organisation)
    add_default(algorithm.organisation, position, "I", by=as_somebody)

    def more(number):
        for _number in range(number):
            person = factories.member("manager", algorithm.organisation)
            RoleAssignment.objects.create(position=position, person=person)
            RaciDefault.objects.create(
                organisation=algorithm.organisation,
                position=factories.PositionFactory(organisation=algorithm.organisation),
                letter="R",
            )
            for scope in ({}, {"requirement": factories.RequirementFactory()}):
                factories.ResponsibilityFactory(algorithm=algorithm, person=person, letter="R", **scope)

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        return len(captured)

    more(1)
    one = [queries(address) for address in addresses]
    more(29)

    assert [queries(address) for address in addresses] == one


# The starter set


def test_starter_defaults_are_taken_over_for_the_functions_there_are_and_once(client, algorithm):
    organisation = algorithm.organisation
    above = factories.OrganisationFactory()
    organisation.parent = above
    organisation.save()
    owner = factories.PositionFactory(organisation=organisation, name="Process owner")
    lawyer = factories.PositionFactory(organisation=above, name="jurist")
    board = factories.PositionFactory(organisation=organisation, name="Bestuurder")
    factories.PositionFactory(organisation=organisation, name="Opzichter")
    address = reverse("raci-defaults-start", args=[organisation.slug])

    offered = look_at(client, address)
    client.post(address, {"chosen": ["process-owner", "legal-expert"]})
    client.post(address, {"chosen": ["board-member"]})
    again = look_at(client, address)
    page = look_at(client, reverse("raci-defaults", args=[organisation.slug]))

    assert "Process owner – " in offered and "Opzichter" not in offered
    assert "Bestuurder – Informed: wordt geïnformeerd (alleen voor: " in offered
    assert set(RaciDefault.objects.values_list("position", "letter", "risk_group", "phase")) == {
        (owner.pk, "A", "", None),
        (lawyer.pk, "C", "", None),
        (board.pk, "I", "hoog-risico-ai-systeem", None),
    }
    assert "Alles uit de startset is er al" in again
    assert address not in page


def test_an_accountable_that_was_named_stays_the_only_one(client, algorithm):
    organisation = algorithm.organisation
    factories.PositionFactory(organisation=organisation, name="Proceseigenaar")
    add_default(organisation, factories.PositionFactory(organisation=organisation, name="Directeur"), "A", by=None)

    assert raci_starters.starters_for(organisation) == []


def test_without_functions_those_come_first(client, algorithm):
    response = client.get(reverse("raci-defaults-start", args=[algorithm.organisation.slug]))

    assert response.url == reverse("positions", args=[algorithm.organisation.slug])


def test_every_starter_default_is_of_a_starter_function_and_one_is_accountable():
    entries = starters("raci")

    assert {entry["function"] for entry in entries} <= {entry["code"] for entry in starters("positions")}
    assert len({entry["code"] for entry in entries}) == len(entries)
    assert {entry["risk_group"] for entry in entries} <= {"", *(code for code, _name in RISK_GROUPS)}
    assert [entry["function"] for entry in entries if entry["letter"] == "A"] == ["process-owner"]
    assert all(set(entry["description"]) == {"nl", "en"} for entry in entries)
