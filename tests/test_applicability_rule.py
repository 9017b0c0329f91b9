"""The rule that says what applies, against the rule of the domain in its slow and obvious form."""

from functools import lru_cache
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from governance.decision_tree import Walk, read_tree
from governance.decision_tree_import import BUILT_IN
from governance.models import Fact
from registry.applicability import POSSIBLE, Duty, Profile, axis_values, decide, explain, profile_of
from tests.factories import EVERY_VALUE

APPLIES, NOT, UNDETERMINED = "applies", "does_not_apply", "undetermined"
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text):
    return yaml.load(text, Loader)  # noqa: S506 (a safe loader)


@lru_cache
def built_in_tree():
    return read_tree(load(BUILT_IN.read_text(encoding="utf-8")))


@lru_cache
def built_in_requirements():
    return load((settings.BASE_DIR / "fixtures/catalogue/requirements.yaml").read_text(encoding="utf-8"))


@lru_cache
def built_in_duties() -> dict[str, Duty]:
    return {
        item["urn"]: Duty(
            axes={axis: frozenset(values) for axis, values in item["axes"].items()},
            is_ai_act=item["law"] == "aia",
            facts=tuple(item.get("facts", ())),
        )
        for item in built_in_requirements()
    }


def outcomes(profile: Profile) -> dict[str, str]:
    return {urn: decide(profile, duty)[0] for urn, duty in built_in_duties().items()}


# The domain's rule, and every path of the official tree

LABELS_OF_AXIS = {
    "soort-toepassing": [
        "AI-systeem",
        "AI-systeem voor algemene doeleinden",
        "AI-model voor algemene doeleinden",
    ],
    "risicogroep": ["verboden AI", "hoog-risico AI", "geen hoog-risico AI", "uitzondering van toepassing"],
    "rol-ai-act": ["aanbieder", "gebruiksverantwoordelijke", "importeur", "distributeur"],
    "transparantieverplichting": ["transparantieverplichting", "geen transparantieverplichting"],
    "systeemrisico": ["systeemrisico", "geen systeemrisico"],
    "open-source": ["open-source", "geen open-source"],
}


def in_framework_words(label: str) -> str:
    return label.lower().replace(" ", "-") + ("-systeem" if label.endswith("hoog-risico AI") else "")


def domain_rule(requirement, labels, conclusion, facts):
    """What the domain document says of one requirement and one finished classification."""
    carried = {
        axis: [in_framework_words(label) for label in labels if label in known]
        for axis, known in LABELS_OF_AXIS.items()
    }
    if requirement["id"].startswith("urn:nl:ak:ver:aia-"):
        if "AI-model voor algemene doeleinden" in labels and "systeemrisico" in labels:
            for axis in ("risicogroep", "transparantieverplichting"):
                carried[axis] = [v for v in carried[axis] if v != "uitzondering-van-toepassing"] + [
                    "niet-van-toepassing"
                ]
        elif conclusion.startswith("11."):
            return NOT
    for axis, values in carried.items():
        if values and not any(value in requirement[axis] for value in values):
            return NOT
    answers = [facts.get(fact) for fact in requirement["facts"]]
    if False in answers:
        return NOT
    return UNDETERMINED if None in answers else APPLIES


def framework_requirements(shared_data: Path):
    """The requirements as their front matter has them, with the facts that our catalogue says they hang on."""
    facts = {item["urn"]: item.get("facts", []) for item in built_in_requirements()}
    folder = shared_data / "algoritmekader/2026-06/docs/voldoen-aan-wetten-en-regels/vereisten"
    for path in sorted(folder.glob("*.md")):
        matter = load(path.read_text(encoding="utf-8").split("---\n")[1])
        if str(matter.get("id")).startswith("urn:"):
            yield {"id": matter["id"], "facts": facts[matter["id"]], **{axis: matter[axis] for axis in LABELS_OF_AXIS}}


