"""What there is to do about risks, evaluations and incidents, as arms of the lists of work; see `registry.my_work`."""

from typing import Any

from django.db.models import F, Q
from django.db.models.functions import TruncDate

from governance import clock
from governance.models import User
from registry.models import Evaluation, Incident, IncidentReport, Risk
from registry.work_lines import Arm, Section

DUE, OVERDUE = Section.DUE, Section.OVERDUE


def _reports(rows: Any) -> list[Arm]:
    now, day = clock.now(), TruncDate("deadline")
    return [
        Arm(OVERDUE, "incident_report", rows.filter(deadline__lt=now), day),
        Arm(DUE, "incident_report", rows.filter(deadline__gte=now), day),
    ]


def in_use(organisations: Any, person: User | None) -> list[Arm]:
    """Evaluations, incidents with what must be reported, and lapsed acceptances: of one person, or of everybody."""
    today = clock.today()
    inside = {"algorithm__organisation__in": organisations}
    evaluations = Evaluation.objects.open().filter(**inside)
    incidents = Incident.objects.open().filter(**inside)
    reports = IncidentReport.objects.open().filter(incident__algorithm__organisation__in=organisations)
    lapsed = Risk.objects.acceptance_over(today).filter(**inside)
    if person is not None:
        evaluations, incidents = evaluations.filter(assignee=person), incidents.filter(handler=person)
        reports, lapsed = reports.filter(incident__handler=person), lapsed.filter(owner=person)
    return [
        Arm(OVERDUE, "evaluation", evaluations.filter(due__lt=today), F("due")),
        Arm(DUE, "evaluation", evaluations.filter(due__gte=today), F("due")),
        Arm(DUE, "incident", incidents),
        *_reports(reports),
        Arm(OVERDUE, "risk", lapsed, F("accepted_until")),
    ]


def in_use_of(person: User, visible: Any, registered: Any, managed: Any) -> list[Arm]:
    """What waits for this person: also the reports of incidents that nobody handles, for officers and managers, and
    for managers the risks to accept anew."""
    reports = IncidentReport.objects.open().filter(
        incident__handler=None, incident__algorithm__organisation__in=registered
    )
    lapsed = Risk.objects.acceptance_over().filter(algorithm__organisation__in=managed)
    owned = Risk.objects.open().filter(owner=person, algorithm__organisation__in=visible)
    return [
        *in_use(visible, person),
        *_reports(reports),
        Arm(Section.DECISION, "risk", lapsed.filter(~Q(owner=person) | Q(owner=None)), F("accepted_until")),
        Arm(Section.RESPONSIBLE, "risk", owned),
    ]


def held_by_nobody(organisations: Any) -> list[Arm]:
    """Evaluations, incidents and risks of these organisations that are in nobody's name."""
    inside = {"algorithm__organisation__in": organisations}
    nobody = Section.UNASSIGNED
    return [
        Arm(nobody, "evaluation", Evaluation.objects.open().filter(**inside, assignee=None), F("due")),
        Arm(nobody, "incident", Incident.objects.open().filter(**inside, handler=None)),
        Arm(nobody, "risk", Risk.objects.unowned().filter(**inside)),
    ]
