"""Incidents with an algorithm: what happened, what was done, and the reports that the law asks for.

The duties to report follow from what is recorded (`registry.reporting_duties`) and go with it when that changes.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import clock
from governance.conflict import Conflict
from governance.models import Axis, Membership, Requirement, User
from governance.notifying import Nearest, tell_all
from governance.permissions import WORKING
from registry import monitoring, versioned
from registry.applicability import axis_values
from registry.assessments_needed import HIGH_RISK
from registry.classifying import hold
from registry.incident_notices import (
    assigned_notices,
    registrars_of,
    report_notices,
    serious_notices,
    unhandled_notices,
)
from registry.models import Algorithm, Classification, Incident, IncidentReport
from registry.reporting_duties import Facts, duties

Duty = IncidentReport.Duty

REQUIREMENT = {Duty.AI_ACT_73: "urn:nl:ak:ver:aia-35", Duty.AI_ACT_26: "urn:nl:ak:ver:aia-22"}
"""The requirement of the catalogue that says from when each duty of the AI Act holds."""
LEADS_TO_DUTIES = {"known", "harm", "data_breach"}


# Verbs


def record(algorithm: Algorithm, fields: Mapping[str, Any], *, by: User) -> Incident:
    """What went wrong. Who handles it is told, or officers and managers when nobody does; managers when it is serious.

    `fields`: summary, description, happened_on, known, seriousness, harm, data_breach, handler, cause, actions. A
    serious one asks for an evaluation of an algorithm in use. Raises `ValidationError` naming the fields.
    """
    with transaction.atomic():
        hold([algorithm.pk])
        incident: Incident = versioned.add(
            Incident(algorithm=algorithm, recorded_by=by), fields, "incident.recorded", check=_check(fields)
        )
        _tell_of_handler(incident, by)
        _take_seriously(incident, by)
        _follow_duties(incident)
    return incident


def revise(incident: Incident, fields: Mapping[str, Any], *, seen: int, by: User) -> Incident:
    """The incident with these fields changed, and the duties to report it as they now follow.

    Raises `Conflict`, and `ValidationError` naming the fields.
    """
    with transaction.atomic():
        fresh = _held(incident, seen)
        if not fresh.is_open:
            raise ValidationError(_("This incident is closed. Open it again to change it."))
        changes = versioned.change(fresh, fields, "incident.revised", check=_check(fields))
        if "handler" in changes:
            _tell_of_handler(fresh, by)
        if "seriousness" in changes:
            _take_seriously(fresh, by)
        _follow_duties(fresh, is_judged_anew=bool(changes.keys() & LEADS_TO_DUTIES))
    return fresh


def close(incident: Incident, *, cause: str, actions: str, seen: int, by: User) -> Incident:
    """Everything is done and reported. Raises `Conflict`, and `ValidationError` naming what is missing."""
    if not actions.strip():
        raise ValidationError({"actions": _("Say what was done.")})
    with transaction.atomic():
        fresh = _held(incident, seen)
        if not fresh.is_open:
            raise Conflict(fresh)
        if waiting := fresh.reports.open().first():
            raise ValidationError(
                _("It still has to be reported: %(duty)s. Record the report, or why it is not needed.")
                % {"duty": waiting.get_duty_display()}
            )
        values = {"cause": cause.strip(), "actions": actions.strip(), "closed": clock.now(), "closed_by": by}
        versioned.change(fresh, values, "incident.closed", check=_check({}))
    return fresh


def reopen(incident: Incident, *, because: str, seen: int, by: User) -> Incident:
    """Opens a closed incident again; what was done stays. Raises `Conflict`, and `ValidationError` without a reason."""
    if not because.strip():
        raise ValidationError({"because": _("Say why it is opened again.")})
    with transaction.atomic():
        fresh = _held(incident, seen)
        if fresh.is_open:
            raise Conflict(fresh)
        values = {"closed": None, "closed_by": None}
        versioned.change(fresh, values, "incident.reopened", check=_check({}), reason=because.strip())
        _follow_duties(fresh)
    return fresh


def _held(incident: Incident, seen: int) -> Incident:
    """The incident as it stands; its algorithm is held first, as it is when it is classified anew."""
    hold([incident.algorithm_id])
    fresh: Incident = versioned.held(incident, seen)
    return fresh


def _check(changed: Mapping[str, Any]) -> Any:
    """What raises `ValidationError` naming the fields that cannot be so."""

    def check(incident: Incident) -> None:
        incident.full_clean(exclude=["recorded_by", "closed_by"])
        if incident.known > clock.now():
            raise ValidationError({"known": _("This moment still has to come.")})
        if incident.happened_on and incident.happened_on > timezone.localdate(incident.known):
            raise ValidationError({"happened_on": _("It cannot be known before it happened.")})
        if incident.harm != Incident.Harm.NONE and incident.seriousness != Incident.Seriousness.SERIOUS:
            raise ValidationError(
                {"seriousness": _("With this harm the AI Act calls it a serious incident (art. 3, point 49).")}
            )
        handler = changed.get("handler")
        people = versioned.organisation_of(incident).people(WORKING)
        if handler is not None and not people.filter(pk=handler.pk).exists():
            raise ValidationError({"handler": _("Choose somebody who works for this organisation.")})

    return check


def _tell_of_handler(incident: Incident, by: User) -> None:
    if incident.handler is None:
        tell_all(unhandled_notices(incident, registrars_of(incident)))
    else:
        tell_all(assigned_notices(incident, by))


def _take_seriously(incident: Incident, by: User) -> None:
    if incident.seriousness == Incident.Seriousness.SERIOUS:
        tell_all(serious_notices(incident, by))
        monitoring.incident_is_serious(incident, by=by)


# Reporting


def facts_of(incident: Incident) -> Facts:
    """What the duties to report the incident hang on: it, the current classification, and the catalogue's dates."""
    algorithm = incident.algorithm
    current = Classification.objects.current().filter(algorithm=algorithm).first()
    values = axis_values(current.labels) if current and current.ai_act_applies else {}
    dated = {row.urn: row for row in Requirement.objects.filter(urn__in=REQUIREMENT.values())}
    return Facts(
        known=incident.known,
        harm=incident.harm,
        data_breach=incident.data_breach,
        is_classified=current is not None,
        is_high_risk=HIGH_RISK in values.get(Axis.RISK_GROUP, frozenset()),
        roles=values.get(Axis.ROLE, frozenset()),
        begins={duty: begins_for(algorithm, dated[urn]) for duty, urn in REQUIREMENT.items() if urn in dated},
    )


