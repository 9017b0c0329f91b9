"""The texts of a policy: drafted, reviewed, adopted on somebody's authority, superseded or withdrawn.

One version at a time is open (draft or in review), and one is adopted; that one may still have to enter into force.
Every verb locks the policy, raises `PermissionDenied`, and `ValidationError` when the version is not in a state for it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from governance import audit_trail, clock, notifying, stored_files
from governance.conflict import Conflict
from governance.models import Membership, Notification, Policy, PolicyAttachment, PolicyVersion, User
from governance.models.periods import start_of
from governance.policies import end, hold, needed, record_version

Status = PolicyVersion.Status
DRAFTING = "governance.change_policy"


def start_version(policy: Policy, *, by: User) -> PolicyVersion:
    """A draft with the text and attachments of the adopted version, or else of the last one."""
    with transaction.atomic():
        fresh = hold(policy, DRAFTING, by)
        if fresh.open_version is not None:
            raise ValidationError(_("A version is being written already. Finish or withdraw that one first."))
        last = fresh.versions.first()
        model = fresh.adopted_version or last
        draft = PolicyVersion.objects.create(
            policy=fresh,
            number=last.number + 1 if last else 1,
            body=model.body if model else "",
            created_by=by,
        )
        draft.authors.add(by)
        if model is not None:
            PolicyAttachment.objects.bulk_create(
                PolicyAttachment(policy_version=draft, stored_file=kept.stored_file, name=kept.name, added_by=by)
                for kept in model.attachments.current().select_related("stored_file")
            )
        record_version("started", draft)
    return draft


def write(version: PolicyVersion, fields: Mapping[str, str], *, seen: int, by: User) -> PolicyVersion:
    """The draft with this `body` and `change_note`; the writer becomes one of its authors.

    Raises `Conflict` when somebody wrote since `seen`, the number of `edits` that was read.
    """
    with transaction.atomic():
        fresh = _held(version, DRAFTING, by, Status.DRAFT)
        _check_seen(fresh, seen)
        texts = {name: text.replace("\r\n", "\n").strip() for name, text in fields.items()}
        changes = audit_trail.changes_between({name: getattr(fresh, name) for name in texts}, texts)
        if changes:
            for name, text in texts.items():
                setattr(fresh, name, text)
            fresh.edits += 1
            fresh.save(update_fields=[*texts, "edits"])
            fresh.authors.add(by)
            record_version("written", fresh, changes)
    return fresh


def attach(version: PolicyVersion, upload: UploadedFile, *, by: User) -> PolicyAttachment:
    """The uploaded file, kept beside the draft. Raises `ValidationError` when it is not a file that is taken."""
    with stored_files.stored(upload) as stored:
        fresh = _held(version, DRAFTING, by, Status.DRAFT)
        attachment = PolicyAttachment.objects.create(
            policy_version=fresh, stored_file=stored, name=stored_files.name_of(upload), added_by=by
        )
        fresh.authors.add(by)
        record_version("attached", fresh, {"attachments": [None, attachment.name]})
    return attachment


def remove_attachment(attachment: PolicyAttachment, *, by: User) -> None:
    """Takes the file out of the draft; the file itself is kept, because other versions may show it."""
    with transaction.atomic():
        fresh = _held(attachment.policy_version, DRAFTING, by, Status.DRAFT)
        removed = fresh.attachments.current().filter(pk=attachment.pk).update(removed=clock.now())
        if removed:
            record_version("attachment_removed", fresh, {"attachments": [attachment.name, None]})


def submit(version: PolicyVersion, *, seen: int, by: User) -> PolicyVersion:
    """Puts the draft up for review; the managers who may adopt it are told. Raises `Conflict` as `write` does."""
    with transaction.atomic():
        fresh = _held(version, DRAFTING, by, Status.DRAFT)
        _check_seen(fresh, seen)
        if not fresh.body.strip():
            raise ValidationError(_("There is no text yet. Write it first."))
        fresh.status = Status.IN_REVIEW
        fresh.submitted_at, fresh.submitted_by, fresh.returned_reason = clock.now(), by, ""
        fresh.save()
        record_version("submitted", fresh, {"status": [Status.DRAFT, fresh.status]})
        managers = fresh.organisation.people([Membership.Role.MANAGER]).exclude(pk=by.pk)
        authors = set(fresh.authors.values_list("pk", flat=True))
        deciding = [manager for manager in managers if authors != {manager.pk}]
        _tell(deciding, Notification.Kind.DECISION, "policy_to_adopt", fresh, by)
    return fresh


def return_to_draft(version: PolicyVersion, reason: str, *, by: User) -> PolicyVersion:
    """Gives the version back to its authors, who are told why."""
    with transaction.atomic():
        fresh = _held(version, DRAFTING, by, Status.IN_REVIEW)
        fresh.status = Status.DRAFT
        fresh.returned_reason = needed(reason, "reason", _("Say what must change, for the authors."))
        fresh.save(update_fields=["status", "returned_reason"])
        changes = {"status": [Status.IN_REVIEW, fresh.status], "returned_reason": ["", fresh.returned_reason]}
        record_version("returned", fresh, changes)
        authors = fresh.authors.filter(is_active=True).exclude(pk=by.pk)
        _tell(authors, Notification.Kind.ASSIGNED, "policy_returned", fresh, by)
    return fresh


def adopt(version: PolicyVersion, fields: Mapping[str, Any], *, seen: int, by: User) -> PolicyVersion:
    """Lays the version down as the organisation's policy; what was adopted before holds until this enters into force.

    `fields`: authority, in_force_from, review_date and, when it was not today, adopted_on. The adopter is a manager
    and not the only author. Raises `Conflict` when the text is not the one that was seen.
    """
    with transaction.atomic():
        fresh = _held(version, "governance.adopt_policy", by, Status.IN_REVIEW)
        if fresh.is_written_by_nobody_but(by):
            raise ValidationError(_("You are the only author of this version. Another manager adopts it."))
        _check_seen(fresh, seen)
        today = clock.today()
        adopted_on = fields.get("adopted_on") or today
        _check_adoption(fresh, fields, adopted_on)
        for name in ("authority", "in_force_from", "review_date"):
            setattr(fresh, name, fields[name])
        _supersede(fresh, by=by)
        fresh.status, fresh.adopted_by = Status.ADOPTED, by
        fresh.adopted_at = clock.now() if adopted_on == today else start_of(adopted_on) + timedelta(hours=12)
        fresh.save()
        names = ("status", "authority", "adopted_at", "in_force_from", "review_date")
        new = {name: getattr(fresh, name) for name in names}
        record_version("adopted", fresh, audit_trail.changes_between({"status": Status.IN_REVIEW}, new))
        authors = fresh.authors.filter(is_active=True).exclude(pk=by.pk)
        _tell(authors, Notification.Kind.ASSIGNED, "policy_adopted", fresh, by)
    return fresh


def withdraw_version(version: PolicyVersion, reason: str, *, by: User) -> PolicyVersion:
    """Ends an open or adopted version today.

    An adopted one is withdrawn by a manager. If it had not entered into force, the version before it holds on.
    """
    with transaction.atomic():
        fresh = _held(version, DRAFTING, by, Status.DRAFT, Status.IN_REVIEW, Status.ADOPTED)
        adopted = fresh.status == Status.ADOPTED
        if adopted and not by.has_perm("governance.withdraw_policy", fresh.policy):
            raise PermissionDenied
        reason = needed(reason, "reason", _("Say why this version is withdrawn."))
        before = fresh.status
        entered = adopted and fresh.is_in_force
        end(fresh, Status.WITHDRAWN, reason, by=by)
        record_version("withdrawn", fresh, {"status": [before, fresh.status], "ended_reason": ["", reason]})
        if adopted and not entered:
            _let_former_hold_on(fresh)
    return fresh


def _held(version: PolicyVersion, permission: str, by: User, *statuses: Status) -> PolicyVersion:
    """The version as it is stored, its policy locked, in one of these states."""
    policy = hold(version.policy, permission, by)
    fresh = policy.versions.get(pk=version.pk)
    fresh.policy = policy
    if fresh.status not in statuses:
        now = fresh.get_status_display().lower()
        raise ValidationError(
            _("This cannot be done with this version now: its status is “%(status)s”.") % {"status": now}
        )
    return fresh


def _check_seen(version: PolicyVersion, seen: int) -> None:
    if version.edits != seen:
        raise Conflict(version)


def _check_adoption(version: PolicyVersion, fields: Mapping[str, Any], adopted_on: date) -> None:
    """Raises `ValidationError` naming each field that is missing or that cannot be."""
    errors: dict[str, str] = {}
    if not str(fields.get("authority") or "").strip():
        errors["authority"] = _("Say on whose authority it is adopted.")
    begins, review = fields.get("in_force_from"), fields.get("review_date")
    earliest = _earliest_entry(version)
    if begins is None:
        errors["in_force_from"] = _("Say from which day it holds.")
    elif earliest is not None and begins < earliest:
        sentence = _("An earlier version held until then. Choose %(day)s or later.")
        errors["in_force_from"] = sentence % {"day": date_format(earliest, "j F Y")}
    if review is None:
        errors["review_date"] = _("Say when it is looked at again.")
    elif begins is not None and review <= begins:
        errors["review_date"] = _("Choose a day after the entry into force.")
    if adopted_on > clock.today():
        errors["adopted_on"] = _("Choose today or a day before.")
    if errors:
        raise ValidationError(errors)


def _earliest_entry(version: PolicyVersion) -> date | None:
    """The first day on which it can enter into force without taking back what has been in force."""
    days = [
        former.in_force_until or former.in_force_from
        if former.status == Status.WITHDRAWN
        else former.in_force_from + timedelta(days=1)
        for former in version.policy.versions.exclude(adopted_at=None)
        if former.in_force_from is not None and former.in_force_from <= clock.today()
    ]
    return max((day for day in days if day is not None), default=None)


def _supersede(version: PolicyVersion, *, by: User) -> None:
    """Lets what was adopted before end on the day on which this version enters into force."""
    begins = version.in_force_from
    for former in version.policy.versions.holding():
        if former.in_force_from is None or begins is None or (former.in_force_until or date.max) <= begins:
            continue
        former.in_force_until = max(former.in_force_from, begins)
        if former.status == Status.ADOPTED:
            former.status = Status.SUPERSEDED
            former.ended_at, former.ended_by = clock.now(), by
            record_version("superseded", former, {"in_force_until": [None, former.in_force_until.isoformat()]})
        former.save()


def _let_former_hold_on(withdrawn: PolicyVersion) -> None:
    """The version whose end was the entry into force of the one that is withdrawn is adopted as it was."""
    policy = withdrawn.policy
    superseded = policy.versions.filter(status=Status.SUPERSEDED, in_force_until=withdrawn.in_force_from)
    former = superseded.filter(in_force_from__lt=withdrawn.in_force_from).first()
    if former is not None:
        former.status, former.in_force_until, former.ended_at, former.ended_by = Status.ADOPTED, None, None, None
        former.save()
        record_version("holds_on", former)


def _tell(people: Any, kind: str, sentence: str, version: PolicyVersion, by: User) -> None:
    policy = version.policy
    notifying.tell(
        people,
        kind,
        key=f"{sentence}:{version.pk}:{version.edits}:{clock.now():%Y-%m-%dT%H:%M:%S}",
        details={"sentence": sentence, "what": policy.title, "who": str(by), "where": policy.organisation.name},
        url=version.get_absolute_url(),
        organisation=policy.organisation,
    )
