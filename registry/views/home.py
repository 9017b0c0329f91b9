from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from governance.models import AuditEvent, FrameworkRelease, Measure, Membership, Organisation, Requirement, Tool
from registry.filters import for_review, stuck
from registry.models import Algorithm, Classification, Proposal
from registry.my_work import managers_desk, my_desk
from registry.work_lines import Section

SHOWN = 10
Role = Membership.Role
MINE = (Section.OVERDUE, Section.DUE)
MANAGERS = (Section.VACANT, Section.OVERDUE, Section.DECISION, Section.UNASSIGNED)


def home(request: HttpRequest) -> HttpResponse:
    """The front page: what this is for a visitor; for who is logged in what their roles should see first."""
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
    roles = set(Membership.objects.current().filter(user=request.user).values_list("role", flat=True))
    desk = my_desk(request.user)
    counts = desk.counts()
    first = desk.only(*MINE).first(SHOWN)
    mine = [line for section in MINE for line in first[section]]
    return render(
        request,
        "registry/home.html",
        {
            "total": algorithms.count(),
            "figures": [(section, counts[section]) for section in counts],
            "my_work": mine[:SHOWN],
            "officer": officers_figures(request, algorithms) if Role.OFFICER in roles else None,
            "managed": managed(request) if Role.MANAGER in roles else [],
            "audited": _held(request, Role.AUDITOR).order_by("path")[:SHOWN] if Role.AUDITOR in roles else [],
            "administered": _held(request, Role.ADMINISTRATOR).order_by("path")[:SHOWN]
            if Role.ADMINISTRATOR in roles
            else [],
            "due_first": algorithms.for_list()
            .exclude(compliance__next_due=None)
            .order_by("compliance__next_due", "pk")[:5],
            "recent": recent_changes(algorithms),
        },
    )


def officers_figures(request: HttpRequest, algorithms: Any) -> dict[str, int]:
    """What the officer sees first: what is not classified, what got stuck, what is due."""
    served = Organisation.objects.where_member_holds(request.user, [Role.OFFICER])
    classified = Classification.objects.current().filter(algorithm__in=algorithms)
    return {
        "unclassified": algorithms.exclude(pk__in=classified.values("algorithm")).count(),
        "stuck": algorithms.filter(stuck()).count(),
        "for_review": algorithms.filter(for_review()).count(),
        "overdue": algorithms.overdue().count(),
        "unassigned": algorithms.filter(compliance__unassigned__gt=0).count(),
        "proposals": Proposal.objects.undecided().filter(organisation__in=served).count(),
    }


def managed(request: HttpRequest) -> list[tuple[Organisation, list[tuple[Section, int]]]]:
    """The organisations this person manages (those below them counted in), each with the figures a manager needs."""
    organisations = Organisation.objects.where_member_holds(request.user, [Role.MANAGER])
    by_path = dict(organisations.values_list("pk", "path"))
    counts = managers_desk(organisations).counts_by("owner")
    rows = []
    for organisation in _held(request, Role.MANAGER).order_by("path"):
        if any(organisation.path.startswith(above.path) for above, _figures in rows):
            continue
        below = {pk for pk, path in by_path.items() if path.startswith(organisation.path)}
        figures = [
            (section, sum(n for (owner, counted), n in counts.items() if owner in below and counted == section))
            for section in MANAGERS
        ]
        rows.append((organisation, figures))
    return rows


def _held(request: HttpRequest, role: str) -> Any:
    """The organisations in which the person was given that role themselves, without those below."""
    held = Membership.objects.current().filter(user=request.user, role=role)
    return Organisation.objects.filter(pk__in=held.values("organisation"))


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
