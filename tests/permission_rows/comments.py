"""Comments on records."""

from collections.abc import Callable
from typing import Any

from governance import commenting
from tests.permission_rows import EVERY_ROLE, REGISTRAR, WORKING, Row
from tests.permission_rows.intake import READS_INTAKE
from tests.permission_world import World


def comment(world: World) -> list[Any]:
    return [world.comment.pk]


def own_comment(world: World) -> list[Any]:
    """Of the contributor to whom the work is assigned."""
    return [world.own_comment.pk]


def listed(kind: str) -> Callable[[World], list[Any]]:
    """Of an organisation's list of this kind of record."""
    names = {"waarde": "objective", "kennis": "knowledge", "volwassenheid": "maturity_assessment"}
    return lambda world: [kind, world.records[names[kind]].pk]


ROWS = [
    Row("comment-add", WORKING, lambda world: ["algoritme", world.algorithm.pk], method="post", data={"text": "Zo."}),
    Row("comment-add", WORKING, lambda world: ["klacht", world.complaint.pk], method="post", data={"text": "Zo."}),
    Row(
        "comment-add",
        REGISTRAR,
        lambda world: ["aanmelding", world.proposal.pk],
        method="post",
        data={"text": "Zo."},
        seen_by=READS_INTAKE,
    ),
    Row("comment-add", WORKING, lambda world: ["beleid", world.policy.pk], method="post", data={"text": "Zo."}),
    Row(
        "comment-add",
        WORKING,
        lambda world: ["beleid", world.adopted_policy.pk],
        method="post",
        data={"text": "Zo."},
        below=True,
    ),
    Row("comment-add", WORKING, lambda world: ["functie", world.position.pk], method="post", data={"text": "Zo."}),
    Row(
        "comment-add",
        WORKING,
        lambda world: ["organisatie", world.own.pk],
        method="post",
        data=lambda world: {"text": "Zo.", "part": f"requirement:{world.organisation_requirement.pk}"},
    ),
    *(
        Row("comment-add", WORKING, listed(kind), method="post", data={"text": "Zo."})
        for kind in ("waarde", "kennis", "volwassenheid")
    ),
    *(
        Row(
            "comment-add",
            WORKING,
            lambda world: ["algoritme", world.algorithm.pk],
            method="post",
            data=lambda world, part=part: {"text": "Zo.", "part": commenting.part_code(world.records[part])},
        )
        for part in ("team_member", "involvement", "responsibility")
    ),
    *(Row("comments", EVERY_ROLE, listed(kind)) for kind in ("waarde", "kennis")),
    Row("comments", EVERY_ROLE, listed("volwassenheid")),
    Row("comment", EVERY_ROLE, comment),
    Row("comment-resolve", REGISTRAR, comment, method="post"),
    Row("comment-resolve", REGISTRAR, own_comment, method="post", assigned=True),
    Row("comment-reopen", REGISTRAR, comment, method="post"),
    Row("comment-reopen", REGISTRAR, own_comment, method="post", assigned=True),
]
