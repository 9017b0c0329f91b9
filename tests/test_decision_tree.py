from pathlib import Path

import pytest
import yaml
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from governance.decision_tree import Condition, TreeError, parse_condition, read_tree
from governance.decision_tree_import import BUILT_IN
from governance.models import Axis

SMALL = """\
name: Klein
version: '1'
questions:
- questionId: '1'
  question: {nl: 'Wie ben je?', en: 'Who are you?'}
  answers:
  - answer: Maker
    labels: [aanbieder]
    nextQuestionId: '2'
  - answer: Gebruiker
    labels: [gebruiksverantwoordelijke]
    nextQuestionId: '2'
  - answer: Niemand
    nextConclusionId: '11.0'
- questionId: '2'
  question: Is het AI?
  answers:
  - answer: Ja
    labels: [AI-systeem]
    redirects:
    - nextQuestionId: '3'
      if: '"aanbieder" in labels'
    - nextConclusionId: '12.1'
  - answer: Nee
    nextConclusionId: '11.0'
- questionId: '3'
  question: Is het riskant?
  answers:
  - answer: Ja
    labels: [hoog-risico AI]
    nextConclusionId: '12.0'
  - answer: Nee
    labels: [geen hoog-risico AI]
    nextConclusionId: '12.1'
conclusions:
- {conclusionId: '11.0', conclusion: De AI-verordening geldt niet.}
- {conclusionId: '12.0', conclusion: Hoog risico., obligation: Veel.}
- {conclusionId: '12.1', conclusion: Geen hoog risico., obligation: Weinig.}
"""


def small(*replacements: tuple[str, str]) -> dict:
    return yaml.safe_load(changed(*replacements))


def changed(*replacements: tuple[str, str]) -> str:
    text = SMALL
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.fixture
def english():
    with translation.override("en"):
        yield


# Conditions

LABELS = ["a", "b", "hoog-risico AI", "in labels", "!(||"]

conditions = st.recursive(
    st.sampled_from(LABELS).map(lambda label: Condition("label", (label,))),
    lambda inner: st.one_of(
        inner.map(lambda part: Condition("not", (part,))),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)).map(
            lambda drawn: Condition(drawn[0], tuple(drawn[1]))
        ),
    ),
    max_leaves=12,
)


def written(condition: Condition, *, around: str = "") -> str:
    """The condition as text, with parentheses only where its meaning needs them."""
    match condition.operator:
        case "label":
            return f'"{condition.operands[0]}" in labels'
        case "not":
            return f"!{written(condition.operands[0], around='not')}"
        case operator:
            sign = {"and": " && ", "or": "||"}[operator]
            text = sign.join(written(part, around=operator) for part in condition.operands)
            needs_parentheses = around == "not" or (around == "and" and operator == "or")
            return f"( {text})" if needs_parentheses else text


def meaning(condition: Condition, labels: set[str]) -> bool:
    match condition.operator:
        case "label":
            return condition.operands[0] in labels
        case "not":
            return not meaning(condition.operands[0], labels)
        case "and":
            return min(meaning(part, labels) for part in condition.operands)
        case _:
            return max(meaning(part, labels) for part in condition.operands)


@given(condition=conditions, labels=st.sets(st.sampled_from(LABELS)))
def test_a_condition_written_down_and_read_back_means_the_same(condition, labels):
    read = parse_condition(written(condition))

    assert read.holds(labels) == meaning(condition, labels)


