"""Telling people what they should know: written once per occasion, put in words when somebody reads it."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance import audit_trail, clock
from governance.models import Membership, Notification, Organisation, User

BATCH = 500

Kind = Notification.Kind

SENTENCES: dict[str, Any] = {
    "assigned": _("{who} assigns to you: {what} ({where})"),
    "assigned_many": _("{who} assigns requirements and measures of {where} to you. Number: {number}"),
    "responsible": _("{who} makes you responsible for {where}: {what}"),
    "responsible_later": _("{who} makes you responsible for {where}, from {since}: {what}"),
    "responsible_for_many": _("{who} makes you responsible for algorithms of {where}. Number: {number}"),
    "handed_over": _("{who} hands over to you what {what} held at {where}, from {since}. Number: {number}"),
    "claim_waits": _("{who} says that this is met: {what} ({where}). Can you verify it?"),
    "claim_again": _("{what} ({where}) has to be verified again: {why} ({about})"),
    "claim_returned": _("{who} returns your claim about {what} ({where}): {why}"),
    "work_due": _("{what} ({where}) is due on {due}"),
    "work_overdue": _("{what} ({where}) was due on {due}"),
    "policy_review": _("The review date of {what} ({where}) passed on {due}"),
    "policy_to_adopt": _("{who} asks you to review and adopt {what} ({where})"),
    "policy_returned": _("{who} gives {what} ({where}) back to its authors"),
    "policy_adopted": _("{who} adopted {what} ({where})"),
    "policy_read": _("{who} asks you to read {what} ({where})"),
    "reading_due": _("Read {what} ({where}) and confirm it, on {due} at the latest"),
    "reading_overdue": _("You have not yet confirmed that you read {what} ({where}); the last day was {due}"),
    "position_vacant": _("Nobody holds the function {what} ({where})"),
    "algorithms_vacant": _("Algorithms for which nobody is accountable or nobody is responsible ({where}): {number}"),
    "training_expires": _("What you know about {what} ({where}) counts until {due}: refresh it"),
    "proposal_waits": _("{what} ({where}) was proposed on {since} and nobody has looked at it yet"),
    "proposal_made": _("{who} proposes an algorithm: {what} ({where})"),
    "proposal_registered": _("{who} registered the algorithm that you proposed: {what}"),
    "proposal_merged": _("{who} merged your proposal {what} with an algorithm in the register"),
    "proposal_declined": _("{who} declined your proposal {what}"),
    "complaint_assigned": _("{who} gives you to handle: {what} about {where}"),
    "comment_mention": _("{who} mentions you in a comment on {what}"),
    "assessment_due": _("{what} of {where} must be carried out again on {due} at the latest"),
    "assessment_overdue": _("{what} of {where} should have been carried out again on {due}"),
    "complaint_due": _("{what} about {where} must be handled on {due} at the latest"),
    "complaint_overdue": _("{what} about {where} should have been handled on {due}"),
    "risk_owner": _("{who} makes you the owner of a risk of {where}: {what}"),
    "risk_acceptance_due": _("The acceptance of a risk of {where} lapses after {due}: {what}"),
    "risk_acceptance_overdue": _("The acceptance of a risk of {where} lapsed after {due}: {what}"),
    "evaluation_assigned": _("{who} asks you to evaluate {where} on {due} at the latest: {what}"),
    "evaluation_due": _("The evaluation of {where} must be held on {due} at the latest: {what}"),
    "evaluation_overdue": _("The evaluation of {where} should have been held on {due}: {what}"),
    "evaluation_escalated": _("The evaluation of {where} is more than two weeks late; it was due on {due}: {what}"),
    "incident_assigned": _("{who} gives you an incident with {where} to handle: {what}"),
    "incident_unhandled": _("An incident with {where} is handled by nobody: {what}"),
    "incident_serious": _("{who} recorded a serious incident with {where}: {what}"),
    "report_due": _("Report an incident with {where} before {deadline}: {what}"),
    "report_soon": _("Report an incident with {where} before {deadline}, less than a day from now: {what}"),
    "report_overdue": _("An incident with {where} should have been reported before {deadline}: {what}"),
    "risks_unowned": _("Open risks that nobody owns, or whose owner left ({where}): {number}"),
    "gate_asked": _("{who} asks for a decision: {what} ({where})"),
    "gate_decided": _("{who} decided about your request: {what} ({where}). The outcome: {outcome}"),
    "gate_waits": _("A decision has been waiting since {since}: {what} ({where})"),
    "condition_assigned": _("{who} asks you to meet a condition for {where}: {what}"),
    "condition_settled": _("{who} met a condition of your decision about {where}: {what}"),
    "condition_due": _("A condition for {where} must be met on {due} at the latest: {what}"),
    "condition_overdue": _("A condition for {where} should have been met on {due}: {what}"),
    "finding_raised": _("{who} records a finding that waits for your answer: {what} ({where})"),
    "finding_responded": _("{who} answers the finding {what} ({where})"),
    "finding_assigned": _("{who} gives you to do something about the finding {what} ({where})"),
    "finding_asks_to_close": _("{who} asks you to close the finding {what} ({where})"),
    "finding_kept_open": _("{who} keeps the finding {what} ({where}) open: something still has to be done"),
    "finding_closed": _("{who} closed the finding {what} ({where})"),
    "finding_reopened": _("{who} opened the finding {what} ({where}) again"),
    "finding_due": _("The finding {what} ({where}) must be solved on {due} at the latest"),
    "finding_overdue": _("The finding {what} ({where}) should have been solved on {due}"),
    "finding_unanswered": _("The finding {what} ({where}) has waited for an answer of management since {since}"),
    "consistency": _("What does not fit together in the records of {where}, to mend or to accept. Number: {number}"),
    "classifications_review": _(
        "Algorithms that were classified with an older decision tree and need a new look ({where}): {number}"
    ),
}
"""What a notification says, by the code in its `details`; the other details fill the names in braces."""

DAYS = ("due", "since")


class _Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def in_each_language(text: Callable[[], str]) -> dict[str, str]:
    """A text that differs by language, for `details`: `{"nl": …, "en": …}`."""
    texts = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = text()
    return texts


def sentence(notification: Notification) -> str:
    """What the notification says, in the language that is active."""
    values = _Values({name: _in_words(name, value) for name, value in notification.details.items()})
    template = SENTENCES.get(notification.details.get("sentence", ""), "{kind}: {what}")
    return str(template).format_map(_Values(values | {"kind": notification.get_kind_display()}))


def _in_words(name: str, value: Any) -> str:
    if isinstance(value, dict):
        value = value.get(translation.get_language()) or value.get(settings.LANGUAGE_CODE) or ""
    if name == "who" and not value:
        return gettext("The system")
    if name in DAYS and value:
        return formats.date_format(date.fromisoformat(value), "j F Y")
    if name == "deadline" and value:
        return formats.date_format(timezone.localtime(datetime.fromisoformat(value)), "j F Y, H:i")
    return str(value)


def address_of(record: Any) -> str:
    """The page of a record; the list of one's own work for what has no page."""
    if hasattr(record, "get_absolute_url"):
        with suppress(NoReverseMatch):
            return record.get_absolute_url()
    return reverse("my-work")


