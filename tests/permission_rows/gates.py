"""The life of an algorithm: asking for decisions, taking them, and the conditions that follow."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, Role, Row
from tests.permission_world import World

MANAGER = frozenset({Role.MANAGER})


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def retire(world: World) -> list[Any]:
    return [world.algorithm.pk, "uitfaseren"]


def waiting(world: World) -> list[Any]:
    return [world.algorithm.pk, world.waiting_gate.pk]


def condition(world: World) -> list[Any]:
    return [world.algorithm.pk, world.decided_gate.pk, world.condition.pk]


ROWS = [
    Row("algorithm-lifecycle", EVERY_ROLE, algorithm),
    Row("gate-add", REGISTRAR, algorithm, assigned=True),
    Row("gate-request", REGISTRAR, retire, assigned=True),
    Row("gate-request", REGISTRAR, retire, method="post", assigned=True),
    Row("gate-decide-at-once", MANAGER, retire),
    Row("gate-decide-at-once", MANAGER, retire, method="post"),
    Row("gate", EVERY_ROLE, waiting),
    Row("gate-decide", MANAGER, waiting),
    Row("gate-decide", MANAGER, waiting, method="post"),
    Row("gate-take-back", REGISTRAR, waiting, method="post", assigned=True),
    Row("condition-edit", REGISTRAR, condition),
    Row("condition-edit", REGISTRAR, condition, method="post"),
    Row("condition-settle", REGISTRAR, condition, method="post", data={"result": "Gedaan."}, assigned=True),
]