@pytest.mark.data
@pytest.mark.parametrize(
    "facts",
    [{}, dict.fromkeys(Fact.values, True), dict.fromkeys(Fact.values, False)],
    ids=["unanswered", "all true", "all false"],
)
def test_every_path_of_the_official_tree_leads_to_what_the_domain_rule_gives(shared_data, facts):
    tree = read_tree(load((shared_data / "beslishulp/decision-tree.yaml").read_text(encoding="utf-8")))
    requirements = list(framework_requirements(shared_data))
    duties = {
        item["id"]: Duty(
            axes={axis: frozenset(item[axis]) for axis in LABELS_OF_AXIS},
            is_ai_act=":aia-" in item["id"],
            facts=tuple(item["facts"]),
        )
        for item in requirements
    }
    alike: dict[tuple, list[Walk]] = {}
    for walk in tree.paths():
        alike.setdefault((walk.labels, walk.conclusion.number.startswith("11.")), []).append(walk)

    different = {}
    for walks in alike.values():
        decided = {urn: decide(profile_of(walks[0], facts), duty)[0] for urn, duty in duties.items()}
        expected = {r["id"]: domain_rule(r, walks[0].labels, walks[0].conclusion.number, facts) for r in requirements}
        if decided != expected:
            different[tuple(sorted(walks[0].labels))] = {
                urn: (decided[urn], expected[urn]) for urn in duties if decided[urn] != expected[urn]
            }

    assert (len(requirements), sum(map(len, alike.values()))) == (63, 3140)
    assert different == {}


# What was decided stays decided


@lru_cache
def profiles_on_the_way() -> dict[frozenset[str], set[tuple[frozenset[str], bool]]]:
    """The labels of every unfinished walk, with how each path that goes on from there ends: labels, AI Act applies."""
    ends: dict[frozenset[str], set[tuple[frozenset[str], bool]]] = {}
    for path in built_in_tree().paths():
        labels: frozenset[str] = frozenset()
        for step in path.steps:
            ends.setdefault(labels, set()).add((path.labels, path.conclusion.ai_act_applies))
            labels |= frozenset(step.answer.labels)
    return ends


def test_what_is_decided_on_the_way_is_so_at_the_end_of_every_path_that_goes_on_from_there():
    ends = {end for possible in profiles_on_the_way().values() for end in possible}
    at_the_end = {end: outcomes(Profile(axis_values(end[0]), True, end[1])) for end in ends}

    broken = [
        (urn, sorted(labels), outcome, sorted(end[0]))
        for labels, possible in profiles_on_the_way().items()
        for urn, outcome in outcomes(Profile(axis_values(labels))).items()
        for end in possible
        if outcome not in (UNDETERMINED, at_the_end[end][urn])
    ]

    assert broken == []


facts_known = st.dictionaries(st.sampled_from(Fact.values), st.booleans())


@given(
    number=st.integers(0, 3139),
    length=st.integers(0, 30),
    now=facts_known,
    later=facts_known,
)
def test_answering_more_questions_or_facts_changes_no_outcome_that_was_decided(number, length, now, later):
    tree, path = built_in_tree(), built_in_paths()[number]

    before = outcomes(profile_of(tree.walk(path.answers[:length]), now))
    after = outcomes(profile_of(path, {**later, **now}))

    decided = {urn: outcome for urn, outcome in before.items() if outcome != UNDETERMINED}
    assert {urn: after[urn] for urn in decided} == decided


@lru_cache
def built_in_paths() -> list[Walk]:
    return list(built_in_tree().paths())


# The rules one by one


def duty(axes=None, *, is_ai_act=True, facts=()) -> Duty:
    """A requirement that holds for every AI system, save for the axes given."""
    values = {**EVERY_VALUE, **(axes or {})}
    return Duty({axis: frozenset(values[axis]) for axis in values}, is_ai_act, tuple(facts))


PROVIDER = {"rol-ai-act": ["aanbieder"]}
NO_RISK_GROUP = {"risicogroep": ["niet-van-toepassing"], "transparantieverplichting": ["niet-van-toepassing"]}
HIGH_RISK = {"risicogroep": ["hoog-risico-ai-systeem"]}


def profile(*labels: str, finished=True, ai_act_applies: bool | None = True, **facts: bool) -> Profile:
    return Profile(axis_values(labels), finished, ai_act_applies if finished else None, facts)


