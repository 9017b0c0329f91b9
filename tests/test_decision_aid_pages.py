"""The decision aid as a person walks through it."""

import copy

import pytest
from django.urls import reverse

from governance import audit_trail
from governance.models import AuditEvent, DecisionTree
from registry.models import Classification, ClassificationDraft
from registry.registering import register
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm(client, somebody):
    factories.DecisionTreeFactory()
    factories.RequirementFactory(
        urn="urn:nl:ak:ver:aia-20",
        axes={"risicogroep": ["hoog-risico-ai-systeem"], "rol-ai-act": ["gebruiksverantwoordelijke"]},
    )
    client.force_login(somebody)
    with audit_trail.acting(somebody, "command"):
        return register(
            somebody.memberships.get().organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=somebody
        )


@pytest.fixture
def confirm(client, algorithm):
    """Confirms what the last page of the decision aid shows."""

    def post():
        address = reverse("decision-aid-confirm", args=[algorithm.pk])
        return client.post(address, {"seen": client.get(address).context["seen"]})

    return post


@pytest.fixture
def answer(client, algorithm):
    """Posts answers one after the other; returns the last response."""

    def post(*answers):
        for question, choice in answers:
            response = client.post(
                reverse("decision-aid", args=[algorithm.pk]), {"question": question, "choice": choice}
            )
        return response

    return post


def test_one_question_is_asked_at_a_time(client, algorithm):
    page = client.get(reverse("decision-aid", args=[algorithm.pk])).content.decode()

    assert ("Is het AI?" in page, "Wat is je rol?" in page) == (True, False)


def test_the_path_so_far_is_shown_and_can_be_gone_back_to(client, algorithm, answer):
    answer(("1.1", 0), ("1.2", 1))

    page = client.get(reverse("decision-aid", args=[algorithm.pk])).content.decode()

    assert "Wij gebruiken het" in page
    assert "?vraag=1.1" in page


def test_an_earlier_question_shows_the_answer_that_was_given(client, algorithm, answer):
    answer(("1.1", 0), ("1.2", 1))

    page = client.get(reverse("decision-aid", args=[algorithm.pk]) + "?vraag=1.2")

    assert page.context["form"]["choice"].value() == 1


def test_no_answer_is_an_error_with_the_question_shown_again(client, algorithm):
    page = client.post(reverse("decision-aid", args=[algorithm.pk]), {"question": "1.1"})

    assert list(page.context["form"].errors) == ["choice"]


@pytest.mark.parametrize("question", ["2.1", "9.9", "<script>"])
def test_a_question_that_is_not_on_the_path_leads_back_to_the_one_at_hand(client, algorithm, question):
    asked = client.get(reverse("decision-aid", args=[algorithm.pk]), {"vraag": question})

    assert asked.url == reverse("decision-aid", args=[algorithm.pk])


def test_it_can_be_left_and_gone_on_with_by_a_colleague(client, algorithm, answer):
    answer(("1.1", 0))
    colleague = factories.member("officer", algorithm.organisation)

    client.force_login(colleague)
    page = client.get(reverse("decision-aid", args=[algorithm.pk])).content.decode()

    assert "Wat is je rol?" in page
    assert ClassificationDraft.objects.count() == 1


@pytest.mark.parametrize(("then", "leads_to"), [("later", "algorithm"), ("back", "decision-aid")])
def test_another_answer_is_kept_when_leaving_a_question(client, algorithm, answer, then, leads_to):
    answer(("1.1", 0), ("1.2", 1))

    left = client.post(reverse("decision-aid", args=[algorithm.pk]), {"question": "1.2", "choice": 0, "then": then})

    assert ClassificationDraft.objects.get().answers == [["1.1", 0], ["1.2", 0]]
    assert left.url.partition("?")[0] == reverse(leads_to, args=[algorithm.pk])
    assert ("vraag=1.1" in left.url) == (then == "back")


@pytest.mark.parametrize("then", ["later", "back"])
def test_leaving_a_question_that_is_not_answered_is_no_error_and_changes_nothing(client, algorithm, then):
    left = client.post(reverse("decision-aid", args=[algorithm.pk]), {"question": "1.1", "then": then})

    assert left.status_code == 302
    assert not ClassificationDraft.objects.exists()


def test_leaving_a_question_with_the_answer_that_stood_there_begins_nothing(client, algorithm, answer, confirm):
    answer(("1.1", 0), ("1.2", 1), ("2.1", 0))
    confirm()

    client.post(reverse("decision-aid", args=[algorithm.pk]), {"question": "1.2", "choice": 1, "then": "later"})

    assert not ClassificationDraft.objects.exists()


@pytest.mark.parametrize(("then", "leads_to"), [("later", "algorithm"), ("back", "decision-aid")])
def test_another_fact_is_kept_when_leaving_the_facts(client, algorithm, answer, then, leads_to):
    answer(("1.1", 0), ("1.2", 1), ("2.1", 0))

    left = client.post(reverse("decision-aid-facts", args=[algorithm.pk]), {"personal_data": "yes", "then": then})

    assert ClassificationDraft.objects.get().facts == {"personal_data": True}
    assert left.url.partition("?")[0] == reverse(leads_to, args=[algorithm.pk])
    assert ("vraag=2.1" in left.url) == (then == "back")


