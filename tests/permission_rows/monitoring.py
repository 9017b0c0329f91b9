"""The monitoring plan of an algorithm, its evaluations, and those across an organisation."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, Row
from tests.permission_world import World

HELD = {"seen": 1, "held_on": "2026-01-01", "findings": "Goed.", "outcome": "in_order"}


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def point(world: World) -> list[Any]:
    return [world.algorithm.pk, world.monitoring_point.pk]


def evaluation(world: World) -> list[Any]:
    return [world.algorithm.pk, world.evaluation.pk]


ROWS = [
    Row("algorithm-monitoring", EVERY_ROLE, algorithm),
    Row("organisation-monitoring", EVERY_ROLE, lambda world: [world.own.slug]),
    Row("monitoring-point-add", REGISTRAR, algorithm, assigned=True),
    Row("monitoring-point-add", REGISTRAR, algorithm, method="post", assigned=True),
    Row("monitoring-point-edit", REGISTRAR, point, assigned=True),
    Row("monitoring-point-edit", REGISTRAR, point, method="post", assigned=True),
    Row("monitoring-point-end", REGISTRAR, point, assigned=True),
    Row("monitoring-point-end", REGISTRAR, point, method="post", data={"seen": 1, "because": "Om."}, assigned=True),
    Row("evaluation-ask", REGISTRAR, algorithm, assigned=True),
    Row("evaluation-ask", REGISTRAR, algorithm, method="post", assigned=True),
    Row("evaluation", EVERY_ROLE, evaluation),
    Row("evaluation-edit", REGISTRAR, evaluation, assigned=True),
    Row("evaluation-edit", REGISTRAR, evaluation, method="post", assigned=True),
    Row("evaluation-hold", REGISTRAR, evaluation, method="post", data=HELD, assigned=True),
]
