"""Intake: somebody proposes an algorithm, and an officer or manager decides what becomes of it, once."""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import Membership, Notification, Organisation, User
from governance.notifying import tell
from governance.permissions import REGISTRAR
from registry import registering
from registry.models import Algorithm, Proposal

Status = Proposal.Status

ACQUISITION = {
    Proposal.Origin.BOUGHT: Algorithm.Acquisition.BOUGHT,
    Proposal.Origin.BUILT: Algorithm.Acquisition.DEVELOPED,
}


def propose(organisation: Organisation, fields: Mapping[str, Any], *, by: User) -> Proposal:
    """A new proposal; the officers of the organisation are told, or its managers where there is no officer.

    `fields` are those of `Proposal` that the proposer fills in. Raises `ValidationError` naming them.
    """
    proposal = Proposal(organisation=organisation, proposed_by=by, **fields)
    proposal.full_clean(exclude=["proposed_by"])
    with transaction.atomic():
        proposal.save()
        audit_trail.record("proposal.made", proposal, audit_trail.changes_between({}, dict(fields)))
        _tell_who_decides(proposal, by)
    return proposal


def register(proposal: Proposal, organisation: Organisation, fields: Mapping[str, Any], *, by: User) -> Algorithm:
    """The proposed algorithm, now in the register with these fields.

    Raises `Conflict` when the proposal is decided already, and `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fresh = _undecided(proposal)
        if organisation.above[0] != fresh.organisation.above[0]:
            raise ValidationError({"organisation": _("Choose an organisation that the proposal concerns.")})
        algorithm = registering.register(organisation, fields, by=by)
        _decide(fresh, Status.REGISTERED, algorithm=algorithm, by=by)
    return algorithm


def merge(proposal: Proposal, algorithm: Algorithm, *, reason: str = "", by: User) -> Proposal:
    """The proposal is about an algorithm that is in the register already; what it said is shown there.

    Raises `Conflict` when the proposal is decided already, and `ValidationError` for an algorithm of others.
    """
    with transaction.atomic():
        fresh = _undecided(proposal)
        if algorithm.organisation.above[0] != fresh.organisation.above[0]:
            raise ValidationError({"algorithm": _("Choose an algorithm of the organisation or of its parts.")})
        _decide(fresh, Status.MERGED, algorithm=algorithm, reason=reason.strip(), by=by)
        audit_trail.record("algorithm.proposal_merged", algorithm, {"proposal": [None, fresh.name]})
    return fresh


def decline(proposal: Proposal, *, reason: str, by: User) -> Proposal:
    """The proposal does not come into the register. Raises `Conflict`, and `ValidationError` without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this does not come into the register.")})
    with transaction.atomic():
        fresh = _undecided(proposal)
        _decide(fresh, Status.DECLINED, reason=reason.strip(), by=by)
    return fresh


def _undecided(proposal: Proposal) -> Proposal:
    """The proposal as it stands, held until the transaction ends; nobody may have decided about it."""
    rows = Proposal.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation")
    fresh = rows.get(pk=proposal.pk)
    if fresh.status != Status.NEW:
        raise Conflict(fresh)
    return fresh


def _decide(
    proposal: Proposal, status: Status, *, algorithm: Algorithm | None = None, reason: str = "", by: User
) -> None:
    values = {"status": status, "algorithm": algorithm, "reason": reason}
    changes = audit_trail.changes_between({name: getattr(proposal, name) for name in values}, values)
    for name, value in values.items():
        setattr(proposal, name, value)
    proposal.decided, proposal.decided_by = clock.now(), by
    proposal.save()
    audit_trail.record(f"proposal.{status.value}", proposal, changes)
    if proposal.proposed_by is not None and proposal.proposed_by != by:
        tell(
            [proposal.proposed_by],
            Notification.Kind.INTAKE,
            key=f"proposal:{proposal.pk}:decided",
            details={
                "sentence": f"proposal_{status.value}",
                "who": str(by),
                "what": proposal.name,
                "where": str(proposal.organisation),
            },
            url=proposal.get_absolute_url(),
            organisation=proposal.organisation,
        )


def _tell_who_decides(proposal: Proposal, by: User) -> None:
    organisation = proposal.organisation
    deciding = list(organisation.people([Membership.Role.OFFICER])) or list(organisation.people(REGISTRAR))
    tell(
        [person for person in deciding if person != by],
        Notification.Kind.INTAKE,
        key=f"proposal:{proposal.pk}:made",
        details={
            "sentence": "proposal_made",
            "who": str(by),
            "what": proposal.name,
            "where": str(organisation),
        },
        url=proposal.get_absolute_url(),
        organisation=organisation,
    )


def decidable_by(user: User) -> Any:
    """The proposals about which this person may decide, or did."""
    return Proposal.objects.filter(organisation__in=Organisation.objects.where_member_holds(user, REGISTRAR))


def candidates(proposal: Proposal, user: User) -> QuerySet[Algorithm]:
    """The algorithms with which this person may merge the proposal: those of its organisation's tree they manage."""
    top = f"/{proposal.organisation.above[0]}/"
    managed = Organisation.objects.where_member_holds(user, REGISTRAR).filter(path__startswith=top)
    return Algorithm.objects.visible_to(user).filter(organisation__in=managed).select_related("organisation")


# Likely duplicates

WITHOUT_MEANING = {
    "algorithm", "algoritme", "algoritmes", "applicatie", "automatisch", "automatische", "basis", "deze", "door",
    "eigen", "gebruiken", "gemeente", "hebben", "hiermee", "hoeveel", "maken", "mensen", "model", "naar", "niet",
    "onder", "onze", "over", "software", "systeem", "system", "that", "this", "tool", "voor", "waar", "waarmee",
    "welke", "with", "worden", "wordt", "zijn", "zodat",
}  # fmt: skip
ALIKE = 4
"""From this score on they may be the same: a word of the name in common, or several words and a name like it."""
STEM = 6
"""Words are compared by their first letters: parkeren and parkeerplaats are about the same."""


def _stems(text: str) -> set[str]:
    words = re.findall(r"\w{4,}", text.casefold())
    return {word[:STEM] for word in words if word not in WITHOUT_MEANING}


def likely_duplicates(proposal: Proposal, among: QuerySet[Algorithm], count: int = 5) -> list[Algorithm]:
    """The algorithms that most resemble the proposal by name, then by the words of its purpose; the best first."""
    by_name = _stems(proposal.name)
    if not by_name:
        return []
    said = by_name | _stems(proposal.purpose)
    alike = Q()
    for stem in by_name:
        alike |= Q(name__icontains=stem) | Q(description_short__icontains=stem)
    scored = []
    for algorithm in among.filter(alike)[:500]:
        named, described = _stems(algorithm.name), _stems(algorithm.description_short)
        resemblance = SequenceMatcher(None, proposal.name.casefold(), algorithm.name.casefold()).ratio()
        score = 3 * len(by_name & named) + len(said & (named | described)) + 4 * resemblance
        scored.append((score, algorithm))
    scored.sort(key=lambda pair: (-pair[0], pair[1].pk))
    return [algorithm for score, algorithm in scored[:count] if score >= ALIKE]
