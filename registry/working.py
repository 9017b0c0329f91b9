"""The work on an algorithm's requirements and measures, and overruling what applies; see `governance.working`.

What belongs to the organisation level alone is inherited by the algorithm, and is not worked on here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import CatalogueItem, Measure, Notification, Requirement, User
from governance.notifying import in_each_language, tell
from governance.permissions import WORKING
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


def assign_many(
    algorithm: Algorithm,
    subjects: Mapping[Requirement | Measure, int | None],
    fields: Mapping[str, Any],
    *,
    by: User,
) -> int:
    """Gives these requirements and measures the same assignee or due date (`fields`: any of both): all, or nothing.

    `subjects` names with each the row that was seen. Returns how many changed. Raises `Conflict` with the subjects
    that somebody changed meanwhile, and `ValidationError` for an assignee who cannot be given work here.
    """
    assignee = fields.get("assignee")
    with transaction.atomic():
        hold([algorithm.pk])
        if assignee and not algorithm.organisation.people(WORKING).filter(pk=assignee.pk).exists():
            raise ValidationError({"assignee": _("%(person)s cannot be given work here.") % {"person": assignee}})
        rows: dict[Any, Any] = {}
        for model, kind in ((RequirementAssessment, Requirement), (MeasureStatus, Measure)):
            wanted = {subject.pk: subject for subject in subjects if isinstance(subject, kind)}
            found = model.objects.current().filter(algorithm=algorithm, **{f"{model.subject}__in": wanted})
            found = found.select_related("assignee", "algorithm__organisation", model.subject)
            begun = {getattr(row, f"{model.subject}_id"): row for row in found}
            for pk, subject in wanted.items():
                rows[subject] = begun.get(pk) or model(algorithm=algorithm, **{model.subject: subject})
        if meanwhile := [subject for subject, seen in subjects.items() if rows[subject].pk != seen]:
            raise Conflict(meanwhile)
        new = [subject for subject, row in rows.items() if row.assignee != assignee]
        changed = reassign(rows.values(), fields, by=by)
        if changed:
            compliance.recount([algorithm.pk])
        if assignee and new and assignee != by:
            _tell_assignee(assignee, algorithm, new, by)
    return changed


def _tell_assignee(person: User, algorithm: Algorithm, subjects: Sequence[Requirement | Measure], by: User) -> None:
    details: dict[str, Any] = {"sentence": "assigned_many", "number": len(subjects)}
    if len(subjects) == 1:
        details = {"sentence": "assigned", "what": in_each_language(subjects[0].__str__)}
    tell(
        [person],
        Notification.Kind.ASSIGNED,
        key=f"assigned:{algorithm.pk}:{clock.now().isoformat()}",
        details=details | {"who": str(by), "where": str(algorithm)},
        url=reverse("my-work"),
        organisation=algorithm.organisation,
    )


def reassign(rows: Iterable[Any], fields: Mapping[str, Any], *, by: User) -> int:
    """Succeeds these open (or unsaved) rows of work by the same with another assignee or due date; how many changed.

    To be called in a transaction, with what they are about held; counts nothing anew.
    """
    now = clock.now()
    closed: dict[Any, list[int]] = {}
    opened: dict[Any, list[Any]] = {}
    events = []
    for row in rows:
        changes = audit_trail.changes_between({name: getattr(row, name) for name in fields}, fields)
        if not changes:
            continue
        if row.pk:
            closed.setdefault(type(row), []).append(row.pk)
        for name, value in fields.items():
            setattr(row, name, value)
        row.pk, row.since, row.until, row.by = None, now, None, by
        opened.setdefault(type(row), []).append(row)
        subject: Requirement | Measure = getattr(row, row.subject)
        verb = "requirement.assessed" if isinstance(subject, Requirement) else "measure.recorded"
        about = getattr(row, "algorithm", None) or row.organisation
        events.append(audit_trail.event(verb, about, changes, label=subject.code, organisation=_owner(about)))
    for model, keys in closed.items():
        model.objects.filter(pk__in=keys).update(until=now)
    for model, successors in opened.items():
        model.objects.bulk_create(successors)
    audit_trail.append(events)
    return len(events)


def _owner(about: Any) -> Any:
    return about.organisation if isinstance(about, Algorithm) else about


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
    now = clock.now()
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