@pytest.mark.parametrize(
    ("text", "labels", "expected"),
    [
        ('"a" in labels || "b" in labels && "c" in labels', {"a"}, True),
        ('("a" in labels || "b" in labels) && "c" in labels', {"a"}, False),
        ('!"a" in labels && "b" in labels', {"b"}, True),
        ('!("a" in labels && "b" in labels)', {"a", "b"}, False),
        ('!!"a" in labels', {"a"}, True),
        ('  "hoog-risico AI"  in  labels  ', {"hoog-risico AI"}, True),
    ],
)
def test_and_binds_closer_than_or_and_not_closest(text, labels, expected):
    assert parse_condition(text).holds(labels) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Condition ends too early: "),
        ('"a" in labels &&', 'Condition ends too early: "a" in labels &&'),
        ('("a" in labels', 'Condition ends too early: ("a" in labels'),
        ('"a" in labels & "b" in labels', 'Condition not understood at character 15: "a" in labels & "b" in labels'),
        ('"a" in label', 'Condition not understood at character 1: "a" in label'),
        ('"a" in labels "b" in labels', 'Unexpected "b" at character 15 of condition: "a" in labels "b" in labels'),
        ('("a" in labels "b" in labels)', 'Unexpected "b" at character 16 of condition: ("a" in labels "b" in labels)'),
        ('"a" in labels || )', 'Unexpected ) at character 18 of condition: "a" in labels || )'),
        ('__import__("os")', 'Condition not understood at character 1: __import__("os")'),
        ('"a" in labels or True', 'Condition not understood at character 15: "a" in labels or True'),
    ],
)
def test_what_is_no_condition_is_refused_with_its_position(text, message, english):
    with pytest.raises(TreeError) as refusal:
        parse_condition(text)

    assert str(refusal.value) == message


# Walking


def test_a_walk_follows_the_answers_and_gathers_their_labels():
    walk = read_tree(small()).walk([["1", 0], ["2", 0], ["3", 0]])

    assert (walk.labels, walk.conclusion.number, walk.question) == (
        {"aanbieder", "AI-systeem", "hoog-risico AI"},
        "12.0",
        None,
    )


def test_the_first_condition_that_holds_decides_where_an_answer_leads():
    tree = read_tree(small())

    assert tree.walk([["1", 0], ["2", 0]]).question.number == "3"
    assert tree.walk([["1", 1], ["2", 0]]).conclusion.number == "12.1"


def test_answers_that_no_longer_lie_on_the_path_are_cut_off():
    tree = read_tree(small())

    walk = tree.walk([["1", 2], ["2", 0], ["3", 0]])

    assert (walk.answers, walk.labels, walk.conclusion.number) == ([["1", 2]], frozenset(), "11.0")


def test_answering_an_earlier_question_otherwise_keeps_the_later_answers_that_still_fit():
    tree = read_tree(small())

    walk = tree.walk([["1", 1], ["2", 0], ["3", 0]])

    assert (walk.answers, walk.conclusion.number) == ([["1", 1], ["2", 0]], "12.1")


def test_an_answer_to_another_question_than_the_one_at_hand_stops_the_walk_there():
    walk = read_tree(small()).walk([["1", 0], ["3", 0]])

    assert (walk.answers, walk.labels, walk.question.number) == ([["1", 0]], {"aanbieder"}, "2")


@pytest.mark.parametrize("choice", [-1, 2, 99])
def test_a_choice_that_the_question_does_not_have_stops_the_walk_there(choice):
    walk = read_tree(small()).walk([["1", 0], ["2", choice], ["3", 0]])

    assert (walk.answers, walk.question.number, walk.is_finished) == ([["1", 0]], "2", False)


def test_without_answers_the_first_question_is_at_hand():
    walk = read_tree(small()).walk([])

    assert (walk.question.number, walk.labels, walk.answers) == ("1", frozenset(), [])


def test_paths_are_all_the_ways_from_the_first_question_to_a_conclusion():
    found = {tuple(map(tuple, walk.answers)): walk.conclusion.number for walk in read_tree(small()).paths()}

    assert found == {
        (("1", 0), ("2", 0), ("3", 0)): "12.0",
        (("1", 0), ("2", 0), ("3", 1)): "12.1",
        (("1", 0), ("2", 1)): "11.0",
        (("1", 1), ("2", 0)): "12.1",
        (("1", 1), ("2", 1)): "11.0",
        (("1", 2),): "11.0",
    }


def test_a_text_is_in_the_language_of_the_reader_and_dutch_where_that_is_missing(english):
    tree = read_tree(small())

    assert (tree.questions["1"].text, tree.questions["2"].text) == ("Who are you?", "Is het AI?")


def test_the_deciding_question_is_the_nearest_that_can_give_a_label_on_the_axis():
    tree = read_tree(small())

    start = tree.walk([])

    assert [tree.deciding_question(axis, start) for axis in (Axis.ROLE, Axis.APPLICATION_TYPE, Axis.RISK_GROUP)] == [
        "1",
        "2",
        "3",
    ]


