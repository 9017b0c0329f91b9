"""Findings: what an auditor saw, what management answers, what is done about it, and that the auditor closes it.

Only auditors raise, revise, keep open, close and reopen; managers answer; the owner and the officers tell what was
done. Who may do which is asked by the pages (`registry.permissions`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.leaving import Holding
from governance.models import Membership, Notification, Organisation, User
from governance.notifying import Nearest, tell
from governance.permissions import WORKING
from registry.models import Algorithm, Audit, Finding, FollowUp

Role = Membership.Role
Kind = Notification.Kind


# The auditor


def raise_finding(
    organisation: Organisation,
    fields: Mapping[str, Any],
    *,
    algorithm: Algorithm | None = None,
    audit: Audit | None = None,
    by: User,
) -> Finding:
    """A new finding; the managers are told. About an algorithm it belongs to the organisation of that algorithm.

    `fields`: title, norm, observation, cause, consequence, recommendation, severity, criterion, requirement, measure,
    policy. Raises `ValidationError` naming the fields.
    """
    if algorithm is not None and not algorithm.organisation.path.startswith(organisation.path):
        raise ValidationError({"algorithm": _("Choose an algorithm of this organisation or of a part of it.")})
    owner = algorithm.organisation if algorithm is not None else organisation
    if audit is not None:
        _refuse_audit(audit, owner)
    finding = Finding(organisation=owner, algorithm=algorithm, audit=audit, raised_by=by, **fields)
    finding.full_clean(exclude=["raised_by"])
    with transaction.atomic():
        finding.save()
        about = {"algorithm": algorithm, "audit": audit}
        changes = audit_trail.changes_between({}, {**about, **fields})
        audit_trail.record("finding.raised", finding, {name: change for name, change in changes.items() if change[1]})
        _tell(finding, _managers(owner), Kind.DECISION, "finding_raised", by=by)
    return finding


def _refuse_audit(audit: Audit, organisation: Organisation) -> None:
    if not organisation.path.startswith(audit.organisation.path):
        raise ValidationError({"audit": _("Choose an audit of this organisation or of one above it.")})
    if audit.concluded is not None:
        raise ValidationError({"audit": _("This audit is concluded; nothing can be added to it.")})


def revise(finding: Finding, fields: Mapping[str, Any], *, seen: int, by: User) -> Finding:
    """The finding with these fields changed, as long as management has not answered it.

    Raises `Conflict`, and `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fresh = _held(finding, seen)
        if fresh.responded is not None:
            raise ValidationError(_("Management has answered this finding: its text can no longer be changed."))
        _refuse_closed(fresh)
        _change(fresh, fields, "finding.revised")
    return fresh


def close(finding: Finding, *, reason: str, seen: int, by: User) -> Finding:
    """Closes the finding; its owner and the managers are told. Raises `Conflict`, and `ValidationError`."""
    reason = _said("reason", reason, _("Say why it can be closed."))
    with transaction.atomic():
        fresh = _held(finding, seen)
        if fresh.closed is not None:
            raise Conflict(fresh)
        _change(fresh, {"closed": clock.now(), "closed_by": by, "closed_because": reason}, "finding.closed")
        _tell(fresh, _followers(fresh), Kind.ASSIGNED, "finding_closed", by=by)
    return fresh


def keep_open(finding: Finding, *, reason: str, seen: int, by: User) -> Finding:
    """Does not close it, though that was asked; the reason joins the follow-up and its owner is told.

    Raises `Conflict`, and `ValidationError`, also when nobody asks to close it.
    """
    reason = _said("reason", reason, _("Say what still has to be done."))
    with transaction.atomic():
        fresh = _held(finding, seen)
        _refuse_closed(fresh)
        if not Finding.objects.asking_to_close().filter(pk=fresh.pk).exists():
            raise ValidationError(_("Nobody asks to close this finding any more. It stays open as it is."))
        _change(fresh, {}, "finding.kept_open", said=reason, by=by)
        _tell(fresh, _followers(fresh), Kind.ASSIGNED, "finding_kept_open", by=by)
    return fresh


def reopen(finding: Finding, *, reason: str, seen: int, by: User) -> Finding:
    """Opens a closed finding again; the reason joins the follow-up. Raises `Conflict`, and `ValidationError`."""
    reason = _said("reason", reason, _("Say why it is opened again."))
    with transaction.atomic():
        fresh = _held(finding, seen)
        if fresh.closed is None:
            raise Conflict(fresh)
        nothing = {"closed": None, "closed_by": None, "closed_because": ""}
        _change(fresh, nothing, "finding.reopened", said=reason, by=by)
        _tell(fresh, _followers(fresh), Kind.ASSIGNED, "finding_reopened", by=by)
    return fresh


# Management and the owner


def respond(finding: Finding, fields: Mapping[str, Any], *, seen: int, by: User) -> Finding:
    """Management's answer, or another one in its place; the auditor and the owner are told.

    `fields`: response, response_text, owner, due; who agrees, also in part, names an owner and a day. Raises
    `Conflict`, and `ValidationError` naming the fields.
    """
    errors: dict[str, Any] = {}
    response, owner, due = fields.get("response"), fields.get("owner"), fields.get("due")
    if response not in Finding.Response.values:
        errors["response"] = _("Say whether you agree.")
    if not str(fields.get("response_text") or "").strip():
        errors["response_text"] = _("Say what management thinks of it and does about it.")
    if response in (Finding.Response.AGREED, Finding.Response.PARTLY):
        if owner is None:
            errors["owner"] = _("Say who does something about it.")
        if due is None:
            errors["due"] = _("Say by when it is done.")
    with transaction.atomic():
        fresh = _held(finding, seen)
        _refuse_closed(fresh)
        before = fresh.owner
        if owner is not None and not fresh.organisation.people(WORKING).filter(pk=owner.pk).exists():
            errors["owner"] = _("Choose somebody who works for this organisation.")
        if due is not None and due != fresh.due and due < clock.today():
            errors["due"] = _("This day has passed already.")
        if errors:
            raise ValidationError(errors)
        _change(fresh, {**fields, "responded": clock.now(), "responded_by": by}, "finding.responded")
        _tell(fresh, _auditors(fresh), Kind.DECISION, "finding_responded", by=by)
        if owner is not None and owner != before:
            _tell(fresh, [owner.pk], Kind.ASSIGNED, "finding_assigned", by=by)
    return fresh


def follow_up(finding: Finding, *, text: str, asks_to_close: bool, seen: int, by: User) -> Finding:
    """Tells what was done; `asks_to_close` puts it to the auditor. Raises `Conflict`, and `ValidationError`."""
    text = _said("text", text, _("Say what was done."))
    with transaction.atomic():
        fresh = _held(finding, seen)
        _refuse_closed(fresh)
        if asks_to_close and fresh.responded is None:
            raise ValidationError({"asks_to_close": _("Management has to answer the finding first.")})
        _change(fresh, {}, "finding.followed_up", said=text, asks_to_close=asks_to_close, by=by)
        if asks_to_close:
            _tell(fresh, _auditors(fresh), Kind.DECISION, "finding_asks_to_close", by=by)
    return fresh


def _said(name: str, text: str, missing: str) -> str:
    if not text.strip():
        raise ValidationError({name: missing})
    return text.strip()


def _held(finding: Finding, seen: int) -> Finding:
    """The finding as it stands, held until the transaction ends; it must be as it was seen."""
    rows = Finding.objects.select_for_update(no_key=True, of=("self",))
    fresh: Finding = rows.select_related("organisation", "algorithm", "audit", "owner", "raised_by").get(pk=finding.pk)
    if fresh.version != seen:
        raise Conflict(fresh)
    return fresh


def _refuse_closed(finding: Finding) -> None:
    if finding.closed is not None:
        raise ValidationError(_("This finding is closed. An auditor can open it again."))


def _change(
    fresh: Finding,
    fields: Mapping[str, Any],
    verb: str,
    *,
    said: str = "",
    asks_to_close: bool = False,
    by: User | None = None,
) -> None:
    """Writes these fields, and what was `said` as follow-up, as the next version of the finding."""
    changes = audit_trail.changes_between({name: getattr(fresh, name) for name in fields}, fields)
    if not changes and not said:
        return
    for name, value in fields.items():
        setattr(fresh, name, value)
    fresh.full_clean(exclude=["raised_by", "responded_by", "closed_by", "owner"])
    fresh.version += 1
    fresh.save()
    if said:
        FollowUp.objects.create(finding=fresh, by=by, text=said, asks_to_close=asks_to_close)
        changes["follow_up"] = [None, said]
    if asks_to_close:
        changes["asks_to_close"] = [False, True]
    audit_trail.record(verb, fresh, changes)


# Who is told


def _managers(organisation: Organisation) -> list[int]:
    return Nearest([Role.MANAGER], organisation).to(organisation)


def _auditors(finding: Finding) -> list[int]:
    """Who raised it and who leads its audit, as far as they are auditors there; else the nearest auditors."""
    named = [finding.raised_by, finding.audit.lead if finding.audit else None]
    found = [person.pk for person in named if person and person.has_perm("registry.close_finding", finding)]
    return sorted(set(found)) or Nearest([Role.AUDITOR], finding.organisation).to(finding.organisation)


def _followers(finding: Finding) -> list[int]:
    """The owner and the managers, who follow what becomes of it."""
    owner = [finding.owner_id] if finding.owner_id else []
    return sorted({*owner, *_managers(finding.organisation)})


def _tell(finding: Finding, people: Iterable[int], kind: str, sentence: str, *, by: User) -> None:
    tell(
        [person for person in people if person != by.pk],
        kind,
        key=f"finding:{finding.pk}:{sentence}:{finding.version}",
        details={
            "sentence": sentence,
            "who": str(by),
            "what": finding.title,
            "where": str(finding.algorithm or finding.organisation),
        },
        url=finding.get_absolute_url(),
        organisation=finding.organisation,
    )


# What somebody holds


class OwnedFindings:
    """The open findings somebody owns, as part of what they hold; see `governance.leaving`."""

    name = "findings"

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterable[Holding]:
        held = Finding.objects.open().filter(owner=person, organisation__in=organisations)
        for finding in held.select_related("algorithm", "organisation").order_by("due", "pk"):
            yield Holding(
                key=f"{self.name}:{finding.pk}",
                kind=_("Findings"),
                what=finding.title,
                where=str(finding.algorithm or finding.organisation),
                url=finding.get_absolute_url(),
                since=finding.responded,
                at_once=True,
            )

    def hand_over(self, numbers: "list[int]", to: User | None, moment: datetime, *, by: User) -> int:
        """A finding has one owner at a time, without a period: it is handed over at once, whatever `moment` is."""
        rows = Finding.objects.open().filter(pk__in=numbers).select_for_update(no_key=True, of=("self",))
        findings = list(rows.select_related("organisation", "algorithm").order_by("pk"))
        for finding in findings:
            if to is not None and not finding.organisation.people(WORKING).filter(pk=to.pk).exists():
                sentence = _("%(person)s does not work for %(organisation)s and cannot have a finding there.")
                raise ValidationError(sentence % {"person": to, "organisation": finding.organisation})
            _change(finding, {"owner": to}, "finding.handed_over")
            if to is not None:
                _tell(finding, [to.pk], Kind.ASSIGNED, "finding_assigned", by=by)
        return len(findings)
