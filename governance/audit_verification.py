"""Proves the chains of the audit trail whole, or names the first row of a chain that is not; see `audit_chain`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Min, QuerySet
from django.utils.translation import gettext as _

from governance.audit_chain import OF_NONE, hash_of, key_of
from governance.models import AuditChain, AuditEvent, AuditSeal
from governance.models.periods import start_of

BATCH = 2000


@dataclass(frozen=True)
class Head:
    """A hash that was the last of a chain, as somebody kept it; of which chain and which number may not be known."""

    hash: str
    key: str = ""
    number: int | None = None

    def __str__(self) -> str:
        return f"{self.key} {self.number} {self.hash}" if self.key else self.hash


@dataclass
class Verdict:
    """What was found of one chain."""

    key: str
    name: str
    length: int = 0
    head: str = ""
    broken: str = ""
    """What is wrong with the first broken row, in a sentence; empty when the chain is whole."""
    found: set[Head] = field(default_factory=set)
    """The kept hashes that are in the chain, at their number."""


def kept_heads(lines: Iterable[str]) -> list[Head]:
    """The hashes in what was kept: `key number hash` as the command prints, or a hash alone. Raises `ValueError`."""
    heads = []
    for line in lines:
        words = line.split()
        if not words or words[0].startswith("#") or words[1:] == ["0", "-"]:
            continue
        if len(words) not in (1, 3) or len(words[-1]) != 64:
            raise ValueError(line.strip())
        heads.append(Head(words[0]) if len(words) == 1 else Head(words[2], words[0], int(words[1])))
    return heads


def verified(
    *,
    key: str = "",
    since: date | None = None,
    heads: Iterable[Head] = (),
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Verdict]:
    """The verdict on each chain in turn, or on that of `key`; with `since`, from the first event of that day on.

    Reads seals and their events in batches. `progress` is told how many rows of the chain were read.
    """
    chains = AuditChain.objects.select_related("organisation").order_by("pk")
    for chain in chains.filter(key=key) if key else chains:
        yield _verdict(chain, since, list(heads), progress)


def unsealed(key: str = "") -> "Counter[str]":
    """How many events have no seal, by the key of the chain they belong in."""
    events = AuditEvent.objects.filter(seal=None).order_by()
    if key:
        events = events.filter(organisation=None if key == OF_NONE else key)
    return Counter(
        {key_of(row["organisation"]): row["n"] for row in events.values("organisation").annotate(n=Count("pk"))}
    )


def _verdict(chain: AuditChain, since: date | None, heads: list[Head], progress: Callable[[int], None]) -> Verdict:
    verdict = Verdict(chain.key, str(chain.organisation or _("of no organisation")))
    if chain.key != key_of(chain.organisation_id):
        verdict.broken = _("The chain stands under another organisation than it was made for.")
        return verdict
    number, previous = _before(chain, since)
    rows: QuerySet[AuditSeal] = AuditSeal.objects.filter(chain=chain, number__gt=number).select_related("event")
    by_hash: dict[str, list[Head]] = {}
    for head in heads:
        by_hash.setdefault(head.hash, []).append(head)
        if number and head.key in ("", chain.key):
            before = AuditSeal.objects.filter(chain=chain, number__lte=number, hash=head.hash)
            if before.filter(number=head.number).exists() if head.number else before.exists():
                verdict.found.add(head)
    for done, seal in enumerate(rows.order_by("number").iterator(BATCH), start=1):
        verdict.broken = _wrong(seal, number + 1, previous, chain)
        if verdict.broken:
            return verdict
        number, previous = seal.number, seal.hash
        verdict.length, verdict.head = number, previous
        for head in by_hash.get(previous, ()):
            if not head.key or (head.key, head.number) == (chain.key, number):
                verdict.found.add(head)
        if done % BATCH == 0:
            progress(done)
    verdict.length, verdict.head = number, previous
    # Events may have been sealed since the chain was read; what is missing at its end shows against the row itself.
    if number < chain.length:
        verdict.broken = _("The chain has %(length)d events, of which those after number %(number)d are missing.") % {
            "length": chain.length,
            "number": number,
        }
    elif number == chain.length and previous != chain.head:
        verdict.broken = _("The last hash of the chain is not that of its last event, number %d.") % number
    return verdict


def _before(chain: AuditChain, since: date | None) -> tuple[int, str]:
    """The number and hash from which the chain is followed: its beginning, or the last seal before that day."""
    if since is None:
        return 0, ""
    of_day = AuditSeal.objects.filter(chain=chain, event__moment__gte=start_of(since))
    first = of_day.aggregate(first=Min("number"))["first"]
    seal = AuditSeal.objects.filter(chain=chain, number=(first or chain.length + 1) - 1).first()
    return (seal.number, seal.hash) if seal else (0, "")


def _wrong(seal: AuditSeal, number: int, previous: str, chain: AuditChain) -> str:
    """What is wrong with a row that should have this number and follow on that hash; nothing when it is right."""
    if seal.number != number:
        if AuditSeal.objects.filter(chain=chain, number=number).exists():
            return _("Number %d: the event is missing, its seal is still there.") % number
        return _("Number %d is missing.") % number
    event = seal.event
    about = {"number": number, "pk": event.pk, "event": str(event)}
    if event.organisation_id != chain.organisation_id:
        return _("Number %(number)d: event %(pk)d (%(event)s) was moved to another organisation.") % about
    if hash_of(previous, number, event) != seal.hash:
        return (
            _(
                "Number %(number)d: event %(pk)d (%(event)s) is not what was sealed. The event or its seal was "
                "changed, or took the place of another; which field cannot be told."
            )
            % about
        )
    return ""
