"""Organisations."""

from tests.permission_rows import EVERY_ROLE, WITH_ACCOUNT, Row

ROWS = [
    Row("organisations", WITH_ACCOUNT),
    Row("organisation", EVERY_ROLE, lambda world: [world.own.slug]),
    Row("api:organisation-detail", EVERY_ROLE, lambda world: [world.own.slug]),
]
