"""Which records of the register people may comment on, and where those comments stand."""

from typing import Any

from django.urls import reverse

from governance.commenting import Kind, requirement_or_measure
from governance.models import Requirement
from registry.models import (
    Algorithm,
    Audit,
    Complaint,
    Evaluation,
    Finding,
    Gate,
    ImpactAssessment,
    Incident,
    Involvement,
    Proposal,
    Responsibility,
    Risk,
    TeamMember,
)

PAGES: dict[type[Any], str] = {
    TeamMember: "algorithm-team",
    Involvement: "algorithm-team",
    Responsibility: "algorithm-responsibilities",
}
"""What belongs to an algorithm and is told in its history, and the page that lists it."""


def page_about(algorithm: Algorithm, part: Any) -> str:
    """Where what the algorithm does about a requirement or measure stands; of no part, its own page."""
    if part is None:
        return algorithm.get_absolute_url()
    if type(part) in PAGES:
        return reverse(PAGES[type(part)], args=[algorithm.pk])
    route = "algorithm-requirement" if isinstance(part, Requirement) else "algorithm-measure"
    return reverse(route, args=[algorithm.pk, part.slug])


def _part(algorithm: Algorithm, part: str) -> Any:
    name, _colon, number = part.partition(":")
    model = next((model for model in PAGES if model._meta.model_name == name), None)
    if model is None:
        return requirement_or_measure(algorithm, part)
    return model._default_manager.filter(algorithm=algorithm, pk=number).first() if number.isdecimal() else None


KINDS = [
    Kind("algoritme", Algorithm, page_about, part=_part, listed=tuple(PAGES)),
    Kind("beslismoment", Gate, lambda gate, part: gate.get_absolute_url()),
    Kind("klacht", Complaint, lambda complaint, part: complaint.get_absolute_url()),
    Kind("evaluatie", Evaluation, lambda evaluation, part: evaluation.get_absolute_url()),
    Kind("impacttoets", ImpactAssessment, lambda assessment, part: assessment.get_absolute_url()),
    Kind("incident", Incident, lambda incident, part: incident.get_absolute_url()),
    Kind("risico", Risk, lambda risk, part: risk.get_absolute_url()),
    Kind("bevinding", Finding, lambda finding, part: finding.get_absolute_url()),
    Kind("audit", Audit, lambda audit, part: audit.get_absolute_url()),
    Kind("aanmelding", Proposal, lambda proposal, part: proposal.get_absolute_url()),
]
