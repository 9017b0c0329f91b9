"""Telling people what they should know, each occasion once."""

from collections.abc import Iterable, Mapping

from governance.models import Notification, Organisation, User


def tell(
    recipients: Iterable[User],
    kind: Notification.Kind,
    *,
    key: str,
    details: Mapping[str, str],
    url: str = "",
    organisation: Organisation | None = None,
) -> int:
    """Writes a notification for each of these people, and returns how many were new.

    `key` names the occasion: who was told of it already, is not told again. `details` holds `sentence`, the code of
    the sentence, and what it names. Whoever did it themselves is left out by the caller.
    """
    people = {person.pk: person for person in recipients}
    told = set(Notification.objects.filter(recipient__in=people, key=key).values_list("recipient", flat=True))
    written = [
        Notification(recipient=person, kind=kind, key=key, details=dict(details), url=url, organisation=organisation)
        for pk, person in people.items()
        if pk not in told
    ]
    Notification.objects.bulk_create(written, ignore_conflicts=True)
    return len(written)
