"""What the people of the demo were told while it was built: all but the latest they have read."""

from governance.models import Notification
from governance.notifying import mark_read
from registry.demo.cast import Cast

UNREAD = 6


def leave_the_latest_unread(cast: Cast) -> None:
    for person in cast.people.values():
        latest = Notification.objects.filter(recipient=person).values_list("pk", flat=True)[:UNREAD]
        mark_read(Notification.objects.filter(recipient=person).exclude(pk__in=list(latest)))
