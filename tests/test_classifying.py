"""From answers to what applies: the decision aid's verbs."""

import copy

import pytest
from django.core.exceptions import ValidationError

from governance.models import FrameworkRelease, Requirement
from registry import classifying, working
from registry.catalogue_changes import after_framework_import
from registry.models import Applicability, Classification, ClassificationDraft
from registry.registering import register
from tests import factories

pytestmark = pytest.mark.django_db

HIGH_RISK_DEPLOYER = [["1.1", 0], ["1.2", 1], ["2.1", 0]]
LOW_RISK_DEPLOYER = [["1.1", 0], ["1.2", 1], ["2.1", 1]]
NO_AI = [["1.1", 1]]


@pytest.fixture
def tree(db):
    return factories.DecisionTreeFactory()


@pytest.fixture
def algorithm(as_somebody, tree):
    factories.RequirementFactory(urn="urn:nl:ak:ver:aia-20", axes={
        "risicogroep": ["hoog-risico-ai-systeem"], "rol-ai-act": ["gebruiksverantwoordelijke"],
    })  # fmt: skip
    factories.RequirementFactory(urn="urn:nl:ak:ver:aia-01")
    factories.RequirementFactory(
        urn="urn:nl:ak:ver:avg-01", law=factories.LawFactory(slug="avg"), facts=["personal_data"]
    )
    organisation = as_somebody.memberships.get().organisation
    return register(organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody)


def outcomes(algorithm):
    rows = Applicability.objects.current().filter(algorithm=algorithm).select_related("requirement")
    return {row.requirement.code: row.outcome for row in rows}


def test_before_classifying_everything_that_hangs_on_an_answer_is_undetermined(algorithm):
    assert outcomes(algorithm) == {"aia-01": "undetermined", "aia-20": "undetermined", "avg-01": "undetermined"}


def test_a_confirmed_classification_decides(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {"personal_data": False}, tree=tree, by=as_somebody)

    assert outcomes(algorithm) == {"aia-01": "applies", "aia-20": "applies", "avg-01": "does_not_apply"}
    assert Classification.objects.current().get().risk_group == "hoog-risico-ai-systeem"


def test_outside_the_ai_act_only_other_laws_are_left(algorithm, tree, as_somebody):
    classifying.classify(algorithm, NO_AI, {"personal_data": True}, tree=tree, by=as_somebody)

    assert outcomes(algorithm) == {"aia-01": "does_not_apply", "aia-20": "does_not_apply", "avg-01": "applies"}


def test_unfinished_answers_cannot_be_confirmed(algorithm, tree, as_somebody):
    with pytest.raises(ValidationError):
        classifying.classify(algorithm, HIGH_RISK_DEPLOYER[:2], {}, tree=tree, by=as_somebody)

    assert not Classification.objects.exists()


def test_first_answers_already_rule_out_what_can_no_longer_apply(algorithm, as_somebody):
    classifying.answer(algorithm, "1.1", 0, by=as_somebody)

    classifying.answer(algorithm, "1.2", 0, by=as_somebody)

    assert outcomes(algorithm)["aia-20"] == "does_not_apply"


def test_answers_after_a_confirmed_classification_change_nothing_until_confirmed(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)

    classifying.answer(algorithm, "2.1", 1, by=as_somebody)

    assert outcomes(algorithm)["aia-20"] == "applies"


def test_classifying_again_starts_from_the_answers_that_were_given(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {"personal_data": True}, tree=tree, by=as_somebody)

    draft = classifying.draft_of(algorithm, by=as_somebody)

    assert (draft.answers, draft.facts) == (HIGH_RISK_DEPLOYER, {"personal_data": True})


def test_answering_otherwise_keeps_later_answers_only_as_far_as_they_lie_on_the_path(algorithm, as_somebody):
    for question, choice in HIGH_RISK_DEPLOYER:
        classifying.answer(algorithm, question, choice, by=as_somebody)

    still_there = classifying.answer(algorithm, "1.2", 0, by=as_somebody).answers
    cut_off = classifying.answer(algorithm, "1.1", 1, by=as_somebody).answers

    assert (still_there, cut_off) == ([["1.1", 0], ["1.2", 0], ["2.1", 0]], [["1.1", 1]])


def test_a_question_that_is_not_on_the_path_cannot_be_answered(algorithm, as_somebody):

    with pytest.raises(ValidationError):
        classifying.answer(algorithm, "2.1", 0, by=as_somebody)


def test_the_preview_names_what_is_added_and_removed(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {"personal_data": False}, tree=tree, by=as_somebody)
    classifying.answer(algorithm, "2.1", 1, by=as_somebody)
    classifying.answer_facts(algorithm, {"personal_data": True}, by=as_somebody)

    preview = classifying.preview(ClassificationDraft.objects.get())

    assert [r.code for r in preview.added] == ["avg-01"]
    assert [r.code for r in preview.removed] == ["aia-20"]
    assert (preview.applying, preview.undetermined) == (2, 0)


