"""Evidence: where it is needed, one piece of it, and the list of an organisation; and impact assessments."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, WORKING, Row
from tests.permission_world import World


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


def link(world: World) -> list[Any]:
    return [world.own.slug, world.evidence.pk]


def document(world: World) -> list[Any]:
    return [world.own.slug, world.evidence_file.pk]


def algorithm(world: World) -> list[Any]:
    return ["algoritme", world.algorithm.pk]


def policy(world: World) -> list[Any]:
    return ["beleid", world.policy.pk]


def requirement(world: World) -> str:
    return f"?part=requirement:{world.requirement.pk}"


def of_algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def assessment(world: World) -> list[Any]:
    return [world.algorithm.pk, world.impact_assessment.pk]


NEW = {"url": "https://voorbeeld.nl/besluit"}

ROWS = [
    Row("algorithm-evidence", EVERY_ROLE, of_algorithm),
    Row("algorithm-impact-assessments", EVERY_ROLE, of_algorithm),
    Row("impact-assessment-add", WORKING, of_algorithm, assigned=True),
    Row(
        "impact-assessment-add",
        WORKING,
        of_algorithm,
        method="post",
        data=lambda world: {"tool": world.tool.pk},
        assigned=True,
    ),
    Row("impact-assessment", EVERY_ROLE, assessment),
    Row("impact-assessment-edit", WORKING, assessment, assigned=True),
    Row("impact-assessment-edit", WORKING, assessment, method="post", data={"seen": 1}, assigned=True),
    Row("impact-assessment-withdraw", WORKING, assessment, assigned=True),
    Row(
        "impact-assessment-withdraw",
        WORKING,
        assessment,
        method="post",
        data={"seen": 1, "reason": "Vergissing."},
        assigned=True,
    ),
    Row("evidence-list", EVERY_ROLE, organisation),
    Row("evidence-add", WORKING, organisation, assigned=True),
    Row("evidence-add", WORKING, organisation, method="post", data=NEW, assigned=True),
    Row("evidence", EVERY_ROLE, link),
    Row("evidence-file", EVERY_ROLE, document),
    Row("evidence-edit", WORKING, link, assigned=True),
    Row("evidence-edit", WORKING, link, method="post", data={"title": "X", "seen": 1}, assigned=True),
    Row("evidence-withdraw", WORKING, link, assigned=True),
    Row("evidence-withdraw", WORKING, link, method="post", data={"reason": "Oud."}, assigned=True),
    Row("evidence-attach", WORKING, policy, assigned=True),
    Row("evidence-attach", WORKING, policy, method="post", data=NEW, assigned=True),
    Row("evidence-attach", WORKING, algorithm, query=requirement, assigned=True),
    Row("evidence-choose", WORKING, lambda world: [*policy(world), world.evidence.pk], method="post", assigned=True),
    Row(
        "evidence-detach",
        WORKING,
        lambda world: [*algorithm(world), world.evidence_use.pk],
        method="post",
        assigned=True,
    ),
]
