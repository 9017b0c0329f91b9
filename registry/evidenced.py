"""For which records of the register evidence is kept, and where it stands."""

from typing import Any

from governance.commenting import requirement_or_measure
from governance.evidence_places import Kind
from governance.models import Measure, Requirement
from governance.notifying import address_of
from registry.commented import page_about
from registry.impact_assessments import backing
from registry.models import Algorithm, AlgorithmEvidence, Evaluation, Gate, ImpactAssessment, Incident, Risk


def worked_on_here(algorithm: Algorithm, part: str) -> Requirement | Measure | None:
    """The requirement or measure with that code, unless the algorithm inherits it from its organisation."""
    item = requirement_or_measure(algorithm, part)
    return None if item is None or item.is_at_organisation_level else item


def _page(record: Any, part: Any) -> str:
    return address_of(record)


KINDS = [
    Kind(
        "algoritme",
        Algorithm,
        page_about,
        part=worked_on_here,
        has_only_parts=True,
        uses=AlgorithmEvidence,
        backing=backing,
    ),
    Kind("beslismoment", Gate, _page, uses=AlgorithmEvidence, is_settled=lambda gate: not gate.is_waiting),
    Kind("impacttoets", ImpactAssessment, _page, uses=AlgorithmEvidence, subject="impact_assessment"),
    Kind("risico", Risk, _page, uses=AlgorithmEvidence, is_settled=lambda risk: risk.closed is not None),
    Kind(
        "evaluatie",
        Evaluation,
        _page,
        uses=AlgorithmEvidence,
        is_settled=lambda evaluation: evaluation.held_on is not None,
    ),
    Kind("incident", Incident, _page, uses=AlgorithmEvidence, is_settled=lambda incident: incident.closed is not None),
]
