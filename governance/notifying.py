"""Telling people what they should know."""

from collections.abc import Iterable, Mapping

from governance.models import Notification, Organisation, User


def tell(
    recipients: Iterable[User],
    kind: str,
    *,
    key: str,
    details: Mapping[str, str],
    url: str = "",
    organisation: Organisation | None = None,
) -> int:
    """Tells each of them once about the occasion that `key` names; returns how many are told now.

    The caller leaves out whoever did it themselves.
    """
    told = set(Notification.objects.filter(key=key).values_list("recipient", flat=True))
    rows = [
        Notification(recipient=person, kind=kind, key=key, details=dict(details), url=url, organisation=organisation)
        for person in recipients
        if person.pk not in told
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