def tell(
    recipients: Iterable[User | int],
    kind: str,
    *,
    key: str,
    details: dict[str, Any],
    url: str = "",
    organisation: Organisation | None = None,
) -> int:
    """Tells each of these people (or keys of people) this once; returns how many notifications were written.

    `key` names the occasion. `details` holds the code of a sentence (`sentence`) and what fills it; a value may be
    given per language. Who did it themselves is for the caller to leave out. Whoever is inactive, or has no current
    role in the organisation (or in any, without one), is told nothing.
    """
    common = {"kind": kind, "key": key, "details": details, "url": url, "organisation": organisation}
    return tell_all(Notification(recipient_id=_key_of(person), **common) for person in recipients)


def _key_of(person: User | int) -> int:
    return person if isinstance(person, int) else person.pk


def tell_all(notifications: Iterable[Notification]) -> int:
    """Writes those of these unsaved notifications that were not told before; three questions for each 500 of them."""
    written = 0
    waiting = iter(notifications)
    while batch := list(islice(waiting, BATCH)):
        reach = _reach({notification.recipient_id for notification in batch})
        wanted = {(n.recipient_id, n.key): n for n in batch if _reaches(reach.get(n.recipient_id, []), n)}
        known = Notification.objects.filter(
            recipient__in={recipient for recipient, _key in wanted}, key__in={key for _recipient, key in wanted}
        )
        told = set(known.values_list("recipient", "key"))
        new = [notification for pair, notification in wanted.items() if pair not in told]
        Notification.objects.bulk_create(new, ignore_conflicts=True)
        written += len(new)
    return written