def test_what_applied_already_is_not_added_by_the_first_classification(algorithm, as_somebody):
    factories.RequirementFactory(urn="urn:nl:ak:ver:woo-01", law=factories.LawFactory(slug="woo"))
    classifying.decide_all([algorithm])
    for question, choice in HIGH_RISK_DEPLOYER:
        classifying.answer(algorithm, question, choice, by=as_somebody)

    preview = classifying.preview(ClassificationDraft.objects.get())

    assert ([r.code for r in preview.added], preview.removed, preview.applying) == (["aia-01", "aia-20"], [], 3)


def test_work_on_what_no_longer_applies_comes_back_with_its_history(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)
    requirement = Applicability.objects.get(requirement__urn__endswith="aia-20", until=None).requirement
    working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)

    classifying.classify(algorithm, LOW_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)
    set_aside = algorithm.compliance.__class__.objects.get(algorithm=algorithm).claimed
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)

    back = working.current_assessment(algorithm, requirement)
    assert (set_aside, back.status, back.explanation) == (0, "met", "Zo.")
    assert algorithm.compliance.__class__.objects.get(algorithm=algorithm).claimed == 1


def test_the_former_classification_stays_readable(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)
    classifying.classify(algorithm, LOW_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)

    former = Classification.objects.exclude(until=None).get()
    assert (former.answers, former.by) == (HIGH_RISK_DEPLOYER, as_somebody)
    assert (
        Applicability.objects.as_of(former.since).filter(requirement__urn__endswith="aia-20").get().outcome == "applies"
    )


def test_deciding_again_without_a_change_writes_nothing(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)
    rows = Applicability.objects.count()

    classifying.decide_all([algorithm])

    assert Applicability.objects.count() == rows


def test_a_newer_tree_marks_the_classification_for_review(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)

    tree.is_current = False
    tree.save()
    factories.DecisionTreeFactory(version="2")

    assert Classification.objects.current().with_tree().get().needs_review


def test_answers_that_mean_something_else_in_a_newer_tree_are_asked_again(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {}, tree=tree, by=as_somebody)
    tree.is_current = False
    tree.save()
    content = copy.deepcopy(tree.content)
    content["questions"][1]["answers"].reverse()

    factories.DecisionTreeFactory(version="2", content=content)

    assert classifying.draft_of(algorithm, by=as_somebody).answers == [["1.1", 0]]


def withdraw(requirement):
    """Withdraws it as a release that no longer has it does; returns the names of the algorithms that this touches."""
    release = FrameworkRelease.objects.create(source="algoritmekader", name="later", fingerprint="later")
    requirement.withdrawn_in = release
    requirement.save()
    return after_framework_import(release, {requirement.pk}, set())


def test_a_withdrawn_requirement_goes_where_nobody_worked_on_it(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {"personal_data": True}, tree=tree, by=as_somebody)

    touched = withdraw(Requirement.objects.get(urn__endswith="avg-01"))

    assert "avg-01" not in outcomes(algorithm)
    assert touched == [f"{algorithm.organisation}: {algorithm}"]


@pytest.mark.parametrize("applies", [True, False])
def test_a_withdrawn_requirement_stays_where_a_person_overruled_it(applies, algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {"personal_data": not applies}, tree=tree, by=as_somebody)
    row = Applicability.objects.current().get(requirement__urn__endswith="avg-01")
    working.overrule(algorithm, row.requirement, applies=applies, reason="Gegevens.", seen=row.pk, by=as_somebody)

    touched = withdraw(row.requirement)

    still = Applicability.objects.current().get(requirement=row.requirement)
    assert (still.overruling, still.outcome == "applies") == ("Gegevens.", applies)
    assert touched == [f"{algorithm.organisation}: {algorithm}"]


def test_a_withdrawn_requirement_stays_also_when_its_overruling_ends(algorithm, tree, as_somebody):
    classifying.classify(algorithm, HIGH_RISK_DEPLOYER, {"personal_data": False}, tree=tree, by=as_somebody)
    row = Applicability.objects.current().get(requirement__urn__endswith="avg-01")
    row = working.overrule(algorithm, row.requirement, applies=True, reason="Toch.", seen=row.pk, by=as_somebody)
    withdraw(row.requirement)

    working.follow_rule(algorithm, row.requirement, seen=row.pk, by=as_somebody)

    assert outcomes(algorithm)["avg-01"] == "does_not_apply"


def test_measures_about_buying_are_not_recommended_for_what_is_developed_in_house(as_somebody):
    factories.MeasureFactory(urn="urn:nl:ak:mtr:owp-14", facts=["acquired"])
    organisation = as_somebody.memberships.get().organisation
    fields = {"name": "Ordenen", "description_short": "Ordent."}

    developed = register(organisation, {**fields, "acquisition": "developed"}, by=as_somebody)
    bought = register(organisation, {**fields, "acquisition": "bought"}, by=as_somebody)
    unknown = register(organisation, fields, by=as_somebody)

    assert [a.recommendations.current().count() for a in (developed, bought, unknown)] == [0, 1, 1]


def test_throwing_a_draft_away_brings_back_what_was_undetermined(algorithm, as_somebody):
    classifying.answer(algorithm, "1.1", 1, by=as_somebody)

    classifying.discard(ClassificationDraft.objects.get())

    assert outcomes(algorithm)["aia-20"] == "undetermined"
