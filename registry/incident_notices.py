"""What people are told about incidents: when they are recorded, and while a deadline comes near."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from governance.models import Membership, Notification, User
from governance.notifying import Kind, Nearest, in_each_language
from governance.permissions import REGISTRAR
from governance.reminders import notices
from registry import versioned
from registry.models import Incident, IncidentReport

SOON = timedelta(hours=24)
"""With less left, whoever has to report is told once more."""


def step_of(report: IncidentReport, moment: datetime) -> str:
    """`due`, `soon` when less than a day is left, `overdue`: each is told once."""
    left = report.deadline - moment
    return "overdue" if left < timedelta(0) else "soon" if left <= SOON else "due"


def report_notices(
    report: IncidentReport, moment: datetime, registrars: Nearest, managers: Nearest
) -> Iterator[Notification]:
    """For who handles the incident, or the officers and managers when nobody does; overdue for the managers too."""
    incident, step = report.incident, step_of(report, moment)
    organisation = versioned.organisation_of(incident)
    people = {incident.handler_id} if incident.handler_id else set(registrars.to(organisation))
    if step == "overdue":
        people |= set(managers.to(organisation))
    return notices(
        sorted(people),
        Kind.DUE,
        key=f"report:{report.pk}:{report.deadline.isoformat()}:{step}",
        sentence=f"report_{step}",
        organisation=organisation,
        url=incident.get_absolute_url(),
        where=incident.algorithm.name,
        what=in_each_language(report.__str__),
        deadline=report.deadline.isoformat(),
    )


def unhandled_notices(incident: Incident, registrars: Nearest) -> Iterator[Notification]:
    """For the officers and managers: nobody handles it."""
    return _notices(
        incident, sorted(registrars.to(versioned.organisation_of(incident))), "incident_unhandled", "nobody"
    )


def assigned_notices(incident: Incident, by: User) -> Iterator[Notification]:
    """For who is to handle it, unless they say so themselves."""
    people = [incident.handler_id] if incident.handler_id and incident.handler_id != by.pk else []
    return _notices(incident, people, "incident_assigned", "handler", kind=Kind.ASSIGNED, who=str(by))


def serious_notices(incident: Incident, by: User) -> Iterator[Notification]:
    """For the managers: there is a serious incident."""
    organisation = versioned.organisation_of(incident)
    people = Nearest([Membership.Role.MANAGER], organisation).to(organisation, leaving_out=by.pk)
    return _notices(incident, people, "incident_serious", "serious", who=str(by))


def _notices(
    incident: Incident, people: list[int], sentence: str, occasion: str, *, kind: str = Kind.DUE, **details: str
) -> Iterator[Notification]:
    return notices(
        people,
        kind,
        key=f"incident:{incident.pk}:{occasion}:{incident.version}",
        sentence=sentence,
        organisation=versioned.organisation_of(incident),
        url=incident.get_absolute_url(),
        where=incident.algorithm.name,
        what=incident.summary,
        **details,
    )


def registrars_of(incident: Incident) -> Nearest:
    return Nearest(REGISTRAR, versioned.organisation_of(incident))
