"""Compliance browsed from any side, and the state on a day."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, WITH_ACCOUNT, Row
from tests.permission_world import World


def framework(world: World) -> list[Any]:
    return [world.audit_framework.slug]


ROWS = [
    Row("compliance", WITH_ACCOUNT),
    Row("compliance-requirements", WITH_ACCOUNT),
    Row("compliance-requirements-by", WITH_ACCOUNT, lambda world: ["organisation"]),
    Row("compliance-measures", WITH_ACCOUNT),
    Row("compliance-measures-by", WITH_ACCOUNT, lambda world: ["algorithm"]),
    Row("compliance-matrix", WITH_ACCOUNT),
    Row("compliance-audit-frameworks", WITH_ACCOUNT),
    Row("compliance-audit-framework", WITH_ACCOUNT, framework),
    Row("compliance-criterion", WITH_ACCOUNT, lambda world: [world.audit_framework.slug, world.criterion.number]),
    Row("algorithm-state", EVERY_ROLE, lambda world: [world.algorithm.pk]),
    Row("organisation-state", EVERY_ROLE, lambda world: [world.own.slug]),
]
