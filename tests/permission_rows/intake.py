"""Proposing an algorithm, and deciding about it."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, WITH_ACCOUNT, Role, Row
from tests.permission_world import World


def proposal(world: World) -> list[Any]:
    return [world.proposal.pk]


READS_INTAKE = REGISTRAR | {Role.AUDITOR}
"""Who sees what others propose; whoever is mentioned in a comment on it does so as well (`test_intake.py`)."""

PROPOSES = EVERY_ROLE - {Role.AUDITOR}

ROWS = [
    Row("proposal-add", PROPOSES, anywhere=True),
    Row("proposal-add", PROPOSES, method="post", anywhere=True),
    Row("proposals", WITH_ACCOUNT),
    Row("proposal", READS_INTAKE, proposal, seen_by=READS_INTAKE),
    Row("proposal-register", REGISTRAR, proposal, seen_by=READS_INTAKE),
    Row("proposal-register", REGISTRAR, proposal, seen_by=READS_INTAKE, method="post"),
    Row("proposal-merge", REGISTRAR, proposal, seen_by=READS_INTAKE),
    Row("proposal-merge", REGISTRAR, proposal, seen_by=READS_INTAKE, method="post"),
    Row("proposal-decline", REGISTRAR, proposal, seen_by=READS_INTAKE),
    Row(
        "proposal-decline", REGISTRAR, proposal, seen_by=READS_INTAKE, method="post", data={"reason": "Geen algoritme."}
    ),
]
