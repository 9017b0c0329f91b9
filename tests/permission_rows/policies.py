"""Policies, their versions and attachments, reading them, and what is published of them."""

from typing import Any

from tests.permission_rows import EVERY_ROLE, EVERYBODY, REGISTRAR, Role, Row
from tests.permission_world import World

MANAGER = frozenset({Role.MANAGER})


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


def policy(world: World) -> list[Any]:
    """One of which nothing was adopted, so that it does not exist below the organisation."""
    return [world.own.slug, world.policy.slug]


def draft(world: World) -> list[Any]:
    return [*policy(world), 1]


def in_review(world: World) -> list[Any]:
    return [world.own.slug, world.reviewed_policy.slug, 1]


def attached(world: World) -> list[Any]:
    return [*draft(world), world.attachment.pk]


def adopted_policy(world: World) -> list[Any]:
    """One that holds below the organisation as well, where it can be read."""
    return [world.own.slug, world.adopted_policy.slug]


def adopted(world: World) -> list[Any]:
    return [*adopted_policy(world), 1]


ROWS = [
    Row("policies", EVERY_ROLE, organisation),
    Row("policy-add", REGISTRAR, organisation),
    Row("policy-add", REGISTRAR, organisation, method="post", data={"title": "Code", "kind": "guideline"}),
    Row("policy", EVERY_ROLE, policy),
    Row("policy-edit", REGISTRAR, policy, assigned=True),
    Row("policy-edit", REGISTRAR, adopted_policy, below=True),
    Row("policy-edit", REGISTRAR, policy, method="post", assigned=True, data={"title": "X", "seen": 1}),
    Row("policy-publish", REGISTRAR, adopted_policy, method="post", below=True),
    Row("policy-withdraw", MANAGER, policy),
    Row("policy-withdraw", MANAGER, policy, method="post", data={"reason": "Achterhaald."}),
    Row("policy-version-add", REGISTRAR, adopted_policy, method="post", below=True),
    Row("policy-version", EVERY_ROLE, draft),
    Row("policy-version-edit", REGISTRAR, draft, assigned=True),
    Row("policy-version-edit", REGISTRAR, draft, method="post", assigned=True, data={"body": "X", "seen": 0}),
    Row("policy-submit", REGISTRAR, draft, method="post", assigned=True, data={"seen": 0}),
    Row("policy-return", REGISTRAR, in_review, method="post", data={"reason": "Te kort."}),
    Row("policy-adopt", MANAGER, in_review),
    Row("policy-adopt", MANAGER, in_review, method="post", data={"authority": "Het college"}),
    Row("policy-version-withdraw", REGISTRAR, draft, assigned=True),
    Row("policy-version-withdraw", REGISTRAR, draft, method="post", assigned=True, data={"reason": "Weg."}),
    Row("policy-difference", EVERY_ROLE, lambda world: [*draft(world), 1]),
    Row("policy-readers", REGISTRAR, adopted, below=True),
    Row("policy-readers", REGISTRAR, adopted, method="post", below=True, data={"whom": "everybody"}),
    Row("policy-confirm", frozenset(), adopted, method="post", below=True, assigned=True),
    Row("policy-attach", REGISTRAR, draft, method="post", assigned=True),
    Row("policy-attachment", EVERY_ROLE, attached),
    Row("policy-attachment-remove", REGISTRAR, attached, method="post", assigned=True),
    Row("published-policies", EVERYBODY),
    Row("published-policy", EVERYBODY, lambda world: [world.own.slug, world.adopted_policy.slug]),
    Row(
        "published-attachment",
        EVERYBODY,
        lambda world: [world.own.slug, world.adopted_policy.slug, world.public_attachment.pk],
    ),
]
