"""What waits for somebody, and what they were told."""

from typing import Any

from tests.permission_rows import ADDRESSEE, REGISTRAR, WITH_ACCOUNT, Role, Row
from tests.permission_world import World


def notification(world: World) -> list[Any]:
    return [world.notification.pk]


ROWS = [
    Row("my-work", WITH_ACCOUNT),
    Row("organisation-work", REGISTRAR | {Role.AUDITOR}, lambda world: [world.own.slug]),
    Row("notifications", WITH_ACCOUNT),
    Row("notifications-read", WITH_ACCOUNT, method="post"),
    Row("notification-preferences", WITH_ACCOUNT),
    Row("notification-preferences", WITH_ACCOUNT, method="post", data={"digest": "weekly"}),
    Row("notification", ADDRESSEE, notification, assigned=True),
    Row("notification-read", ADDRESSEE, notification, method="post", assigned=True),
]
