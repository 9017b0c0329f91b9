"""Impact assessments (DPIA, IAMA, AIIA…): begun by somebody, carried out with a conclusion, and to be done again.

One that is carried out counts as evidence for the requirements that the catalogue links its instrument to.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.evidence_places import Backing
from governance.leaving import Holding
from governance.models import Assessment, Notification, Organisation, Requirement, Tool, User
from governance.notifying import in_each_language, tell
from governance.permissions import WORKING
from registry.models import Algorithm, ImpactAssessment, RequirementAssessment
from registry.working import LEVEL


def instruments(organisation: Organisation) -> "models.QuerySet[Tool]":
    """What can be carried out for an algorithm of this organisation: instruments meant for it first."""
    meant = models.Case(models.When(category=Tool.Category.IMPACT_ASSESSMENT, then=0), default=1)
    tools: Any = Tool.objects.for_organisation(organisation).in_force()
    return tools.annotate(meant=meant).order_by("meant", "title_nl", "pk")


def begin(algorithm: Algorithm, fields: Mapping[str, Any], *, by: User) -> ImpactAssessment:
    """An impact assessment of the algorithm, which its assignee is told of. It may have been carried out already.

    `fields`: tool, and any of those of `record`. Raises `ValidationError` naming the fields.
    """
    begun = ImpactAssessment(algorithm=algorithm, recorded_by=by, recorded=clock.now(), **fields)
    _check(begun, fields)
    if not instruments(algorithm.organisation).filter(pk=begun.tool_id).exists():
        raise ValidationError({"tool": _("Choose from what is offered here.")})
    with transaction.atomic():
        begun.save()
        verb = "impactassessment.carried_out" if begun.carried_out_on else "impactassessment.begun"
        _recorded(verb, begun, audit_trail.changes_between({}, fields))
        _tell_assignee(begun, by)
    return begun


def record(assessment: ImpactAssessment, fields: Mapping[str, Any], *, seen: int, by: User) -> ImpactAssessment:
    """The assessment with these fields changed; with a day it is carried out, and needs an outcome and a conclusion.

    `fields`: any of assignee, carried_out_on, carried_out_by, outcome, conclusion, next_on. Raises `Conflict`, and
    `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fresh = _held(assessment, seen)
        was_carried_out = fresh.carried_out_on is not None
        changes = audit_trail.changes_between({name: getattr(fresh, name) for name in fields}, fields)
        if not changes:
            return fresh
        for name, value in fields.items():
            setattr(fresh, name, value)
        _check(fresh, changes)
        if was_carried_out and fresh.carried_out_on is None:
            raise ValidationError({"carried_out_on": _("It was carried out. Withdraw it if that is not so.")})
        fresh.version += 1
        fresh.save()
        is_first = fresh.carried_out_on is not None and not was_carried_out
        _recorded("impactassessment.carried_out" if is_first else "impactassessment.revised", fresh, changes)
        if "assignee" in changes:
            _tell_assignee(fresh, by)
    return fresh


def withdraw(assessment: ImpactAssessment, reason: str, *, seen: int, by: User) -> ImpactAssessment:
    """Ends an assessment; what was verified of the requirements that it proved has to be verified again.

    Raises `Conflict`, and `ValidationError` without a reason.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is withdrawn.")})
    with transaction.atomic():
        fresh = _held(assessment, seen)
        fresh.withdrawn, fresh.withdrawn_because = clock.now(), reason.strip()
        fresh.version += 1
        fresh.save()
        _recorded("impactassessment.withdrawn", fresh, {"withdrawn_because": ["", reason.strip()]})
        if fresh.carried_out_on is not None:
            proven = RequirementAssessment.objects.filter(
                algorithm=fresh.algorithm, requirement__in=fresh.tool.requirements.values("pk")
            )
            LEVEL.to_verify_again(proven, Assessment.VerifyAgain.EVIDENCE_WITHDRAWN, str(fresh), by=by)
    return fresh


def backing(algorithm: Algorithm, part: Any) -> list[Backing]:
    """What was carried out for the algorithm and counts now, as evidence for a requirement."""
    if not isinstance(part, Requirement):
        return []
    rows = ImpactAssessment.objects.valid().filter(algorithm=algorithm, tool__requirements=part)
    sentence = _("Impact assessment, with the outcome “%(outcome)s”")
    return [
        Backing(
            title=str(row),
            kind=sentence % {"outcome": row.get_outcome_display()},
            url=row.get_absolute_url(),
            on=row.carried_out_on,
        )
        for row in rows.select_related("tool")
    ]


def _held(assessment: ImpactAssessment, seen: int) -> ImpactAssessment:
    """The assessment as it stands, held until the transaction ends; as it was seen, and not withdrawn."""
    rows = ImpactAssessment.objects.select_for_update(no_key=True, of=("self",))
    fresh: ImpactAssessment = rows.select_related("algorithm__organisation", "tool", "assignee").get(pk=assessment.pk)
    if fresh.version != seen or fresh.withdrawn is not None:
        raise Conflict(fresh)
    return fresh


def _check(assessment: ImpactAssessment, changed: Mapping[str, Any]) -> None:
    """Raises `ValidationError` naming the fields that cannot be so."""
    errors: dict[str, str] = {}
    day = assessment.carried_out_on
    if day is not None:
        if day > clock.today():
            errors["carried_out_on"] = _("This day still has to come.")
        if not assessment.outcome:
            errors["outcome"] = _("Say what came out of it.")
        if not assessment.conclusion.strip():
            errors["conclusion"] = _("Say what the conclusion is.")
    if assessment.next_on is not None and (day is None or assessment.next_on <= day):
        errors["next_on"] = _("Choose a day after the one on which it was carried out.")
    person = assessment.assignee if "assignee" in changed else None
    if person is not None and not assessment.algorithm.organisation.people(WORKING).filter(pk=person.pk).exists():
        errors["assignee"] = _("Choose somebody who works for this organisation.")
    if errors:
        raise ValidationError(errors)
    assessment.full_clean(exclude=["recorded_by", "assignee"])


def _recorded(verb: str, assessment: ImpactAssessment, changes: Mapping[str, Any]) -> None:
    """What was done about it is in its own history and in that of the algorithm."""
    organisation = assessment.algorithm.organisation
    audit_trail.record(verb, assessment, changes, organisation=organisation)
    audit_trail.record(verb, assessment.algorithm, organisation=organisation, label=str(assessment))


def _tell_assignee(assessment: ImpactAssessment, by: User) -> None:
    if assessment.assignee is None or assessment.assignee == by:
        return
    tell(
        [assessment.assignee],
        Notification.Kind.ASSIGNED,
        key=f"assigned:impactassessment:{assessment.pk}:{assessment.version}",
        details={
            "sentence": "assigned",
            "who": str(by),
            "what": in_each_language(assessment.__str__),
            "where": str(assessment.algorithm),
        },
        url=assessment.get_absolute_url(),
        organisation=assessment.algorithm.organisation,
    )


class AssignedAssessments:
    """The impact assessments that somebody is doing or has to do again; see `governance.leaving`."""

    name = "impactassessment"

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterable[Holding]:
        held = ImpactAssessment.objects.to_do().filter(assignee=person, algorithm__organisation__in=organisations)
        for row in held.select_related("algorithm", "tool").order_by("algorithm__name", "pk"):
            yield Holding(
                key=f"{self.name}:{row.pk}",
                kind=_("Impact assessments"),
                what=str(row),
                where=str(row.algorithm),
                url=row.get_absolute_url(),
                since=row.recorded,
                at_once=True,
            )

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        """One person at a time does it, without a period: it is handed over at once, whatever `moment` is."""
        rows = list(ImpactAssessment.objects.to_do().filter(pk__in=numbers).order_by("pk"))
        for row in rows:
            record(row, {"assignee": to}, seen=row.version, by=by)
        return len(rows)
