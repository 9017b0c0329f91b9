"""Algorithms, what applies to them, and the work on them."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, WITH_ACCOUNT, Row
from tests.permission_world import World


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def requirement(world: World) -> list[Any]:
    return [world.algorithm.pk, world.requirement.slug]


def measure(world: World) -> list[Any]:
    return [world.algorithm.pk, world.measure.slug]


ROWS = [
    Row("algorithms", WITH_ACCOUNT),
    Row("algorithm-add", REGISTRAR, anywhere=True),
    Row("algorithm", EVERY_ROLE, algorithm),
    Row("algorithm-edit", REGISTRAR, algorithm),
    Row("algorithm-history", EVERY_ROLE, algorithm),
    Row("decision-aid", REGISTRAR, algorithm),
    Row("decision-aid", REGISTRAR, algorithm, method="post"),
    Row("decision-aid-facts", REGISTRAR, algorithm),
    Row("decision-aid-facts", REGISTRAR, algorithm, method="post"),
    Row("decision-aid-confirm", REGISTRAR, algorithm),
    Row("decision-aid-confirm", REGISTRAR, algorithm, method="post"),
    Row("decision-aid-carry-over", REGISTRAR, algorithm, method="post"),
    Row("decision-aid-discard", REGISTRAR, algorithm, method="post"),
    Row("classification", EVERY_ROLE, algorithm),
    Row("algorithm-requirements", EVERY_ROLE, algorithm),
    Row("algorithm-requirement", EVERY_ROLE, requirement),
    Row("algorithm-requirement", REGISTRAR, requirement, method="post", assigned=True),
    Row("algorithm-verify", REGISTRAR, requirement, method="post"),
    Row("algorithm-overrule", REGISTRAR, requirement, method="post"),
    Row("algorithm-measures", EVERY_ROLE, algorithm),
    Row("algorithm-measure", EVERY_ROLE, measure),
    Row("algorithm-measure", REGISTRAR, measure, method="post", assigned=True),
    Row("api:algorithm-list", WITH_ACCOUNT),
    Row("api:algorithm-detail", EVERY_ROLE, algorithm),
    Row("api:algorithm-applicability", EVERY_ROLE, algorithm),
    Row("api:algorithm-assessments", EVERY_ROLE, algorithm),
    Row("api:algorithm-compliance", EVERY_ROLE, algorithm),
    Row("api:algorithm-measures", EVERY_ROLE, algorithm),
]