def test_the_role_is_an_axis_like_the_others():
    assert decide(profile("gebruiksverantwoordelijke"), duty(PROVIDER)) == (
        NOT,
        {"code": "axis", "axis": "rol-ai-act", "values": ["gebruiksverantwoordelijke"]},
    )


def test_one_matching_label_on_an_axis_is_enough():
    assert decide(profile("aanbieder", "gebruiksverantwoordelijke"), duty(PROVIDER)) == (
        APPLIES,
        {"code": "axes", "axes": {"rol-ai-act": ["aanbieder"]}},
    )


def test_every_axis_has_to_match():
    both = duty({**PROVIDER, **HIGH_RISK})

    assert decide(profile("aanbieder", "hoog-risico AI"), both)[0] == APPLIES
    assert decide(profile("aanbieder", "geen hoog-risico AI"), both)[0] == NOT


def test_an_axis_without_a_label_does_not_restrict_a_finished_classification():
    assert decide(profile("aanbieder"), duty({**PROVIDER, **HIGH_RISK}))[0] == APPLIES


def test_an_axis_without_a_label_leaves_an_unfinished_classification_undetermined():
    assert decide(profile("aanbieder", finished=False), duty({**PROVIDER, **HIGH_RISK})) == (
        UNDETERMINED,
        {"code": "unanswered_axis", "axis": "risicogroep", "values": ["hoog-risico-ai-systeem"]},
    )


def test_what_excludes_counts_before_the_classification_is_finished():
    assert decide(profile("gebruiksverantwoordelijke", finished=False), duty({**PROVIDER, **HIGH_RISK}))[0] == NOT


def test_an_axis_that_cannot_restrict_does_not_hold_the_outcome_back():
    every_system = duty(is_ai_act=False)

    assert decide(profile(finished=False), every_system) == (APPLIES, {"code": "always"})


def test_an_ai_act_requirement_waits_for_the_conclusion_since_an_exception_may_still_come():
    unfinished = profile("aanbieder", "hoog-risico AI", finished=False)

    assert decide(unfinished, duty({**PROVIDER, **HIGH_RISK})) == (UNDETERMINED, {"code": "unfinished"})


def test_where_the_ai_act_does_not_apply_none_of_its_requirements_does():
    outside = profile("aanbieder", ai_act_applies=False)

    assert decide(outside, duty(PROVIDER)) == (NOT, {"code": "ai_act_does_not_apply"})
    assert decide(outside, duty(is_ai_act=False)) == (APPLIES, {"code": "always"})


def test_a_model_with_systemic_risk_counts_as_not_applicable_on_risk_group_and_transparency():
    assert decide(profile("AI-model voor algemene doeleinden", "systeemrisico"), duty(NO_RISK_GROUP))[0] == APPLIES
    assert decide(profile("AI-model voor algemene doeleinden", "systeemrisico"), duty(HIGH_RISK))[0] == NOT


def test_an_exception_neither_blocks_nor_counts_for_a_model_with_systemic_risk():
    model = ["AI-model voor algemene doeleinden", "systeemrisico", "uitzondering van toepassing"]
    for_exceptions = duty({**NO_RISK_GROUP, "risicogroep": ["uitzondering-van-toepassing"]})

    assert decide(profile(*model, ai_act_applies=False), duty(NO_RISK_GROUP))[0] == APPLIES
    assert decide(profile(*model), for_exceptions)[0] == NOT


def test_for_other_laws_not_applicable_is_no_value():
    model = profile("AI-model voor algemene doeleinden", "systeemrisico")

    assert decide(model, duty(is_ai_act=False))[0] == APPLIES


def test_a_requirement_that_hangs_on_facts_applies_when_all_of_them_hold():
    gdpr = duty(is_ai_act=False, facts=["personal_data", "automated_decisions"])

    assert decide(profile(personal_data=True, automated_decisions=True), gdpr) == (
        APPLIES,
        {"code": "facts", "facts": ["personal_data", "automated_decisions"]},
    )
    assert decide(profile(personal_data=True, automated_decisions=False), gdpr) == (
        NOT,
        {"code": "fact", "fact": "automated_decisions"},
    )
    assert decide(profile(personal_data=True), gdpr) == (
        UNDETERMINED,
        {"code": "unanswered_fact", "fact": "automated_decisions"},
    )


