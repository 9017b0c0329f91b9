from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.models import AuditEvent, FrameworkRelease, Measure, Requirement, Tool
from registry.models import Algorithm, Classification, MeasureStatus, RequirementAssessment
from registry.models.applicability import Outcome

SHOWN = 10


def home(request: HttpRequest) -> HttpResponse:
    """The front page: what this is for a visitor, what waits for a person who is logged in."""
    if not request.user.is_authenticated:
        return render(
            request,
            "registry/welcome.html",
            {
                "requirements": Requirement.objects.filter(organisation=None).in_force().count(),
                "measures": Measure.objects.filter(organisation=None).in_force().count(),
                "tools": Tool.objects.filter(organisation=None).in_force().count(),
                "release": FrameworkRelease.objects.first(),
            },
        )
    algorithms = Algorithm.objects.visible_to(request.user)
    today = timezone.localdate()
    current = Classification.objects.current().filter(algorithm__in=algorithms)
    return render(
        request,
        "registry/home.html",
        {
            "total": algorithms.count(),
            "unclassified": algorithms.exclude(pk__in=current.values("algorithm")).count(),
            "overdue": algorithms.overdue(today).count(),
            "unassigned": algorithms.filter(compliance__unassigned__gt=0).count(),
            "for_review": current.filter(tree__is_current=False).count(),
            "my_work": my_work(request, algorithms)[:SHOWN],
            "due_first": algorithms.for_list()
            .exclude(compliance__next_due=None)
            .order_by("compliance__next_due", "pk")[:5],
            "recent": recent_changes(algorithms),
        },
    )


def recent_changes(algorithms: Any) -> list[AuditEvent]:
    """The latest thing that happened to each of the algorithms that changed last, each with its `algorithm`."""
    latest = AuditEvent.objects.filter(
        subject_type="registry.algorithm", organisation__in=algorithms.values("organisation")
    )
    events: dict[int, AuditEvent] = {}
    for event in latest.select_related("actor")[: SHOWN * 20]:
        events.setdefault(int(event.subject_id), event)
    known = algorithms.in_bulk(list(events)[:SHOWN])
    shown = [event for pk, event in events.items() if pk in known]
    for event in shown:
        event.algorithm = known[int(event.subject_id)]
    return shown


def my_work(request: HttpRequest, algorithms: Any) -> list[RequirementAssessment | MeasureStatus]:
    """What is assigned to this person and not finished, the earliest due date first."""
    mine = {"assignee": request.user, "algorithm__in": algorithms}
    applying = {
        "requirement__applicabilities__until": None,
        "requirement__applicabilities__outcome": Outcome.APPLIES,
        "requirement__applicabilities__algorithm": F("algorithm"),
    }
    assessments = (
        RequirementAssessment.objects.current()
        .filter(**mine)
        .filter(**applying)
        .exclude(status=RequirementAssessment.Status.MET)
        .select_related("algorithm", "requirement")
    )
    settled = MeasureStatus.objects.current().settled()
    statuses = (
        MeasureStatus.objects.current()
        .filter(**mine, measure__recommendations__until=None, measure__recommendations__algorithm=F("algorithm"))
        .exclude(pk__in=settled.values("pk"))
        .select_related("algorithm", "measure")
    )
    far = timezone.localdate().max
    return sorted([*assessments, *statuses], key=lambda row: (row.due or far, row.algorithm.name, row.pk))
