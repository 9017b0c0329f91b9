"""Which records of an organisation people may comment on, and where those comments stand."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from governance.commenting import Kind
from governance.models import (
    Evidence,
    Knowledge,
    MaturityAssessment,
    Measure,
    Objective,
    Organisation,
    Policy,
    PolicyVersion,
    Position,
    Requirement,
)
from governance.organisation_level import is_tracked


def _of_policy(policy: Policy, version: PolicyVersion | None) -> str:
    return (version or policy).get_absolute_url()


def _version(policy: Policy, part: str) -> PolicyVersion | None:
    model, _colon, number = part.partition(":")
    if model != "policyversion" or not number.isdecimal():
        return None
    return policy.versions.filter(pk=number).first()


def page_of_item(organisation: Organisation, item: Any) -> str:
    """Where the organisation works on this requirement or measure."""
    route = "organisation-requirement" if isinstance(item, Requirement) else "organisation-measure"
    return reverse(route, args=[organisation.slug, item.slug])


def worked_on(organisation: Organisation, part: str) -> Requirement | Measure | None:
    """The requirement or measure with that code, where the organisation works on it."""
    model, _colon, number = part.partition(":")
    kinds: dict[str, Any] = {"requirement": Requirement, "measure": Measure}
    if model not in kinds or not number.isdecimal() or organisation.accountable() != organisation:
        return None
    item: Requirement | Measure | None = kinds[model].objects.filter(pk=number).first()
    return item if item is not None and is_tracked(organisation, item) else None


def _of_position(position: Position, part: Any) -> str:
    return reverse("position", args=[position.organisation.slug, position.pk])


def _in_list(route: str) -> Callable[[Any, Any], str]:
    """The page of the organisation that lists its records."""
    return lambda record, part: reverse(route, args=[record.organisation.slug])


def _of_assessment(assessment: MaturityAssessment, part: Any) -> str:
    return reverse("maturity-assessment", args=[assessment.organisation.slug, assessment.pk])


KINDS = [
    Kind("beleid", Policy, _of_policy, part=_version),
    Kind("organisatie", Organisation, page_of_item, part=worked_on, has_only_parts=True),
    Kind("functie", Position, _of_position),
    Kind("waarde", Objective, _in_list("objectives"), listed=(Objective,)),
    Kind("kennis", Knowledge, _in_list("literacy"), listed=(Knowledge,)),
    Kind("volwassenheid", MaturityAssessment, _of_assessment),
    Kind("bewijs", Evidence, lambda evidence, part: evidence.get_absolute_url()),
]
