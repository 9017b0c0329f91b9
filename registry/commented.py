"""Which records of the register people may comment on, and where those comments stand."""

from typing import Any

from django.urls import reverse

from governance.commenting import Kind, requirement_or_measure
from governance.models import Requirement
from registry.models import Algorithm, Audit, Complaint, Finding, Proposal


def _of_algorithm(algorithm: Algorithm, item: Any) -> str:
    if item is None:
        return algorithm.get_absolute_url()
    route = "algorithm-requirement" if isinstance(item, Requirement) else "algorithm-measure"
    return reverse(route, args=[algorithm.pk, item.slug])


KINDS = [
    Kind("algoritme", Algorithm, _of_algorithm, part=requirement_or_measure),
    Kind("klacht", Complaint, lambda complaint, part: complaint.get_absolute_url()),
    Kind("bevinding", Finding, lambda finding, part: finding.get_absolute_url()),
    Kind("audit", Audit, lambda audit, part: audit.get_absolute_url()),
    Kind("aanmelding", Proposal, lambda proposal, part: proposal.get_absolute_url()),
]
