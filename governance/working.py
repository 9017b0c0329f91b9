"""The work on requirements and measures: comply or explain, claim and verify. The same rules hold at both levels.

Every verb names the row the person saw (`seen`, the key of the open row, or None where nobody had begun) and raises
`Conflict` when that is no longer the open one. One change touches one row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.evidence_places import is_proven
from governance.models import Assessment, Measure, MeasureWork, Requirement, User
from governance.permissions import organisation_of
from governance.work_notices import tell_of_change

Owner = TypeVar("Owner", bound=models.Model)
Claim = TypeVar("Claim", bound=Assessment)
Doing = TypeVar("Doing", bound=MeasureWork)

Status, Choice, Progress = Assessment.Status, MeasureWork.Choice, MeasureWork.Progress

NOT_CLAIMED: dict[str, Any] = {
    "claimed_by": None,
    "claimed_at": None,
    "claimed_revision": None,
    "verified_by": None,
    "verified_at": None,
    "returned_reason": "",
    "on_evidence": False,
    "verify_again": "",
    "verify_again_about": "",
}
SUBSTANCE = ("choice", "progress", "explanation", "links")
"""The fields of the work on a measure on which a claim about a requirement may rest."""
BATCH = 500


def open_row(rows: models.QuerySet[Any], seen: int | None) -> Any:
    """The open row, which must be the one that was seen."""
    row = rows.filter(until=None).first()
    if (row.pk if row else None) != seen:
        raise Conflict(row)
    return row


@dataclass(frozen=True)
class Level(Generic[Owner, Claim, Doing]):
    """Where work is recorded: for an algorithm, or once for an organisation."""

    owner: str
    """The field of the rows that says whose work it is."""
    assessments: type[Claim]
    measure_statuses: type[Doing]
    hold: Callable[[Iterable[int]], None]
    """Keeps other writers of the work of these owners waiting until the transaction ends."""
    changed: Callable[[Iterable[int]], None]
    """What follows from a change in the work of these owners, in its transaction."""

    def current_assessment(self, owner: Owner, requirement: Requirement) -> Claim:
        """The open assessment, or an unsaved one where nobody has begun."""
        people = ("assignee", "claimed_by", "verified_by", "by")
        return self._current(self.assessments, people, {self.owner: owner, "requirement": requirement})

    def current_measure_status(self, owner: Owner, measure: Measure) -> Doing:
        """The open status, or an unsaved one where nobody has begun."""
        return self._current(self.measure_statuses, ("assignee", "by"), {self.owner: owner, "measure": measure})

    def assess(
        self, owner: Owner, requirement: Requirement, fields: Mapping[str, Any], *, seen: int | None, by: User | None
    ) -> Claim:
        """Records how far a requirement is met.

        `fields`: any of status, explanation, links, due, assignee. "Met" is a claim of `by` and needs an explanation,
        a link or evidence that is attached; "not applicable" needs an explanation. Changing the explanation or links
        of a claim claims it anew, so it must be verified again. Raises `Conflict`, and `ValidationError` naming the
        field.
        """
        with transaction.atomic():
            row = self._hold_and_open(self.assessments, owner, seen, requirement=requirement)
            successor = self.current_assessment(owner, requirement)
            wanted = {name: fields.get(name, getattr(successor, name)) for name in ("status", "explanation", "links")}
            if wanted["status"] not in dict(self.assessments.STATUSES):
                raise ValidationError({"status": _("Whether it applies is decided by the rule, not here.")})
            is_changed = any(wanted[name] != getattr(successor, name) for name in wanted)
            on_evidence = is_changed and wanted["status"] == Status.MET and is_proven(owner, requirement)
            is_bare = not wanted["explanation"].strip() and not wanted["links"]
            if is_changed and wanted["status"] == Status.MET and is_bare and not on_evidence:
                raise ValidationError(
                    {"explanation": _("Say how the requirement is met, or add a link or evidence that shows it.")}
                )
            if wanted["status"] == Status.NOT_APPLICABLE and not wanted["explanation"].strip():
                raise ValidationError({"explanation": _("Say why the requirement does not apply to the organisation.")})
            values = dict(fields)
            if is_changed:
                values |= NOT_CLAIMED
                if wanted["status"] == Status.MET:
                    values |= {
                        "claimed_by": by,
                        "claimed_at": clock.now(),
                        "claimed_revision": requirement.revision,
                        "on_evidence": on_evidence,
                    }
            return self._succeed(row, successor, values, "requirement.assessed", by=by, label=requirement.code)

    def verify(self, assessment: Claim, *, confirmed: bool, reason: str = "", by: User) -> Claim:
        """Confirms a claim, or returns it with a reason. Nobody verifies a claim of their own.

        Raises `Conflict` when the claim changed meanwhile and `ValidationError` when there is nothing to verify.
        """
        owner, requirement = getattr(assessment, self.owner), assessment.requirement  # type: ignore[attr-defined]
        with transaction.atomic():
            row = self._hold_and_open(self.assessments, owner, assessment.pk, requirement=requirement)
            if row.status != Status.MET:
                raise ValidationError(_("Only a requirement that is claimed to be met can be verified."))
            if row.claimed_by_id == by.pk:
                raise ValidationError(_("Somebody else has to verify your claim."))
            if not confirmed and not reason.strip():
                raise ValidationError({"reason": _("Say why you return the claim.")})
            successor = self.current_assessment(owner, requirement)
            if confirmed:
                values: dict[str, Any] = {"verified_by": by, "verified_at": clock.now(), "returned_reason": ""}
                values |= {"verify_again": "", "verify_again_about": ""}
            else:
                values = {"status": Status.IN_PROGRESS, **NOT_CLAIMED, "returned_reason": reason.strip()}
            verb = "requirement.verified" if confirmed else "requirement.returned"
            return self._succeed(row, successor, values, verb, by=by, label=requirement.code)

    def record_measure(
        self, owner: Owner, measure: Measure, fields: Mapping[str, Any], *, seen: int | None, by: User | None
    ) -> Doing:
        """Records what is done about a measure: comply or explain.

        `fields`: any of choice, progress, explanation, links, due, assignee. Replacing or not applying needs an
        explanation. What was verified of a requirement that the measure serves has to be verified again. Raises
        `Conflict`, and `ValidationError` naming the field.
        """
        with transaction.atomic():
            row = self._hold_and_open(self.measure_statuses, owner, seen, measure=measure)
            successor = self.current_measure_status(owner, measure)
            values = dict(fields)
            choice = values.get("choice", successor.choice)
            explanation = values.get("explanation", successor.explanation)
            if choice in (Choice.REPLACED, Choice.NOT_APPLIED) and not explanation.strip():
                raise ValidationError(
                    {
                        "explanation": _("Describe the own measure that replaces it.")
                        if choice == Choice.REPLACED
                        else _("Explain why the measure is not applied.")
                    }
                )
            if choice in (Choice.OPEN, Choice.NOT_APPLIED):
                values["progress"] = Progress.TO_DO
            former = [getattr(successor, name) for name in SUBSTANCE]
            recorded: Doing = self._succeed(row, successor, values, "measure.recorded", by=by, label=measure.code)
            if [getattr(recorded, name) for name in SUBSTANCE] != former:
                served: Any = self.assessments._default_manager.filter(
                    **{self.owner: owner}, requirement__in=measure.requirements.values("pk")
                )
                self.to_verify_again(served, Assessment.VerifyAgain.MEASURE_CHANGED, measure.code, by=by)
            return recorded

    def to_verify_again(self, claims: Any, why: str, about: str, *, by: User | None) -> int:
        """Lets those of these assessments that hold and are verified wait for a second person again; how many.

        `why` is one of `Assessment.VerifyAgain`, and `about` names what gave rise to it.
        """
        fields = {"verified_by": None, "verified_at": None, "verify_again": why, "verify_again_about": about[:255]}
        with transaction.atomic():
            keys = claims.current().met().exclude(verified_at=None).order_by().values_list("pk", self.owner)
            found = sorted(keys, key=lambda pair: (pair[1], pair[0]))
            for start in range(0, len(found), BATCH):
                self._open_again(found[start : start + BATCH], fields, by)
        return len(found)

    def _open_again(self, found: Sequence[tuple[int, int]], fields: Mapping[str, Any], by: User | None) -> None:
        owners = {owner for _key, owner in found}
        self.hold(owners)
        people = ("assignee", "claimed_by", "verified_by", "by")
        rows: Any = self.assessments._default_manager
        rows = rows.current().exclude(verified_at=None).filter(pk__in=[key for key, _owner in found])
        for row in rows.select_related("requirement", rows.owner, *people).order_by(self.owner, "pk"):
            code = row.requirement.code
            self._succeed(row, copy(row), fields, "requirement.to_verify_again", by=by, label=code, counted=False)
        self.changed(owners)

    def _current(self, work: Any, people: tuple[str, ...], about: dict[str, Any]) -> Any:
        return work.objects.current().filter(**about).select_related(*people).first() or work(**about)

    def _hold_and_open(self, work: Any, owner: Owner, seen: int | None, **subject: models.Model) -> Any:
        self.hold([owner.pk])
        return open_row(work.objects.filter(**{self.owner: owner}, **subject), seen)

    def _succeed(
        self,
        row: Any,
        successor: Any,
        fields: Mapping[str, Any],
        verb: str,
        *,
        by: User | None,
        label: str,
        counted: bool = True,
    ) -> Any:
        """Closes `row` and opens `successor` with these fields changed; returns `row` when nothing changes.

        Not `counted`: what follows from the change is left to the caller.
        """
        old = {name: getattr(successor, name) for name in fields}
        changes = audit_trail.changes_between(old, fields)
        if not changes and row is not None:
            return row
        for name, value in fields.items():
            setattr(successor, name, value)
        now = clock.now()
        if row is not None:
            row.close(now)
        successor.pk, successor.since, successor.until, successor.by = None, now, None, by
        successor._state.adding = True
        successor.save()
        owner = getattr(successor, self.owner)
        if counted:
            self.changed([owner.pk])
        organisation: Any = organisation_of(owner)
        audit_trail.record(verb, owner, changes, organisation=organisation, label=label)
        tell_of_change(
            row, successor, where=str(owner), organisation=organisation, url=successor.get_absolute_url(), by=by
        )
        return successor
