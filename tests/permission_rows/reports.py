"""The dossier of an algorithm and the report of an organisation, for whoever sees them."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, Row
from tests.permission_world import World


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


ROWS = [
    Row("algorithm-dossier", EVERY_ROLE, algorithm),
    Row("algorithm-dossier-pdf", EVERY_ROLE, algorithm, method="post", data={"day": "2999-01-01"}),
    Row("organisation-report", EVERY_ROLE, organisation),
    Row("organisation-report-pdf", EVERY_ROLE, organisation, method="post"),
]
