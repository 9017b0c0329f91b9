"""Proposing an algorithm, and deciding about it."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, REGISTRAR, WITH_ACCOUNT, Row
from tests.permission_world import World


def proposal(world: World) -> list[Any]:
    return [world.proposal.pk]


ROWS = [
    Row("proposal-add", EVERY_ROLE, anywhere=True),
    Row("proposal-add", EVERY_ROLE, method="post", anywhere=True),
    Row("proposals", WITH_ACCOUNT),
    Row("proposal", EVERY_ROLE, proposal),
    Row("proposal-register", REGISTRAR, proposal),
    Row("proposal-register", REGISTRAR, proposal, method="post"),
    Row("proposal-merge", REGISTRAR, proposal),
    Row("proposal-merge", REGISTRAR, proposal, method="post"),
    Row("proposal-decline", REGISTRAR, proposal),
    Row("proposal-decline", REGISTRAR, proposal, method="post", data={"reason": "Geen algoritme."}),
]
