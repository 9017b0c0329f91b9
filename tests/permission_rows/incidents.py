"""Incidents with an algorithm, and across an organisation."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, WORKING, Row
from tests.permission_world import World

DONE = {"seen": 1, "actions": "Hersteld."}


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def incident(world: World) -> list[Any]:
    return [world.algorithm.pk, world.incident.pk]


def handled(world: World) -> list[Any]:
    return [world.algorithm.pk, world.handled_incident.pk]


def closed(world: World) -> list[Any]:
    return [world.algorithm.pk, world.closed_incident.pk]


def report(world: World) -> list[Any]:
    return [*incident(world), world.incident_report.pk]


ROWS = [
    Row("algorithm-incidents", EVERY_ROLE, algorithm),
    Row("organisation-incidents", EVERY_ROLE, lambda world: [world.own.slug]),
    Row("incident-add", WORKING, algorithm),
    Row("incident-add", WORKING, algorithm, method="post"),
    Row("incident", EVERY_ROLE, incident),
    Row("incident-edit", REGISTRAR, incident, assigned=True),
    Row("incident-edit", REGISTRAR, incident, method="post", assigned=True),
    Row("incident-close", REGISTRAR, handled, method="post", data=DONE, assigned=True),
    Row("incident-reopen", REGISTRAR, closed, assigned=True),
    Row("incident-reopen", REGISTRAR, closed, method="post", data={"seen": 1, "because": "Toch."}, assigned=True),
    Row("incident-report", REGISTRAR, report, assigned=True),
    Row(
        "incident-report",
        REGISTRAR,
        report,
        method="post",
        data={"outcome": "not_needed", "because": "Al gemeld."},
        assigned=True,
    ),
]
