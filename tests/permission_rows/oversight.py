"""Audits, findings and consistency checks."""

from typing import Any

from governance.models import Membership
from tests.permission_rows import EVERY_ROLE, Row
from tests.permission_world import World

AUDITOR = frozenset({Membership.Role.AUDITOR})
MANAGER = frozenset({Membership.Role.MANAGER})
REGISTRAR = MANAGER | {Membership.Role.OFFICER}


def algorithm(world: World) -> list[Any]:
    return [world.algorithm.pk]


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


def audit(world: World) -> list[Any]:
    return [world.own.slug, world.audit.pk]


def finding(world: World) -> list[Any]:
    return [world.own.slug, world.finding.pk]


def asking(world: World) -> list[Any]:
    return [world.own.slug, world.asking_finding.pk]


def closed(world: World) -> list[Any]:
    return [world.own.slug, world.closed_finding.pk]


def check(world: World) -> list[Any]:
    return [world.own.slug, "finding_overdue"]


def deviation(world: World) -> list[Any]:
    return [world.own.slug, "finding_overdue", str(world.finding.pk)]


def accepted(world: World) -> list[Any]:
    return [world.own.slug, world.accepted_deviation.pk]


REASON = {"seen": 1, "reason": "Het is opgelost."}

ROWS = [
    Row("organisation-findings", EVERY_ROLE, organisation),
    Row("algorithm-findings", EVERY_ROLE, algorithm),
    Row("finding-start", AUDITOR, anywhere=True),
    Row("finding-add", AUDITOR, organisation),
    Row("finding-add", AUDITOR, organisation, method="post"),
    Row("finding", EVERY_ROLE, finding),
    Row("finding-edit", AUDITOR, finding),
    Row("finding-edit", AUDITOR, finding, method="post"),
    Row("finding-respond", MANAGER, finding, method="post"),
    Row("finding-follow-up", REGISTRAR, finding, method="post", assigned=True),
    Row("finding-close", AUDITOR, finding, method="post", data=REASON),
    Row("finding-keep-open", AUDITOR, asking, method="post", data=REASON),
    Row("finding-reopen", AUDITOR, closed, method="post", data=REASON),
    Row("organisation-audits", EVERY_ROLE, organisation),
    Row("audit-add", AUDITOR, organisation),
    Row("audit-add", AUDITOR, organisation, method="post"),
    Row("audit", EVERY_ROLE, audit),
    Row("audit-edit", AUDITOR, audit),
    Row("audit-edit", AUDITOR, audit, method="post"),
    Row("audit-draw", AUDITOR, audit),
    Row("audit-draw", AUDITOR, audit, method="post", data={"seen": 1, "size": 1}),
    Row("audit-report", AUDITOR, audit),
    Row("audit-report", AUDITOR, audit, method="post", data={"seen": 1, "conclusion": "Goed.", "conclude": "yes"}),
    Row("organisation-consistency", EVERY_ROLE, organisation),
    Row("algorithm-consistency", EVERY_ROLE, algorithm),
    Row("consistency-check", EVERY_ROLE, check),
    Row("deviation-accept", MANAGER, deviation),
    Row("deviation-accept", MANAGER, deviation, method="post", data={"reason": "Kan zo.", "until": "2999-01-01"}),
    Row("deviation-withdraw", MANAGER, accepted, method="post"),
]
