"""The work on requirements and measures: comply or explain, claim and verify, overrule.

Every verb names the row the person saw (`seen`, the key of the open row, or None where nobody had begun) and raises
`Conflict` when that is no longer the open one. One change touches one row.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.conflict import Conflict
from governance.models import Measure, Requirement, User
from governance.work_notices import tell_of_change
from registry import compliance
from registry.classifying import decide_all, hold
from registry.models import Algorithm, Applicability, MeasureStatus, RequirementAssessment
from registry.models.applicability import Outcome

Status = RequirementAssessment.Status


def _open_row(rows: models.QuerySet[Any], seen: int | None) -> Any:
    """The open row, which must be the one that was seen."""
    row = rows.filter(until=None).first()
    if (row.pk if row else None) != seen:
        raise Conflict(row)
    return row


def _succeed(row: Any, successor: Any, fields: Mapping[str, Any], verb: str, *, by: User | None, label: str) -> Any:
    """Closes `row` and opens `successor` with these fields changed; returns `row` when nothing changes."""
    old = {name: getattr(successor, name) for name in fields}
    changes = audit_trail.changes_between(old, fields)
    if not changes and row is not None:
        return row
    for name, value in fields.items():
        setattr(successor, name, value)
    now = timezone.now()
    if row is not None:
        row.close(now)
    successor.pk, successor.since, successor.until, successor.by = None, now, None, by
    successor._state.adding = True
    successor.save()
    compliance.recount([successor.algorithm_id])
    audit_trail.record(verb, successor.algorithm, changes, label=label)
    algorithm = successor.algorithm
    address = successor.get_absolute_url()
    tell_of_change(row, successor, where=algorithm.name, organisation=algorithm.organisation, url=address, by=by)
    return successor


def current_assessment(algorithm: Algorithm, requirement: Requirement) -> RequirementAssessment:
    """The open assessment, or an unsaved one where nobody has begun."""
    row = RequirementAssessment.objects.current().filter(algorithm=algorithm, requirement=requirement)
    return row.select_related("assignee", "claimed_by", "verified_by", "by").first() or RequirementAssessment(
        algorithm=algorithm, requirement=requirement
    )


def current_measure_status(algorithm: Algorithm, measure: Measure) -> MeasureStatus:
    """The open status, or an unsaved one where nobody has begun."""
    row = MeasureStatus.objects.current().filter(algorithm=algorithm, measure=measure)
    return row.select_related("assignee", "by").first() or MeasureStatus(algorithm=algorithm, measure=measure)


def assess(
    algorithm: Algorithm, requirement: Requirement, fields: Mapping[str, Any], *, seen: int | None, by: User | None
) -> RequirementAssessment:
    """Records how far the algorithm meets a requirement.

    `fields`: any of status, explanation, links, due, assignee. "Met" is a claim of `by` and needs an explanation or a
    link; changing its explanation or links claims it anew, so it must be verified again. Raises `Conflict`, and
    `ValidationError` naming the field.
    """
    with transaction.atomic():
        hold([algorithm.pk])
        row = _open_row(RequirementAssessment.objects.filter(algorithm=algorithm, requirement=requirement), seen)
        successor = current_assessment(algorithm, requirement)
        wanted = {name: fields.get(name, getattr(successor, name)) for name in ("status", "explanation", "links")}
        if wanted["status"] == Status.MET and not (wanted["explanation"].strip() or wanted["links"]):
            raise ValidationError({"explanation": _("Say how the requirement is met, or add a link to the evidence.")})
        values = dict(fields)
        if any(wanted[name] != getattr(successor, name) for name in wanted):
            claimed = wanted["status"] == Status.MET
            values |= {
                "claimed_by": by if claimed else None,
                "claimed_at": timezone.now() if claimed else None,
                "claimed_revision": requirement.revision if claimed else None,
                "verified_by": None,
                "verified_at": None,
                "returned_reason": "",
            }
        return _succeed(row, successor, values, "requirement.assessed", by=by, label=requirement.code)


def verify(assessment: RequirementAssessment, *, confirmed: bool, reason: str = "", by: User) -> RequirementAssessment:
    """Confirms a claim, or returns it with a reason. Nobody verifies a claim of their own.

    Raises `Conflict` when the claim changed meanwhile and `ValidationError` when there is nothing to verify.
    """
    requirement = assessment.requirement
    with transaction.atomic():
        hold([assessment.algorithm_id])
        row = _open_row(
            RequirementAssessment.objects.filter(algorithm=assessment.algorithm_id, requirement=requirement),
            assessment.pk,
        )
        if row.status != Status.MET:
            raise ValidationError(_("Only a requirement that is claimed to be met can be verified."))
        if row.claimed_by_id == by.pk:
            raise ValidationError(_("Somebody else has to verify your claim."))
        if not confirmed and not reason.strip():
            raise ValidationError({"reason": _("Say why you return the claim.")})
        successor = current_assessment(row.algorithm, requirement)
        if confirmed:
            values: dict[str, Any] = {"verified_by": by, "verified_at": timezone.now(), "returned_reason": ""}
        else:
            values = {
                "status": Status.IN_PROGRESS,
                "claimed_by": None,
                "claimed_at": None,
                "claimed_revision": None,
                "verified_by": None,
                "verified_at": None,
                "returned_reason": reason.strip(),
            }
        verb = "requirement.verified" if confirmed else "requirement.returned"
        return _succeed(row, successor, values, verb, by=by, label=requirement.code)


def record_measure(
    algorithm: Algorithm, measure: Measure, fields: Mapping[str, Any], *, seen: int | None, by: User | None
) -> MeasureStatus:
    """Records what the algorithm does about a measure: comply or explain.

    `fields`: any of choice, progress, explanation, links, due, assignee. Replacing or not applying needs an
    explanation. Raises `Conflict`, and `ValidationError` naming the field.
    """
    Choice, Progress = MeasureStatus.Choice, MeasureStatus.Progress
    with transaction.atomic():
        hold([algorithm.pk])
        row = _open_row(MeasureStatus.objects.filter(algorithm=algorithm, measure=measure), seen)
        successor = current_measure_status(algorithm, measure)
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
        return _succeed(row, successor, values, "measure.recorded", by=by, label=measure.code)


def overrule(
    algorithm: Algorithm, requirement: Requirement, *, applies: bool, reason: str, seen: int, by: User
) -> Applicability:
    """Puts a person's judgement above the rule's. Raises `Conflict`, and `ValidationError` without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this departs from what the rule says.")})
    return _decide_by_person(
        algorithm, requirement, Outcome.APPLIES if applies else Outcome.DOES_NOT_APPLY, reason.strip(), seen=seen, by=by
    )


def follow_rule(algorithm: Algorithm, requirement: Requirement, *, seen: int, by: User) -> Applicability:
    """Ends an overruling: the rule's outcome counts again. Raises `Conflict`."""
    return _decide_by_person(algorithm, requirement, None, "", seen=seen, by=by)


def _decide_by_person(
    algorithm: Algorithm, requirement: Requirement, outcome: str | None, reason: str, *, seen: int, by: User
) -> Applicability:
    now = timezone.now()
    with transaction.atomic():
        hold([algorithm.pk])
        row = _open_row(Applicability.objects.filter(algorithm=algorithm, requirement=requirement), seen)
        row.close(now)
        decided = Applicability.objects.create(
            algorithm=algorithm,
            requirement=requirement,
            outcome=outcome or row.rule_outcome,
            rule_outcome=row.rule_outcome,
            reason=row.reason,
            overruling=reason,
            since=now,
            by=by,
        )
        decide_all([algorithm], now)
        audit_trail.record(
            "applicability.overruled" if reason else "applicability.follows_rule",
            algorithm,
            audit_trail.changes_between(
                {"outcome": row.outcome, "overruling": row.overruling},
                {"outcome": decided.outcome, "overruling": reason},
            ),
            label=requirement.code,
        )
    return decided
