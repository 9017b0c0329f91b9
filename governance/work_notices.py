"""What a change of a piece of work means to others: told to them in the transaction of the change.

For the work of algorithms and for that of organisations alike.
"""

from typing import Any

from governance.models import Assessment, MeasureWork, Organisation, User
from governance.notifying import Kind, Nearest, in_each_language, settle, tell
from governance.permissions import REGISTRAR

Piece = Assessment | MeasureWork


def tell_of_change(former: Any, row: Any, *, where: str, organisation: Organisation, url: str, by: User | None) -> None:
    """Tells the new assignee, who can verify a new claim, and whose claim was returned; never `by` themselves.

    `former` is the row that was closed, if any, and `row` the one that was opened. At most nine queries.
    """
    me = by.pk if by else None
    item = getattr(row, row.subject)
    subject = f"{row._meta.label_lower}:{getattr(row, 'algorithm_id', None) or organisation.pk}:{item.pk}"
    details = {"what": in_each_language(lambda: str(item)), "who": str(by) if by else "", "where": where}
    about: dict[str, Any] = {"url": url, "organisation": organisation}
    if row.assignee_id not in (None, me, former.assignee_id if former else None):
        key = f"assigned:{row._meta.label_lower}:{row.pk}"
        tell([row.assignee_id], Kind.ASSIGNED, key=key, details=details | {"sentence": "assigned"}, **about)
    if isinstance(row, Assessment):
        _tell_of_claim(former, row, subject, details, about, me)


def _tell_of_claim(
    former: Any, row: Assessment, subject: str, details: dict[str, Any], about: dict[str, Any], me: int | None
) -> None:
    organisation = about["organisation"]
    was, now = _waiting(former), _waiting(row)
    if was == now:
        return
    if was:
        settle(f"claim:{subject}:{was[0]}", organisation.people(REGISTRAR))
    if now:
        people = Nearest(REGISTRAR, organisation).to(organisation, leaving_out=row.claimed_by_id)
        key, details = f"claim:{subject}:{now[0]}", details | {"sentence": "claim_waits"}
        if row.verify_again:
            key = f"{key}:{row.since.isoformat()}"  # the same claim may have to be verified again more than once
            why = in_each_language(lambda: str(row.get_verify_again_display()))
            details |= {"sentence": "claim_again", "why": why, "about": row.verify_again_about}
        tell(people, Kind.DECISION, key=key, details=details, **about)
    elif row.returned_reason and former.claimed_by_id not in (None, me):
        details = details | {"sentence": "claim_returned", "why": row.returned_reason}
        tell([former.claimed_by_id], Kind.ASSIGNED, key=f"returned:{subject}:{row.pk}", details=details, **about)


def _waiting(row: Any) -> tuple[str, ...]:
    """When the claim was made that waits for a second person, and why again; empty where none does."""
    if row is None or row.status != Assessment.Status.MET or row.verified_at is not None:
        return ()
    return row.claimed_at.isoformat(), row.verify_again, row.verify_again_about
