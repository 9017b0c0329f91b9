"""Which records of the register people may comment on, and where those comments stand."""

from typing import Any

from django.urls import reverse

from governance.commenting import Kind, requirement_or_measure
from governance.models import Requirement
from registry.models import Algorithm, Complaint, Proposal


def page_about(algorithm: Algorithm, item: Any) -> str:
    """Where what the algorithm does about a requirement or measure stands; of no item, its own page."""
    if item is None:
        return algorithm.get_absolute_url()
    route = "algorithm-requirement" if isinstance(item, Requirement) else "algorithm-measure"
    return reverse(route, args=[algorithm.pk, item.slug])


KINDS = [
    Kind("algoritme", Algorithm, page_about, part=requirement_or_measure),
    Kind("klacht", Complaint, lambda complaint, part: complaint.get_absolute_url()),
    Kind("aanmelding", Proposal, lambda proposal, part: proposal.get_absolute_url()),
]
