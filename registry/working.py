"""The work on an algorithm's requirements and measures, and overruling what applies; see `governance.working`.

What belongs to the organisation level alone is inherited by the algorithm, and is not worked on here.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.models import CatalogueItem, Measure, Requirement, User
from governance.working import Level, open_row
from registry import compliance
from registry.classifying import decide_all, hold
from registry.models import Algorithm, Applicability, MeasureStatus, RequirementAssessment
from registry.models.applicability import Outcome

LEVEL: Level[Algorithm, RequirementAssessment, MeasureStatus] = Level(
    "algorithm", RequirementAssessment, MeasureStatus, hold=hold, changed=compliance.recount
)
current_assessment = LEVEL.current_assessment
current_measure_status = LEVEL.current_measure_status


def assess(
    algorithm: Algorithm, requirement: Requirement, fields: Mapping[str, Any], *, seen: int | None, by: User | None
) -> RequirementAssessment:
    """As `Level.assess`. Raises `ValidationError` for what the algorithm inherits."""
    _refuse_inherited(requirement)
    return LEVEL.assess(algorithm, requirement, fields, seen=seen, by=by)


def verify(assessment: RequirementAssessment, *, confirmed: bool, reason: str = "", by: User) -> RequirementAssessment:
    """As `Level.verify`. Raises `ValidationError` for what the algorithm inherits."""
    _refuse_inherited(assessment.requirement)
    return LEVEL.verify(assessment, confirmed=confirmed, reason=reason, by=by)


def record_measure(
    algorithm: Algorithm, measure: Measure, fields: Mapping[str, Any], *, seen: int | None, by: User | None
) -> MeasureStatus:
    """As `Level.record_measure`. Raises `ValidationError` for what the algorithm inherits."""
    _refuse_inherited(measure)
    return LEVEL.record_measure(algorithm, measure, fields, seen=seen, by=by)


def _refuse_inherited(item: CatalogueItem) -> None:
    if item.is_at_organisation_level:
        raise ValidationError(_("The organisation arranges this once for all its algorithms. Record it there."))


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
        row = open_row(Applicability.objects.filter(algorithm=algorithm, requirement=requirement), seen)
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
