"""Which impact assessments an algorithm needs and which count: the same wherever it is asked."""

from datetime import timedelta

import pytest

from governance import clock
from registry import consistency, impact_assessments, open_items
from registry.assessments_needed import HIGH_RISK, assessments_needed
from registry.gate_checklists import known
from registry.models import ImpactAssessment
from tests import factories
from tests.deciding import classified

pytestmark = pytest.mark.django_db


def day(number):
    return clock.today() + timedelta(days=number)


@pytest.mark.parametrize(
    ("risk_group", "facts", "needed", "answer"),
    [
        (HIGH_RISK, {"personal_data": True}, ["dpia", "iama"], None),
        (HIGH_RISK, {"personal_data": False}, ["iama"], "not_applicable"),
        (HIGH_RISK, {}, ["iama"], None),
        ("", {"personal_data": True}, [], None),
        ("", {"personal_data": True, "special_categories": True}, ["dpia"], None),
        ("", {"personal_data": True, "automated_decisions": True}, ["dpia"], None),
        (
            "",
            {"personal_data": True, "special_categories": False, "automated_decisions": False},
            [],
            "not_applicable",
        ),
    ],
)
def test_what_is_needed_follows_from_the_classification_and_begins_the_checklist(risk_group, facts, needed, answer):
    algorithm = factories.AlgorithmFactory()
    classification = classified(algorithm, risk_group, **facts)
    for number in range(1, 9):
        factories.PhaseFactory(number=number)

    missing = [item.code for item in open_items.open_items(algorithm, [1]) if item.kind == "impact_assessment"]

    assert (assessments_needed(classification), missing) == (needed, needed)
    assert known(algorithm, "into_use").get("dpia") == answer


def test_nothing_is_known_to_be_needed_before_it_is_classified():
    assert assessments_needed(None) == []


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"outcome": "with_measures"}, True),
        ({"next_on": 0}, True),
        ({"next_on": -1}, False),
        ({"outcome": "not_acceptable"}, False),
        ({"carried_out_on": None, "outcome": "", "conclusion": ""}, False),
    ],
)
def test_one_that_is_valid_counts_for_decisions_for_the_checklist_as_evidence_and_for_the_checks(fields, counts):
    algorithm, requirement = factories.AlgorithmFactory(), factories.RequirementFactory()
    classified(algorithm, HIGH_RISK, personal_data=True)
    tool = factories.ToolFactory(slug="dpia")
    tool.requirements.add(requirement)
    fields = {"carried_out_on": day(-9), "outcome": "acceptable", "conclusion": "Kan.", **fields}
    if "next_on" in fields:
        fields["next_on"] = day(fields["next_on"])
    ImpactAssessment.objects.create(algorithm=algorithm, tool=tool, **fields)

    missing = {item.code for item in open_items.open_items(algorithm, [1])}

    assert ("dpia" not in missing) is counts
    assert (known(algorithm, "into_use").get("dpia") == "yes") is counts
    assert bool(impact_assessments.backing(algorithm, requirement)) is counts
    assert (algorithm not in consistency.high_risk_without_impact_assessment()) is counts
