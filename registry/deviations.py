"""What the consistency checks find: listed, counted, and accepted for a record with a reason until a day.

What is accepted is shown apart, and comes back when its day has passed or the acceptance is withdrawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import CharField, Count, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import Organisation, User
from registry.consistency import CHECKS, Check
from registry.models import AcceptedDeviation, Algorithm


@dataclass(frozen=True)
class Deviation:
    """A record that deviates, as the lists show it; `acceptance` is the one that holds today, if there is one."""

    check: Check
    record: Any
    acceptance: AcceptedDeviation | None = None

    @property
    def key(self) -> str:
        return str(self.record.key)

    @property
    def what(self) -> str:
        return str(self.check.what(self.record))

    @property
    def algorithm(self) -> Algorithm | None:
        if not self.check.algorithm:
            return None
        record = self.record if self.check.algorithm == "pk" else _along(self.record, self.check.algorithm)
        return record if isinstance(record, Algorithm) else None

    @property
    def organisation(self) -> Organisation:
        found: Organisation = _along(self.record, self.check.owner)
        return found

    @property
    def url(self) -> str:
        """Where it is mended: the page that the check names, that of the record, or that of its algorithm."""
        algorithm = self.algorithm
        if self.check.route and algorithm is not None:
            return reverse(self.check.route, args=[algorithm.pk])
        pages: list[Any] = [self.record, getattr(self.record, "incident", None), algorithm]
        for record in pages:
            if hasattr(record, "get_absolute_url"):
                return str(record.get_absolute_url())
        return self.organisation.get_absolute_url()


def _along(record: Any, path: str) -> Any:
    for name in path.split("__"):
        record = getattr(record, name, None)
    return record


def check_of(code: str) -> Check | None:
    return next((check for check in CHECKS if check.code == code), None)


def records(check: Check, organisations: "QuerySet[Organisation] | None" = None) -> "QuerySet[Any]":
    """The records that deviate, in these organisations or in all, each with its `key` and `was_accepted`."""
    names = [Cast(F(name), CharField()) for name in check.named_by]
    parts = [part for name in names for part in (Value(":"), name)][1:]
    accepted = AcceptedDeviation.objects.current().filter(
        check_code=check.code, organisation=OuterRef(check.owner), subject_id=OuterRef("key")
    )
    found = check.found().annotate(key=Concat(*parts, output_field=CharField()) if len(parts) > 1 else parts[0])
    if organisations is not None:
        found = found.filter(**{f"{check.owner}__in": organisations})
    return found.annotate(was_accepted=Exists(accepted))


def of_algorithm(check: Check, algorithm: Algorithm) -> "QuerySet[Any]":
    """The records of this algorithm that deviate; none for a check that is about no algorithm."""
    found = records(check)
    return found.filter(**{check.algorithm: algorithm.pk}) if check.algorithm else found.none()


def algorithms_with(check: Check) -> "QuerySet[Any]":
    """The keys of the algorithms in which the check finds something that is not accepted."""
    return records(check).filter(was_accepted=False).order_by().values(check.algorithm)


@dataclass(frozen=True)
class Tally:
    """Of a check: how many records deviate, and of how many that is accepted."""

    check: Check
    open: int
    accepted: int


def counts(organisations: "QuerySet[Organisation]") -> list[Tally]:
    """For each check how many records deviate, and of how many that is accepted; a query for each check."""
    found = []
    for check in CHECKS:
        grouped: Any = records(check, organisations).order_by().values("was_accepted")
        number = {row["was_accepted"]: row["n"] for row in grouped.annotate(n=Count("pk"))}
        found.append(Tally(check, number.get(False, 0), number.get(True, 0)))
    return found


def shown(check: Check, found: Sequence[Any]) -> list[Deviation]:
    """These records as the lists show them; one query for what is accepted."""
    accepted = {}
    if any(record.was_accepted for record in found):
        keys = [record.key for record in found]
        rows = AcceptedDeviation.objects.current().filter(check_code=check.code, subject_id__in=keys)
        accepted = {row.subject_id: row for row in rows.select_related("accepted_by")}
    return [Deviation(check, record, accepted.get(record.key)) for record in found]


def per_organisation() -> Iterator[tuple[Organisation, int]]:
    """Each organisation of which something deviates that is not accepted, with how much; a query for each check."""
    numbers: dict[int, int] = {}
    for check in CHECKS:
        grouped: Any = records(check).filter(was_accepted=False).order_by().values(of_whom=F(check.owner))
        for row in grouped.annotate(n=Count("pk")):
            numbers[row["of_whom"]] = numbers.get(row["of_whom"], 0) + row["n"]
    for organisation in Organisation.objects.filter(pk__in=numbers).order_by("pk"):
        yield organisation, numbers[organisation.pk]


# Verbs


def accept(deviation: Deviation, *, reason: str, until: date | None, by: User) -> AcceptedDeviation:
    """Accepts what the check says of the record, up to and including a day.

    Raises `ValidationError` naming the fields, and `Conflict` when somebody accepted it already.
    """
    errors = {}
    if not reason.strip():
        errors["reason"] = _("Say why this is acceptable.")
    if until is None:
        errors["until"] = _("Say until when it is acceptable.")
    elif until < clock.today():
        errors["until"] = _("This day has passed already.")
    if errors:
        raise ValidationError(errors)
    check, organisation = deviation.check, deviation.organisation
    named = {
        "organisation": organisation,
        "check_code": check.code,
        "subject_type": deviation.record._meta.label_lower,
        "subject_id": deviation.key,
    }
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        if (current := AcceptedDeviation.objects.current().filter(**named).first()) is not None:
            raise Conflict(current)
        accepted = AcceptedDeviation.objects.create(**named, reason=reason.strip(), until=until, accepted_by=by)
        told = {"check": check.code, "reason": accepted.reason, "until": until}
        _recorded("deviation.accepted", accepted, audit_trail.changes_between({}, told), deviation.what)
    return accepted


def withdraw(accepted: AcceptedDeviation, *, by: User) -> AcceptedDeviation:
    """Accepts it no longer. Raises `Conflict` when that was withdrawn already."""
    with transaction.atomic():
        fresh: AcceptedDeviation = AcceptedDeviation.objects.select_for_update(no_key=True).get(pk=accepted.pk)
        if fresh.withdrawn is not None:
            raise Conflict(fresh)
        fresh.withdrawn, fresh.withdrawn_by = clock.now(), by
        fresh.save(update_fields=["withdrawn", "withdrawn_by"])
        _recorded("deviation.acceptance_withdrawn", fresh, {"withdrawn": [None, fresh.withdrawn.isoformat()]}, "")
    return fresh


def _recorded(verb: str, accepted: AcceptedDeviation, changes: dict[str, Any], what: str) -> None:
    label = ": ".join(filter(None, [accepted.check_code, what]))
    audit_trail.record(verb, accepted, changes, organisation=accepted.organisation, label=label)