def newer_tree():
    """Another tree in use, in which the answers to the second question changed places."""
    DecisionTree.objects.update(is_current=False)
    content = copy.deepcopy(factories.SMALL_TREE)
    content["questions"][1]["answers"].reverse()
    return factories.DecisionTreeFactory(version="2", content=content)


@pytest.mark.parametrize("page", ["decision-aid", "decision-aid-facts", "decision-aid-confirm"])
def test_unfinished_answers_in_an_older_tree_say_so_on_every_page(client, algorithm, answer, page):
    answer(("1.1", 0), ("1.2", 1), ("2.1", 0))
    address = reverse(page, args=[algorithm.pk]) + ("?vraag=1.1" if page == "decision-aid" else "")
    carry_over = reverse("decision-aid-carry-over", args=[algorithm.pk])
    in_use = look_at(client, address)
    newer_tree()

    outdated = look_at(client, address)

    assert (carry_over in in_use, carry_over in outdated) == (False, True)


def test_unfinished_answers_are_taken_to_the_newer_tree_as_far_as_they_fit(client, algorithm, answer):
    answer(("1.1", 0), ("1.2", 1), ("2.1", 0))
    tree = newer_tree()

    client.post(reverse("decision-aid-carry-over", args=[algorithm.pk]))
    client.post(reverse("decision-aid-carry-over", args=[algorithm.pk]))

    draft = ClassificationDraft.objects.get()
    assert (draft.tree, draft.answers) == (tree, [["1.1", 0]])
    assert AuditEvent.objects.filter(verb="classification.carried_over").count() == 1


def test_after_the_last_question_come_the_facts_then_what_changes_then_confirming(client, algorithm, answer):
    after_last = answer(("1.1", 0), ("1.2", 1), ("2.1", 0))
    after_facts = client.post(reverse("decision-aid-facts", args=[algorithm.pk]), {"personal_data": "yes"})
    shown = client.get(after_facts.url)

    client.post(after_facts.url, {"seen": shown.context["seen"]})

    classification = Classification.objects.get()
    assert after_last.url == reverse("decision-aid-facts", args=[algorithm.pk])
    assert "aia-20" in shown.content.decode()
    assert (classification.conclusion, classification.facts) == ("12.0", {"personal_data": True})


def test_every_outcome_has_its_reason_in_a_sentence(client, algorithm, answer, confirm):
    undetermined = client.get(reverse("algorithm-requirements", args=[algorithm.pk])).context["undetermined"]
    answer(("1.1", 0), ("1.2", 1), ("2.1", 0))
    confirm()

    applies = client.get(reverse("algorithm-requirements", args=[algorithm.pk])).context["applies"]

    assert "2.1" in undetermined[0].reason or "1.2" in undetermined[0].reason
    assert applies[0].reason.endswith(".")


def test_unfinished_answers_cannot_be_confirmed(client, algorithm, answer):
    answer(("1.1", 0))

    asked = client.post(reverse("decision-aid-confirm", args=[algorithm.pk]))

    assert asked.url == reverse("decision-aid", args=[algorithm.pk])
    assert not Classification.objects.exists()


def test_looking_at_a_question_changes_nothing(client, algorithm):
    client.get(reverse("decision-aid", args=[algorithm.pk]))

    assert not ClassificationDraft.objects.exists()


def test_answers_that_changed_since_they_were_shown_are_not_confirmed(client, algorithm, answer):
    answer(("1.1", 0), ("1.2", 1), ("2.1", 0))
    address = reverse("decision-aid-confirm", args=[algorithm.pk])
    seen = client.get(address).context["seen"]
    answer(("2.1", 1))

    shown = client.post(address, {"seen": seen})

    assert shown.status_code == 200
    assert not Classification.objects.exists()


def test_unfinished_answers_can_be_thrown_away(client, algorithm, answer):
    answer(("1.1", 0))

    client.post(reverse("decision-aid-discard", args=[algorithm.pk]))

    assert not ClassificationDraft.objects.exists()


def test_the_classification_page_shows_the_answers_and_the_earlier_ones(client, algorithm, answer, confirm):
    for last in (0, 1):
        answer(("1.1", 0), ("1.2", 1), ("2.1", last))
        confirm()
    former = Classification.objects.exclude(until=None).get()

    page = client.get(reverse("classification", args=[algorithm.pk])).content.decode()
    earlier = client.get(reverse("classification", args=[algorithm.pk]), {"versie": former.pk})

    assert f"?versie={former.pk}" in page
    assert earlier.context["shown"] == former


@pytest.mark.parametrize("version", ["0", "x", "-1"])
def test_a_classification_that_is_not_there_is_not_found(client, algorithm, version):
    assert client.get(reverse("classification", args=[algorithm.pk]), {"versie": version}).status_code == 404


def test_without_a_tree_the_page_says_what_to_do(client, somebody):
    client.force_login(somebody)
    with audit_trail.acting(somebody, "command"):
        algorithm = register(
            somebody.memberships.get().organisation, {"name": "Ordenen", "description_short": "x"}, by=somebody
        )

    asked = client.get(reverse("decision-aid", args=[algorithm.pk]))

    assert asked.url == algorithm.get_absolute_url()
