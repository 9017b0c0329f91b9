"""Evidence: adding a file or a link, using it where it proves something, revising and withdrawing it.

What is withdrawn is used nowhere any more; what expired stays where it is, and counts no longer.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import TruncDate
from django.http import FileResponse
from django.utils.translation import gettext as _

from governance import audit_trail, clock, stored_files
from governance.conflict import Conflict
from governance.evidence_places import kind_of, place_of, uses_at
from governance.models import Assessment, Evidence, EvidenceUse, Organisation, User
from governance.models.evidence import kinds_of_use
from governance.permissions import organisation_of
from governance.working import Level

VerifyAgain = Assessment.VerifyAgain

levels: dict[type[EvidenceUse], Level[Any, Any, Any]] = {}
"""By the model of the uses, the level whose claims rest on them."""

REVISABLE = ("title", "description", "valid_until")


def add(
    organisation: Organisation,
    fields: Mapping[str, Any],
    *,
    upload: UploadedFile | None = None,
    at: tuple[Any, Any] | None = None,
    by: User,
) -> Evidence:
    """A new file or link of the organisation, used at once for `at`: a record and a part of it, or None.

    `fields`: title (the name of the file or the link when empty), description, valid_until, and url for a link. When
    it fails, neither row nor file stays. Raises `ValidationError` naming the fields.
    """
    if upload is None:
        return _add(organisation, fields, at, by)
    if fields.get("url"):
        raise ValidationError({"url": _("Give a file or a link, not both.")})
    try:
        with stored_files.stored(upload) as kept:
            file = {"stored_file": kept, "name": stored_files.name_of(upload)}
            return _add(organisation, {**fields, **file}, at, by)
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            raise
        raise ValidationError({"file": error.messages}) from error


def _add(organisation: Organisation, fields: Mapping[str, Any], at: tuple[Any, Any] | None, by: User) -> Evidence:
    if not fields.get("url") and not fields.get("stored_file"):
        raise ValidationError({"file": _("Choose a file, or give a link.")})
    title = fields.get("title", "").strip() or fields.get("name") or fields.get("url", "")
    values = {**fields, "title": str(title)[:200]}
    added = Evidence(organisation=organisation, added_by=by, **values)
    added.full_clean(exclude=["added_by"])
    with transaction.atomic():
        added.save()
        audit_trail.record("evidence.added", added, audit_trail.changes_between({}, values))
        if at is not None:
            attach(added, *at, by=by)
    return added


def revise(evidence: Evidence, fields: Mapping[str, Any], *, seen: int, by: User) -> Evidence:
    """The evidence with these of `REVISABLE` changed; a file or link stays what it is.

    With a last day that has passed, what was verified on it has to be verified again. Raises `Conflict`, and
    `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fresh = _held(evidence)
        if fresh.version != seen:
            raise Conflict(fresh)
        was_expired = fresh.is_expired
        wanted = {name: fields[name] for name in REVISABLE if name in fields}
        changes = audit_trail.changes_between({name: getattr(fresh, name) for name in wanted}, wanted)
        if not changes:
            return fresh
        for name, value in wanted.items():
            setattr(fresh, name, value)
        fresh.full_clean(exclude=["added_by", "withdrawn_by"])
        fresh.version += 1
        fresh.save()
        audit_trail.record("evidence.revised", fresh, changes)
        if fresh.is_expired and not was_expired:
            for uses in kinds_of_use():
                _fall_back(uses.objects.filter(evidence=fresh), VerifyAgain.EVIDENCE_EXPIRED, fresh, by=by)
    return fresh


def withdraw(evidence: Evidence, reason: str, *, by: User) -> Evidence:
    """Ends the evidence everywhere it is used; what was verified on it has to be verified again.

    Raises `ValidationError` without a reason, and `Conflict` when it is withdrawn already.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this evidence is withdrawn.")})
    with transaction.atomic():
        fresh = _held(evidence, may_be_withdrawn=True)
        if fresh.withdrawn is not None:
            raise Conflict(fresh)
        fresh.withdrawn, fresh.withdrawn_by, fresh.withdrawn_because = clock.now(), by, reason.strip()
        fresh.version += 1
        fresh.save()
        audit_trail.record("evidence.withdrawn", fresh, {"withdrawn_because": ["", reason.strip()]})
        for kind in kinds_of_use():
            uses = kind.objects.current().filter(evidence=fresh)
            for use in uses.with_places():
                _record_at(use, fresh, "detached")
            _fall_back(uses, VerifyAgain.EVIDENCE_WITHDRAWN, fresh, by=by)
            uses.update(until=clock.now())
    return fresh


def attach(evidence: Evidence, record: Any, part: Any = None, *, by: User) -> EvidenceUse:
    """Uses the evidence for a record, or for a part of it. Of the record's organisation, or of one above it.

    Raises `ValidationError` when it cannot be used there, and `Conflict` when it is used there already.
    """
    organisation: Any = organisation_of(record)
    with transaction.atomic():
        fresh = _held(evidence)
        if fresh.organisation_id not in organisation.above:
            raise ValidationError(_("This evidence is of another organisation. Choose from what is offered here."))
        if uses_at(record, part).current().filter(evidence=fresh).exists():
            raise Conflict(fresh)
        kind = kind_of(record)
        use = kind.uses(evidence=fresh, since=clock.now(), by=by, **kind.about(record, part))
        use.save()
        audit_trail.record("evidence.attached", fresh, label=place_of(use).name)
        _record_at(use, fresh, "attached")
    return use


def detach(use: EvidenceUse, *, by: User) -> None:
    """Ends the use of evidence in one place; what was verified there on it has to be verified again.

    Raises `Conflict` when it is not used there any more, and `ValidationError` where what was used has to stay.
    """
    with transaction.atomic():
        fresh = _held(use.evidence, may_be_withdrawn=True)
        uses: Any = type(use)
        current = uses.objects.current().filter(pk=use.pk)
        found = current.with_places().first()
        if found is None:
            raise Conflict(fresh)
        record = place_of(found).record
        if kind_of(record).is_settled(record):
            raise ValidationError(_("This was decided or closed: what it rests on stays with it."))
        audit_trail.record("evidence.detached", fresh, label=place_of(found).name)
        _record_at(found, fresh, "detached")
        _fall_back(current, VerifyAgain.EVIDENCE_WITHDRAWN, fresh, by=by)
        current.update(until=clock.now())


def download(evidence: Evidence, *, by: User) -> FileResponse:
    """The file, for who sees the evidence; recorded in the audit trail. Raises `PermissionDenied`."""
    return stored_files.serve(evidence, "governance.view_evidence", by)


def let_expired_claims_fall_back(on: date) -> int:
    """Lets what was verified on evidence that expired since wait for a second person again; how many claims.

    Meant for every day; what a second person verified after the last day of the evidence stays as it is.
    """
    number = 0
    for kind, level in levels.items():
        claims = level.assessments.objects.current().met().annotate(day=TruncDate("verified_at"))
        same = {level.owner: OuterRef(level.owner), "requirement": OuterRef("requirement")}
        before = claims.filter(**same, day__lte=OuterRef("evidence__valid_until"))
        uses: Any = kind
        expired = uses.objects.current().filter(Exists(before), evidence__in=Evidence.objects.expired(on))
        for evidence in Evidence.objects.filter(pk__in=expired.order_by().values("evidence")).order_by("pk"):
            with audit_trail.acting(None, "command"), transaction.atomic():
                fresh = _held(evidence, may_be_withdrawn=True)
                if fresh.withdrawn is not None or not fresh.is_expired:
                    continue
                used, last = uses.objects.filter(evidence=fresh), fresh.valid_until
                number += _fall_back(used, VerifyAgain.EVIDENCE_EXPIRED, fresh, by=None, until=last)
    return number


def _held(evidence: Evidence, *, may_be_withdrawn: bool = False) -> Evidence:
    """The evidence as it stands, held until the transaction ends. Raises `Conflict` when it is withdrawn."""
    rows = Evidence.objects.select_for_update(no_key=True, of=("self",)).select_related("organisation", "stored_file")
    fresh: Evidence = rows.get(pk=evidence.pk)
    if fresh.withdrawn is not None and not may_be_withdrawn:
        raise Conflict(fresh)
    return fresh


def _record_at(use: EvidenceUse, evidence: Evidence, done: str) -> None:
    """What is used for a record belongs to its history too."""
    place = place_of(use)
    code = getattr(place.part, "code", "")
    label = f"{evidence} ({code})" if code else str(evidence)
    audit_trail.record(f"proof.{done}", place.record, organisation=organisation_of(place.record), label=label)


def _fall_back(uses: Any, why: str, evidence: Evidence, *, by: User | None, until: date | None = None) -> int:
    """Lets the verified claims that rest on these current uses be verified again; only those verified by `until`."""
    level = levels.get(uses.model)
    if level is None:
        return 0
    here = uses.current().filter(**{level.owner: OuterRef(level.owner)}, requirement=OuterRef("requirement"))
    claims = level.assessments.objects.filter(Exists(here))
    if until is not None:
        claims = claims.annotate(day=TruncDate("verified_at")).filter(day__lte=until)
    return level.to_verify_again(claims, why, evidence.title, by=by)
