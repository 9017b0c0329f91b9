"""Chains the events of each organisation by hash, so that what is altered afterwards is found.

An event is written in the transaction of the change. Right after that transaction commits, a transaction of its own
seals it: holding the row of the organisation's chain, it gives the event the next number and a hash over the hash
before it, the number and every field of the event. So a chain never forks, writers of one organisation wait
milliseconds for each other and those of others not at all. What a process left unsealed, because it died in between,
is sealed with the next event of that chain, or by `manage.py verify_audit_trail --seal`.

What a whole chain proves: that no sealed event was changed, taken out, put in between or put in another order since it
was sealed. Who can rewrite the database with its guards taken away (see `audit_guards`) could make a whole new chain,
or cut off its end; that is found by holding a last hash that was kept elsewhere against it. The chain does not prove
that what an event tells was true, nor anything of an event that is not sealed yet.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from django.db import transaction

from governance.models import AuditChain, AuditEvent, AuditSeal

FIELDS = [
    "pk", "organisation_id", "actor_id", "on_behalf_of_id", "address", "channel", "request_id", "verb", "subject_type",
    "subject_id", "label", "changes",
]  # fmt: skip
"""What is hashed of an event, beside its moment: all of it."""
OF_NONE = "none"
"""The key of the chain of what belongs to no organisation."""
LOOKBACK = 1000
"""How many events back is looked for what another process left unsealed."""


def key_of(organisation_id: int | None) -> str:
    return OF_NONE if organisation_id is None else str(organisation_id)


def hash_of(previous: str, number: int, event: Any) -> str:
    """The hash of an event as it stands in the database, at this place in its chain; 64 hexadecimal digits."""
    content = {name: getattr(event, name) for name in FIELDS} | {
        "moment": event.moment.astimezone(UTC).isoformat(timespec="microseconds")
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{number}\n{canonical}".encode()).hexdigest()


def seal_after_commit(events: Iterable[AuditEvent]) -> None:
    """Lets these events, just written, be sealed once their transaction has committed; not if it is rolled back.

    Sealing that fails is logged and takes nothing back: the events wait for the next ones of their chain.
    """
    waiting = [call for _savepoints, call, _robust in transaction.get_connection().run_on_commit]
    sealing = next((call for call in waiting if isinstance(call, _Sealing)), None)
    is_new = sealing is None
    sealing = sealing or _Sealing()
    for event in events:
        first = sealing.first.get(event.organisation_id, event.pk)
        sealing.first[event.organisation_id] = min(first, event.pk)
    if is_new and sealing.first:
        transaction.on_commit(sealing, robust=True)


class _Sealing:
    """What one transaction leaves to seal: by organisation the key of its first event."""

    def __init__(self) -> None:
        self.first: dict[int | None, int] = {}

    def __call__(self) -> None:
        for organisation_id, first in self.first.items():
            seal(organisation_id, first)


def seal(organisation_id: int | None, first: int, last: int | None = None) -> int:
    """Seals what is unsealed of this chain among the events with keys from `first` to `last` (or the newest), and
    shortly before.

    Returns how many that were. Each step is a transaction of its own.
    """
    last = last or AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or first
    step = 2 * LOOKBACK
    starts = range(max(first - LOOKBACK, 0), last + 1, step)
    return sum(_seal_between(organisation_id, start, min(start + step - 1, last)) for start in starts)


def _seal_between(organisation_id: int | None, first: int, last: int) -> int:
    # By primary key alone, as that is the index that keeps this quick however long the trail is.
    unsealed = AuditEvent.objects.filter(pk__range=(first, last), seal=None).order_by("pk")
    if organisation_id not in unsealed.values_list("organisation", flat=True):
        return 0
    with transaction.atomic():
        chain = _held(organisation_id)
        events = [event for event in unsealed.all() if event.organisation_id == organisation_id]
        seals = []
        for event in events:
            chain.length += 1
            chain.head = hash_of(chain.head, chain.length, event)
            seals.append(AuditSeal(event=event, chain=chain, number=chain.length, hash=chain.head))
        if seals:
            AuditSeal.objects.bulk_create(seals, batch_size=500)
            chain.save(update_fields=["length", "head"])
    return len(seals)


def _held(organisation_id: int | None) -> AuditChain:
    """The chain, held until the end of the transaction; made where it was not there yet."""
    key = key_of(organisation_id)
    chains = AuditChain.objects.select_for_update(of=("self",)).order_by()
    try:
        return chains.get(key=key)
    except AuditChain.DoesNotExist:
        AuditChain.objects.get_or_create(key=key, defaults={"organisation_id": organisation_id})
        return chains.get(key=key)
