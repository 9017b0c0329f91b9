"""Complaints and questions, about an algorithm and across an organisation."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, Row
from tests.permission_world import World


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def complaint(world: World) -> list[Any]:
    return [world.algorithm.pk, world.complaint.pk]


def closed(world: World) -> list[Any]:
    return [world.algorithm.pk, world.closed_complaint.pk]


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


ROWS = [
    Row("algorithm-complaints", EVERY_ROLE, algorithm),
    Row("complaint-add", REGISTRAR, algorithm),
    Row("complaint-add", REGISTRAR, algorithm, method="post"),
    Row("complaint", EVERY_ROLE, complaint),
    Row("complaint-edit", REGISTRAR, complaint, assigned=True),
    Row("complaint-edit", REGISTRAR, complaint, method="post", assigned=True),
    Row("complaint-handle", REGISTRAR, complaint, method="post", assigned=True),
    Row("complaint-reopen", REGISTRAR, closed, method="post", data={"seen": 1, "reason": "Toch."}, assigned=True),
    Row("organisation-complaints", EVERY_ROLE, organisation),
]
