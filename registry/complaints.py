"""Complaints, questions and objections about an algorithm: what came in, who handles it by when, with what outcome.

Who sent it is not recorded; the verbs refuse texts in which that can be read.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.leaving import Holding
from governance.models import Notification, Organisation, User
from governance.notifying import tell
from governance.permissions import WORKING
from registry import monitoring
from registry.models import Algorithm, Complaint

Kind = Complaint.Kind

TERM = {
    Kind.QUESTION: timedelta(weeks=2),
    Kind.COMPLAINT: timedelta(weeks=6),  # Awb art. 9:11
    Kind.OBJECTION: timedelta(weeks=6),  # Awb art. 7:10
    Kind.SIGNAL: timedelta(weeks=4),
}
"""How long handling takes at most, from the day it came in, unless somebody sets another due date."""


# Nobody's identity

_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_NINE_DIGITS = re.compile(r"(?<!\d)(\d{9}|\d{3}[. -]\d{3}[. -]\d{3}|\d{4}[. -]\d{2}[. -]\d{3})(?!\d)")
_DAY = r"\d\d[-/.]\d\d[-/.]\d{4}\b"
_PHONE = re.compile(rf"(?<![\w-])(?!{_DAY})(?:\+|\(?0)[\d(][\d (). -]{{6,14}}\d(?!\w)")


def is_citizen_service_number(digits: str) -> bool:
    """Whether nine digits pass the eleven test of a BSN."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))
    return total % 11 == 0 and int(digits) > 0