def test_a_question_that_this_walk_cannot_come_to_does_not_decide():
    tree = read_tree(small())

    user = tree.walk([["1", 1]])

    assert tree.deciding_question(Axis.RISK_GROUP, user) == "2"


def test_a_finished_walk_has_no_deciding_question():
    tree = read_tree(small())

    assert tree.deciding_question(Axis.ROLE, tree.walk([["1", 2]])) == ""


# Reading


@pytest.mark.parametrize(
    ("replacement", "message"),
    [
        (("questionId: '3'", "questionId: '2'"), "Number 2 stands in the tree twice."),
        (("questionId: '3'", "questionId: '12.0'"), "Number 12.0 stands in the tree twice."),
        (("conclusionId: '12.1'", "conclusionId: '12.0'"), "Number 12.0 stands in the tree twice."),
        (
            ("nextQuestionId: '3'", "nextQuestionId: '4'"),
            "Question 2, answer “Ja” leads to 4, which does not exist.",
        ),
        (
            ("'\"aanbieder\" in labels'", "'\"aanbieder\" = labels'"),
            'Question 2: Condition not understood at character 1: "aanbieder" = labels',
        ),
    ],
)
def test_a_tree_that_contradicts_itself_is_refused(replacement, message, english):
    with pytest.raises(TreeError) as refusal:
        read_tree(small(replacement))

    assert str(refusal.value) == message


def test_questions_that_go_round_in_a_circle_are_refused(english):
    tree = read_tree(small(("nextConclusionId: '12.0'", "nextQuestionId: '1'")))

    with pytest.raises(TreeError, match=r"The questions go round in a circle at question \d\."):
        list(tree.paths())


def test_an_answer_without_a_way_on_is_refused(english):
    tree = read_tree(
        small(("    - nextConclusionId: '12.1'", "    - {nextConclusionId: '12.1', if: '\"x\" in labels'}"))
    )

    with pytest.raises(TreeError) as refusal:
        list(tree.paths())

    assert str(refusal.value) == (
        "Question 2, answer “Ja”: no condition holds for the labels AI-systeem, gebruiksverantwoordelijke."
    )


# The trees themselves


def routes(content):
    """Everything of a tree but its words."""
    fields = ("labels", "nextQuestionId", "nextConclusionId", "redirects")
    return (
        [
            (
                question["questionId"],
                question["category"],
                [[answer.get(name) for name in fields] for answer in question["answers"]],
            )
            for question in content["questions"]
        ],
        [conclusion["conclusionId"] for conclusion in content["conclusions"]],
    )


def content_of(path: Path):
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe)


def test_every_path_of_the_built_in_tree_ends_in_a_conclusion_and_together_they_reach_everything():
    tree = read_tree(content_of(BUILT_IN))

    paths = list(tree.paths())

    reached = {step.question.number for walk in paths for step in walk.steps} | {
        walk.conclusion.number for walk in paths
    }
    assert (len(paths), all(walk.is_finished for walk in paths)) == (3140, True)
    assert reached == tree.questions.keys() | tree.conclusions.keys()


def test_every_path_is_what_walking_its_answers_gives():
    tree = read_tree(content_of(BUILT_IN))

    assert all(tree.walk(path.answers) == path for path in tree.paths())


def test_the_built_in_tree_says_everything_in_both_languages():
    content = content_of(BUILT_IN)
    texts = [
        entry[name]
        for question in content["questions"]
        for entry in (question, *question["answers"])
        for name in ("question", "explanation", "subcategory", "answer", "answerComment")
        if name in entry
    ] + [conclusion[name] for conclusion in content["conclusions"] for name in ("conclusion", "obligation")]

    assert [text for text in texts if not (isinstance(text, dict) and text.get("nl") and text.get("en"))] == []


@pytest.mark.data
def test_the_built_in_tree_leads_where_the_official_one_leads(shared_data):
    official = content_of(shared_data / "beslishulp" / "decision-tree.yaml")

    assert routes(content_of(BUILT_IN)) == routes(official)
