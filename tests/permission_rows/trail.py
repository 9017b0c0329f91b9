"""The audit trail."""

from typing import Any

from governance.permissions import AUDIT_READERS
from tests.permission_rows import Row
from tests.permission_world import World

READERS = frozenset(AUDIT_READERS)


def organisation(world: World) -> list[Any]:
    return [world.own.slug]


ROWS = [
    Row("trail", READERS, anywhere=True, operator=True),
    Row("trail-event", READERS, lambda world: [world.event.pk], seen_by=READERS),
    Row("organisation-trail", READERS, organisation),
]