def test_a_fact_that_does_not_hold_excludes_whatever_else_is_unanswered():
    gdpr = duty(is_ai_act=False, facts=["personal_data", "automated_decisions"])

    assert decide(profile(finished=False, automated_decisions=False), gdpr)[0] == NOT


def test_how_an_algorithm_was_acquired_answers_a_fact():
    bought = duty(is_ai_act=False, facts=["acquired"])

    found = {way: decide(profile_of(None, {}, way), bought)[0] for way in ("", "developed", "bought", "shared")}

    assert found == {"": UNDETERMINED, "developed": NOT, "bought": APPLIES, "shared": APPLIES}


def test_nothing_known_yet_leaves_open_what_can_still_go_either_way():
    nothing = outcomes(profile_of(None, {}))

    always = {urn for urn, known in built_in_duties().items() if not known.is_ai_act and not known.facts}
    assert {urn for urn, outcome in nothing.items() if outcome != UNDETERMINED} == always
    assert {nothing[urn] for urn in always} == {APPLIES}


# In words


def every_reason() -> list[tuple[str, dict]]:
    """Each outcome with its reason that some walk, with some facts, leads to."""
    profiles = [Profile(axis_values(labels), facts=facts) for labels in profiles_on_the_way() for facts in EVERY_FACT]
    ends = {end for possible in profiles_on_the_way().values() for end in possible}
    profiles += [Profile(axis_values(labels), True, applies, facts) for labels, applies in ends for facts in EVERY_FACT]
    found = {}
    for known in profiles:
        for requirement in built_in_duties().values():
            outcome, reason = decide(known, requirement)
            found[outcome, repr(reason)] = (outcome, reason)
    return list(found.values())


EVERY_FACT = [{}, dict.fromkeys(Fact.values, True), dict.fromkeys(Fact.values, False)]
RAW_CODES = {value for values in EVERY_VALUE.values() for value in values if "-" in value} | {"niet-van-toepassing"}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_reason_is_a_sentence_without_codes(language):
    reasons = every_reason()
    with translation.override(language):
        sentences = [explain(outcome, reason, question) for outcome, reason in reasons for question in ("", "2.4")]

    faulty = [
        sentence
        for sentence in sentences
        if not sentence.endswith(".") or "_" in sentence or any(code in sentence for code in RAW_CODES)
    ]
    codes = {reason["code"] for _outcome, reason in reasons}
    assert faulty == []
    assert codes == {
        "ai_act_does_not_apply", "axis", "axes", "every_ai_system", "fact", "facts",
        "unanswered_axis", "unanswered_fact", "unfinished", "always",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("known", "requirement", "sentence"),
    [
        (
            profile("aanbieder", "hoog-risico AI"),
            duty({**HIGH_RISK, **PROVIDER}),
            "Applies: high risk and you are its provider.",
        ),
        (profile("gebruiksverantwoordelijke"), duty(PROVIDER), "Does not apply: you only use it."),
        (profile(finished=False), duty(PROVIDER), "Undetermined: answer question 2.4 of the decision aid."),
        (
            profile("AI-model voor algemene doeleinden", "systeemrisico"),
            duty({**NO_RISK_GROUP, "systeemrisico": ["systeemrisico"]}),
            "Applies: it has systemic risk.",
        ),
    ],
)
def test_a_reason_reads_as_the_domain_says_it(known, requirement, sentence):
    with translation.override("en"):
        assert explain(*decide(known, requirement), "2.4") == sentence


def test_every_value_of_a_label_has_words():
    with translation.override("en"):
        sentences = {
            explain(APPLIES, {"code": "axes", "axes": {axis: [value]}}) for axis in POSSIBLE for value in POSSIBLE[axis]
        }

    assert len(sentences) == sum(map(len, POSSIBLE.values()))
