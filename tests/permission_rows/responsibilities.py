"""Who is responsible, the team, RACI defaults and handing over."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, Role, Row
from tests.permission_world import World

HANDING_OVER = frozenset({Role.MANAGER, Role.ADMINISTRATOR})


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


def responsibility(world: World) -> list[Any]:
    return [world.algorithm.pk, world.responsibility.pk]


def member(world: World) -> list[Any]:
    return [world.algorithm.pk, world.team_member.pk]


def involvement(world: World) -> list[Any]:
    return [world.algorithm.pk, world.involvement.pk]


def person(world: World) -> list[Any]:
    return [world.own.slug, world.assigned.pk]


ROWS = [
    Row("algorithm-responsibilities", EVERY_ROLE, algorithm),
    Row("algorithm-responsibilities-history", EVERY_ROLE, algorithm),
    *(
        Row(name, REGISTRAR, algorithm, method=method, assigned=True)
        for name in (
            "algorithm-responsibilities-edit",
            "algorithm-responsibility-give",
            "algorithm-proposed-responsibilities",
            "algorithm-team-add",
            "algorithm-involvement-add",
        )
        for method in ("get", "post")
    ),
    *(
        Row(name, REGISTRAR, arguments, method=method, assigned=True)
        for name, arguments in (
            ("algorithm-responsibility-end", responsibility),
            ("algorithm-team-member", member),
            ("algorithm-involvement-edit", involvement),
        )
        for method in ("get", "post")
    ),
    Row("algorithm-involvement-withdraw", REGISTRAR, involvement, assigned=True),
    Row("algorithm-involvement-withdraw", REGISTRAR, involvement, method="post", data={"seen": "1"}, assigned=True),
    Row("algorithm-team", EVERY_ROLE, algorithm),
    Row("algorithm-requirements", REGISTRAR, algorithm, method="post"),
    Row("algorithm-measures", REGISTRAR, algorithm, method="post"),
    Row("algorithms", REGISTRAR, method="post", anywhere=True, assigned=True),
    Row("raci-defaults", EVERY_ROLE, organisation),
    Row("raci-defaults", REGISTRAR, organisation, method="post"),
    Row("raci-defaults-start", REGISTRAR, organisation),
    Row("raci-defaults-start", REGISTRAR, organisation, method="post"),
    Row("raci-default-remove", REGISTRAR, lambda world: [world.own.slug, world.raci_default.pk], method="post"),
    Row("handover", HANDING_OVER, organisation),
    Row("handover-person", HANDING_OVER, person),
    Row("handover-person", HANDING_OVER, person, method="post"),
]