def begins_for(algorithm: Algorithm, requirement: Requirement) -> date | None:
    """From which day the requirement holds for the algorithm: later for what was in use before (AI Act art. 111)."""
    begins, later = requirement.effective_from, requirement.effective_from_existing
    was_in_use = begins is not None and "" < algorithm.begin_date < f"{begins:%Y-%m}"
    return later if was_in_use and later is not None else begins


def _follow_duties(incident: Incident, *, is_judged_anew: bool = False) -> None:
    """Lets the reports be those that follow from the incident as it stands, each with its deadline.

    What was reported stays. When the incident is judged anew, so is what was found unnecessary.
    """
    wanted = {one.duty: one for one in duties(facts_of(incident)) if one.is_in_force}
    kept: set[str] = set()
    for row in incident.reports.select_for_update(no_key=True).filter(lapsed=None):
        if row.reported is None and (row.duty not in wanted or (row.not_needed and is_judged_anew)):
            row.lapsed = clock.now()
            row.save(update_fields=["lapsed"])
            versioned.told("incident.report_lapsed", incident, {"duty": [row.duty, None]})
            continue
        kept.add(row.duty)
        if row.is_open and row.deadline != wanted[row.duty].deadline:
            moved = [row.deadline.isoformat(), wanted[row.duty].deadline.isoformat()]
            row.deadline = wanted[row.duty].deadline
            row.save(update_fields=["deadline"])
            versioned.told("incident.report_moved", incident, {"duty": [None, row.duty], "deadline": moved})
            _tell_of_report(row, incident)
    for duty, one in wanted.items():
        if duty not in kept:
            row = IncidentReport.objects.create(incident=incident, duty=duty, deadline=one.deadline)
            changes = {"duty": [None, duty], "deadline": [None, one.deadline.isoformat()]}
            versioned.told("incident.report_due", incident, changes)
            _tell_of_report(row, incident)


