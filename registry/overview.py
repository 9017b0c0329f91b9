"""What the page of an organisation says about its algorithms."""

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from governance.models import Organisation, User
from governance.overview import Panel
from registry.compliance import at_a_glance
from registry.first_steps import first_steps
from registry.models import Algorithm


def algorithms_of(organisation: Organisation, reader: User) -> dict[str, Any]:
    """The algorithms of the organisation and of what is below it, counted; two queries.

    For who may see the organisation, and so all of these.
    """
    inside = Organisation.objects.filter(path__startswith=organisation.path).order_by("path")
    there = urlencode([("organisation", slug) for slug in inside.values_list("slug", flat=True)])
    algorithms = Algorithm.objects.filter(organisation__path__startswith=organisation.path)
    return {"there": there, **at_a_glance(algorithms)}


def steps_of(organisation: Organisation, reader: User) -> dict[str, Any]:
    """What who arranges a new organisation has to do first, and how much of it is done."""
    steps = first_steps(organisation, reader)
    return {"steps": steps, "done": sum(step.is_done for step in steps)}


PANELS = [
    Panel("first-steps", _("First steps"), "registry/_first_steps.html", steps_of, is_first=True),
    Panel("algorithms", _("Algorithms"), "registry/_algorithms_of.html", algorithms_of),
]
