"""The tree of organisations, and what one arranges: its values, its functions, and what people have to know."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, Role, Row
from tests.permission_world import World

ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
ARRANGES_POSITIONS = frozenset({Role.MANAGER, Role.ADMINISTRATOR})
RECORDS_OWN = EVERY_ROLE - {Role.AUDITOR}


def own(world: World) -> list[Any]:
    return [world.own.slug]


def objective(world: World) -> list[Any]:
    return [world.own.slug, world.objective.pk]


def position(world: World) -> list[Any]:
    return [world.own.slug, world.position.pk]


def assignment(world: World) -> list[Any]:
    return [world.own.slug, world.role_assignment.pk]


def knowledge(world: World) -> list[Any]:
    return [world.own.slug, world.knowledge.pk]


def training(world: World) -> list[Any]:
    return [world.own.slug, world.training.pk]


def person(world: World) -> list[Any]:
    return [world.own.slug, world.training.person.pk]


ROWS = [
    Row("organisation-add", ADMINISTRATOR, anywhere=True, operator=True),
    Row("organisation-add", ADMINISTRATOR, anywhere=True, operator=True, method="post"),
    Row("organisation-edit", ADMINISTRATOR, own),
    Row("organisation-edit", ADMINISTRATOR, own, method="post"),
    Row("objectives", EVERY_ROLE, own),
    Row("objective-add", REGISTRAR, own),
    Row("objective-add", REGISTRAR, own, method="post"),
    Row("objectives-start", REGISTRAR, own),
    Row("objectives-start", REGISTRAR, own, method="post"),
    Row("objective-edit", REGISTRAR, objective),
    Row("objective-edit", REGISTRAR, objective, method="post"),
    Row("objective-end", REGISTRAR, objective),
    Row("objective-end", REGISTRAR, objective, method="post"),
    Row("positions", EVERY_ROLE, own),
    Row("position", EVERY_ROLE, position),
    Row("position-add", ARRANGES_POSITIONS, own),
    Row("position-add", ARRANGES_POSITIONS, own, method="post"),
    Row("positions-start", ARRANGES_POSITIONS, own),
    Row("positions-start", ARRANGES_POSITIONS, own, method="post"),
    Row("position-edit", ARRANGES_POSITIONS, position),
    Row("position-edit", ARRANGES_POSITIONS, position, method="post"),
    Row("position-end", ARRANGES_POSITIONS, position),
    Row("position-end", ARRANGES_POSITIONS, position, method="post"),
    Row("position-assign", ARRANGES_POSITIONS, position),
    Row("position-assign", ARRANGES_POSITIONS, position, method="post"),
    Row("assignment-end", ARRANGES_POSITIONS, assignment),
    Row("assignment-end", ARRANGES_POSITIONS, assignment, method="post"),
    Row("literacy", EVERY_ROLE, own),
    Row("knowledge-add", REGISTRAR, own),
    Row("knowledge-add", REGISTRAR, own, method="post"),
    Row("knowledge-start", REGISTRAR, own),
    Row("knowledge-start", REGISTRAR, own, method="post"),
    Row("knowledge-edit", REGISTRAR, knowledge),
    Row("knowledge-edit", REGISTRAR, knowledge, method="post"),
    Row("knowledge-end", REGISTRAR, knowledge),
    Row("knowledge-end", REGISTRAR, knowledge, method="post"),
    Row("training-add", RECORDS_OWN, own),
    Row("training-add", RECORDS_OWN, own, method="post"),
    Row("training-withdraw", REGISTRAR, training),
    Row("training-withdraw", REGISTRAR, training, method="post"),
    Row("organisation-person", EVERY_ROLE, person),
]
