"""The work at organisation level, and how mature the organisation judges itself to be."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, Row
from tests.permission_world import World


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


def requirement(world: World) -> list[Any]:
    return [world.own.slug, world.organisation_requirement.slug]


def measure(world: World) -> list[Any]:
    return [world.own.slug, world.organisation_measure.slug]


ROWS = [
    Row("organisation-requirements", EVERY_ROLE, organisation),
    Row("organisation-requirement", EVERY_ROLE, requirement),
    Row("organisation-requirement", REGISTRAR, requirement, method="post", assigned=True),
    Row("organisation-verify", REGISTRAR, requirement, method="post"),
    Row("organisation-measures", EVERY_ROLE, organisation),
    Row("organisation-measure", EVERY_ROLE, measure),
    Row("organisation-measure", REGISTRAR, measure, method="post", assigned=True),
    Row("maturity", EVERY_ROLE, organisation),
    Row("maturity-add", REGISTRAR, organisation),
    Row("maturity-add", REGISTRAR, organisation, method="post"),
    Row("maturity-assessment", EVERY_ROLE, lambda world: [world.own.slug, world.maturity_assessment.pk]),
]
