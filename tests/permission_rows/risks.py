"""Risks of an algorithm, and across an organisation."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, Role, Row
from tests.permission_world import World

MANAGER = frozenset({Role.MANAGER})


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def risk(world: World) -> list[Any]:
    return [world.algorithm.pk, world.risk.pk]


def closed(world: World) -> list[Any]:
    return [world.algorithm.pk, world.closed_risk.pk]


ROWS = [
    Row("algorithm-risks", EVERY_ROLE, algorithm),
    Row("organisation-risks", EVERY_ROLE, lambda world: [world.own.slug]),
    Row("risk-add", REGISTRAR, algorithm, assigned=True),
    Row("risk-add", REGISTRAR, algorithm, method="post", data={"title": "Iets"}, assigned=True),
    Row("risk-proposals", REGISTRAR, algorithm, assigned=True),
    Row("risk-proposals", REGISTRAR, algorithm, method="post", assigned=True),
    Row("risk", EVERY_ROLE, risk),
    Row("risk-edit", REGISTRAR, risk, assigned=True),
    Row("risk-edit", REGISTRAR, risk, method="post", data={"title": "Anders", "seen": 1}, assigned=True),
    Row("risk-accept", MANAGER, risk),
    Row("risk-accept", MANAGER, risk, method="post", data={"until": "2999-01-01", "because": "Zo.", "seen": 1}),
    Row("risk-close", REGISTRAR, risk, assigned=True),
    Row("risk-close", REGISTRAR, risk, method="post", data={"because": "Over.", "seen": 1}, assigned=True),
    Row("risk-reopen", REGISTRAR, closed, assigned=True),
    Row("risk-reopen", REGISTRAR, closed, method="post", data={"because": "Toch.", "seen": 1}, assigned=True),
]