def _is_phone_number(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    if text.startswith("+") or digits.startswith("00"):
        return 10 <= len(digits) <= 15
    return len(digits) == 10


def identifying(text: str) -> str:
    """A sentence that says what in the text looks like data of a person; empty when nothing does."""
    if _MAIL.search(text):
        return _("This looks like an e-mail address. Leave out who it came from; refer to the case system instead.")
    if any(is_citizen_service_number(re.sub(r"\D", "", found)) for found in _NINE_DIGITS.findall(text)):
        return _("This looks like a citizen service number (BSN). Leave it out; refer to the case system instead.")
    if any(_is_phone_number(found[0]) for found in _PHONE.finditer(text)):
        return _("This looks like a telephone number. Leave out who it came from; refer to the case system instead.")
    return ""


def _refuse_identity(values: Mapping[str, Any]) -> None:
    found = {name: identifying(str(values[name])) for name in ("channel", "summary", "response") if values.get(name)}
    if errors := {name: sentence for name, sentence in found.items() if sentence}:
        raise ValidationError(errors)


# Verbs


def record(algorithm: Algorithm, fields: Mapping[str, Any], *, by: User) -> Complaint:
    """What came in about the algorithm. Without a due date it gets that of its kind; the handler is told.

    `fields`: kind, received_on, channel, reference, summary, handler, due. Raises `ValidationError` naming the fields.
    """
    values = dict(fields)
    complaint = Complaint(algorithm=algorithm, organisation=algorithm.organisation, recorded_by=by, **values)
    if complaint.due is None and complaint.kind in TERM and complaint.received_on:
        values["due"] = complaint.due = complaint.received_on + TERM[Kind(complaint.kind)]
    _check(complaint, values)
    with transaction.atomic():
        complaint.save()
        audit_trail.record("complaint.recorded", complaint, audit_trail.changes_between({}, values))
        _tell_handler(complaint, by)
    return complaint


def revise(complaint: Complaint, fields: Mapping[str, Any], *, seen: int, by: User) -> Complaint:
    """The complaint with these fields changed. Raises `Conflict`, and `ValidationError` naming the fields."""
    with transaction.atomic():
        fresh = _held(complaint, seen)
        _change(fresh, fields, "complaint.revised", by=by)
    return fresh


def handle(complaint: Complaint, fields: Mapping[str, Any], *, seen: int, by: User) -> Complaint:
    """Closes the complaint; where it was right, an algorithm in use is to be evaluated.

    `fields`: outcome, response, closed_on (today when left out).
    Raises `Conflict`, also when it is closed already, and `ValidationError` naming the fields.
    """
    values = {"closed_on": clock.today(), **fields}
    if not values.get("closed_on"):
        raise ValidationError({"closed_on": _("Say on which day it was closed.")})
    if not values.get("outcome"):
        raise ValidationError({"outcome": _("Say how it ended.")})
    if not (values.get("response") or "").strip():
        raise ValidationError({"response": _("Say what was answered and done.")})
    with transaction.atomic():
        fresh = _held(complaint, seen)
        if fresh.closed_on is not None:
            raise Conflict(fresh)
        if values["closed_on"] < fresh.received_on:
            raise ValidationError({"closed_on": _("It cannot be closed before it came in.")})
        if values["closed_on"] > clock.today():
            raise ValidationError({"closed_on": _("This day still has to come.")})
        _change(fresh, values, "complaint.handled", by=by)
        if fresh.outcome in (Complaint.Outcome.UPHELD, Complaint.Outcome.PARTLY_UPHELD):
            monitoring.complaint_upheld(fresh, by=by)
    return fresh


def reopen(complaint: Complaint, *, reason: str, seen: int, by: User) -> Complaint:
    """Opens a closed complaint again; what was answered stays. Raises `Conflict`, and `ValidationError`."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is opened again.")})
    if sentence := identifying(reason):
        raise ValidationError({"reason": sentence})
    with transaction.atomic():
        fresh = _held(complaint, seen)
        if fresh.closed_on is None:
            raise Conflict(fresh)
        _change(fresh, {"closed_on": None, "outcome": ""}, "complaint.reopened", by=by, reason=reason.strip())
    return fresh


def _held(complaint: Complaint, seen: int) -> Complaint:
    """The complaint as it stands, held until the transaction ends; it must be as it was seen."""
    rows = Complaint.objects.select_for_update(no_key=True, of=("self",))
    fresh = rows.select_related("algorithm__organisation", "organisation", "handler").get(pk=complaint.pk)
    if fresh.version != seen:
        raise Conflict(fresh)
    return fresh


def _change(fresh: Complaint, fields: Mapping[str, Any], verb: str, *, by: User, reason: str = "") -> None:
    changes = audit_trail.changes_between({name: getattr(fresh, name) for name in fields}, fields)
    if not changes:
        return
    for name, value in fields.items():
        setattr(fresh, name, value)
    _check(fresh, fields)
    fresh.version += 1
    fresh.save()
    if reason:
        changes["reason"] = [None, reason]
    audit_trail.record(verb, fresh, changes)
    if "handler" in changes:
        _tell_handler(fresh, by)


def _check(complaint: Complaint, changed: Mapping[str, Any]) -> None:
    """Raises `ValidationError` naming the fields that cannot be so."""
    complaint.full_clean(exclude=["recorded_by"])
    _refuse_identity(changed)
    if complaint.received_on > clock.today():
        raise ValidationError({"received_on": _("This day still has to come.")})
    if complaint.due and complaint.due < complaint.received_on:
        raise ValidationError({"due": _("The due date lies before the day it came in.")})
    handler = changed.get("handler")
    if handler is not None and not complaint.organisation.people(WORKING).filter(pk=handler.pk).exists():
        raise ValidationError({"handler": _("Choose somebody who works for this organisation.")})


def _tell_handler(complaint: Complaint, by: User) -> None:
    if complaint.handler is None or complaint.handler == by:
        return
    tell(
        [complaint.handler],
        Notification.Kind.COMPLAINT,
        key=f"complaint:{complaint.pk}:handler:{complaint.version}",
        details={
            "sentence": "complaint_assigned",
            "who": str(by),
            "what": str(complaint),
            "where": str(complaint.algorithm),
        },
        url=complaint.get_absolute_url(),
        organisation=complaint.organisation,
    )


# Figures


def figures(complaints: Any, on: date) -> dict[str, int | float | None]:
    """Of these complaints: open, overdue, closed in the year of `on`, and the median of the days that took."""
    counted = complaints.aggregate(
        open=models.Count("pk", filter=Q(closed_on=None)),
        overdue=models.Count("pk", filter=Q(closed_on=None, due__lt=on)),
    )
    closed = complaints.filter(closed_on__year=on.year).order_by().values_list("received_on", "closed_on")
    days = [(closed_on - received_on).days for received_on, closed_on in closed]
    return {**counted, "closed": len(days), "days": median(days) if days else None}


# What somebody holds


class HandledComplaints:
    """The open complaints somebody handles, as part of what they hold; see `governance.leaving`."""

    name = "complaints"

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterable[Holding]:
        held = Complaint.objects.unhandled().filter(handler=person, organisation__in=organisations)
        for complaint in held.select_related("algorithm").order_by("due", "pk"):
            yield Holding(
                key=f"{self.name}:{complaint.pk}",
                kind=_("Complaints and questions"),
                what=str(complaint),
                where=str(complaint.algorithm),
                url=complaint.get_absolute_url(),
                since=complaint.recorded,
                at_once=True,
            )

    def hand_over(self, numbers: "list[int]", to: User | None, moment: datetime, *, by: User) -> int:
        """A complaint has one handler at a time, without a period: it is handed over at once, whatever `moment` is."""
        rows = Complaint.objects.unhandled().filter(pk__in=numbers).select_for_update(no_key=True, of=("self",))
        complaints = list(rows.select_related("algorithm", "organisation", "handler").order_by("pk"))
        for complaint in complaints:
            _change(complaint, {"handler": to}, "complaint.revised", by=by)
        return len(complaints)