def _tell_of_report(row: IncidentReport, incident: Incident) -> None:
    row.incident = incident
    organisation = versioned.organisation_of(incident)
    managers = Nearest([Membership.Role.MANAGER], organisation)
    tell_all(report_notices(row, clock.now(), registrars_of(incident), managers))


def classified_anew(algorithm: Algorithm) -> None:
    """The duties of the open incidents of the algorithm follow its new classification."""
    rows = Incident.objects.open().filter(algorithm=algorithm).select_for_update(no_key=True, of=("self",))
    for incident in rows.select_related("algorithm__organisation", "handler").order_by("pk"):
        _follow_duties(incident)


def report(row: IncidentReport, *, moment: datetime | None, reference: str, by: User) -> IncidentReport:
    """Records that it was reported. Raises `Conflict` when it was settled already, and `ValidationError`."""
    if moment is None or moment > clock.now():
        raise ValidationError({"reported": _("Fill in the moment on which it was reported.")})
    changes = {"reported": moment, "reported_by": by, "reference": reference.strip()}
    return _settle(row, changes, "incident.reported")


def report_not_needed(row: IncidentReport, *, because: str, by: User) -> IncidentReport:
    """Records why it is not reported. Raises `Conflict` when it was settled already, and `ValidationError`."""
    if not because.strip():
        raise ValidationError({"because": _("Say why it does not have to be reported.")})
    return _settle(row, {"not_needed": because.strip(), "reported_by": by}, "incident.report_not_needed")


def _settle(row: IncidentReport, values: dict[str, Any], verb: str) -> IncidentReport:
    with transaction.atomic():
        hold([row.incident.algorithm_id])
        rows = IncidentReport.objects.select_for_update(no_key=True, of=("self",))
        fresh: IncidentReport = rows.select_related("incident__algorithm__organisation").get(pk=row.pk)
        if not fresh.is_open:
            raise Conflict(fresh)
        if "reported" in values and values["reported"] < fresh.incident.known:
            raise ValidationError({"reported": _("It cannot be reported before it was known.")})
        for name, value in values.items():
            setattr(fresh, name, value)
        fresh.save()
        told = {name: [None, value] for name, value in values.items() if name in ("reference", "not_needed") and value}
        if fresh.reported:
            told["reported"] = [None, fresh.reported.isoformat()]
        versioned.told(verb, fresh.incident, {"duty": [None, fresh.duty], **told})
    return fresh


# Figures


def to_report() -> Exists:
    """The condition that an incident has a report that is still to be made."""
    return Exists(IncidentReport.objects.open().filter(incident=OuterRef("pk")))


def figures(incidents: "models.QuerySet[Incident]", moment: datetime) -> dict[str, int]:
    """Of these incidents: open, open and serious, reports to make, and those of which the deadline passed."""
    is_open = Q(closed=None)
    counted: dict[str, int] = incidents.order_by().aggregate(
        open=Count("pk", filter=is_open),
        serious=Count("pk", filter=is_open & Q(seriousness=Incident.Seriousness.SERIOUS)),
    )
    reports = IncidentReport.objects.open().filter(incident__in=incidents.order_by().values("pk"))
    late = Count("pk", filter=Q(deadline__lt=moment))
    return {**counted, **reports.order_by().aggregate(to_report=Count("pk"), late=late)}