def _reach(people: set[int]) -> dict[int, list[str]]:
    """The paths of the organisations in which each of these people currently has a role."""
    paths: dict[int, list[str]] = {}
    held = Membership.objects.current().filter(user__in=people, user__is_active=True).order_by()
    for person, path in held.values_list("user", "organisation__path"):
        paths.setdefault(person, []).append(path)
    return paths


def _reaches(paths: list[str], notification: Notification) -> bool:
    """Whether the organisation it is about is one of theirs; to read a policy, also one above theirs."""
    if notification.organisation is None:
        return bool(paths)
    about = notification.organisation.path
    reads = notification.kind == Kind.READING
    return any(about.startswith(path) or (reads and path.startswith(about)) for path in paths)


class Nearest:
    """Whom to tell of something in an organisation: for each of `roles` who has it there, else in the nearest above.

    One question, for every organisation or for `within` and those above it.
    """

    def __init__(self, roles: Iterable[str], within: Organisation | None = None) -> None:
        self.roles = sorted(roles)
        held = Membership.objects.current().filter(role__in=self.roles, user__is_active=True).order_by("user")
        if within is not None:
            held = held.filter(organisation__in=within.above)
        self._holders: dict[tuple[str, int], set[int]] = {}
        for role, organisation, person in held.values_list("role", "organisation", "user"):
            self._holders.setdefault((role, organisation), set()).add(person)

    def to(self, organisation: Organisation, *, leaving_out: int | None = None) -> list[int]:
        """The keys of those people; empty when nobody has such a role there or anywhere above."""
        found: set[int] = set()
        for role in self.roles:
            levels = (self._holders.get((role, place), set()) - {leaving_out} for place in reversed(organisation.above))
            found |= next(filter(None, levels), set())
        return sorted(found)


def settle(key: str, people: "models.QuerySet[User]") -> None:
    """What was told under this key, or under one that begins with it, needs nobody's attention any more."""
    Notification.objects.unread().filter(recipient__in=people, key__startswith=key).update(read_at=clock.now())


def mark_read(notifications: "models.QuerySet[Notification]") -> int:
    return notifications.filter(read_at=None).update(read_at=clock.now())


def prefer(person: User, *, digest: str, muted_kinds: list[str]) -> None:
    """How often the person gets an e-mail with what is new, and about which kinds they get none."""
    wanted = {"digest": digest, "muted_kinds": sorted(muted_kinds)}
    changes = audit_trail.changes_between({name: getattr(person, name) for name in wanted}, wanted)
    if changes:
        with transaction.atomic():
            person.digest, person.muted_kinds = digest, wanted["muted_kinds"]
            person.save(update_fields=list(wanted))
            audit_trail.record("user.notifications_chosen", person, changes)
