from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from governance.models import (
    AuditEvent,
    AuditFramework,
    FrameworkRelease,
    Knowledge,
    MaturityAssessment,
    Measure,
    Membership,
    Objective,
    Organisation,
    Policy,
    Position,
    Requirement,
    Tool,
)
from governance.timeline import VERBS
from registry.filters import for_review, stuck
from registry.models import Algorithm, Classification, Proposal
from registry.my_work import managers_desk, my_desk
from registry.work_lines import Section

SHOWN = 10
Role = Membership.Role
MINE = (Section.OVERDUE, Section.DUE)
TOLD: dict[str, tuple[Any, str]] = {
    "registry.algorithm": (Algorithm.objects, ""),
    "governance.organisation": (Organisation.objects, ""),
    "governance.policy": (Policy.objects.select_related("organisation"), ""),
    "governance.position": (Position.objects, "positions"),
    "governance.objective": (Objective.objects, "objectives"),
    "governance.knowledge": (Knowledge.objects, "literacy"),
    "governance.maturityassessment": (MaturityAssessment.objects.select_related("organisation"), "maturity"),
}
"""Kind of record → which there are, and the page of its organisation where one finds it, for what has no page."""
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
            "arranges": arranges(request) if not roles else None,
            "figures": [(section, counts[section]) for section in counts],
            "my_work": mine[:SHOWN],
            "is_anything_waiting": any(counts[section] for section in (*MINE, Section.DECISION)),
            "officer": officers_figures(request, algorithms) if Role.OFFICER in roles else None,
            "managed": managed(request) if Role.MANAGER in roles else [],
            "audit_frameworks": AuditFramework.objects.all() if Role.AUDITOR in roles else [],
            "audited": _held(request, Role.AUDITOR).order_by("path")[:SHOWN] if Role.AUDITOR in roles else [],
            "administered": _held(request, Role.ADMINISTRATOR).order_by("path")[:SHOWN]
            if Role.ADMINISTRATOR in roles
            else [],
            "due_first": algorithms.for_list()
            .exclude(compliance__next_due=None)
            .order_by("compliance__next_due", "pk")[:5],
            "recent": recent_changes(request),
        },
    )


def arranges(request: HttpRequest) -> str | None:
    """What the administrator of the installation, who sees no records, begins with."""
    if not request.user.has_perm("governance.add_organisation"):
        return None
    return "people" if Organisation.objects.exists() else "organisations"


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


def recent_changes(request: HttpRequest) -> list[AuditEvent]:
    """The latest thing that happened to each of the records that changed last, each with its `about` and `address`.

    A query for the events, and one for each kind of record among them.
    """
    events: dict[tuple[str, str], AuditEvent] = {}
    # The history of each record, which is for whoever may see the record; not the trail, which is for fewer.
    inside = Organisation.objects.visible_to(request.user)
    happened = AuditEvent.objects.filter(organisation__in=inside, subject_type__in=TOLD, verb__in=VERBS)
    for event in happened.select_related("actor", "on_behalf_of", "organisation")[: SHOWN * 20]:
        events.setdefault((event.subject_type, event.subject_id), event)
    wanted: dict[str, list[str]] = {}
    for kind, key in list(events)[: SHOWN * 2]:
        wanted.setdefault(kind, []).append(key)
    found: dict[str, Any] = {
        kind: TOLD[kind][0].visible_to(request.user).in_bulk(keys) for kind, keys in wanted.items()
    }
    shown = []
    for (kind, key), event in events.items():
        record = found.get(kind, {}).get(int(key))
        if record is not None:
            route = TOLD[kind][1]
            event.about = record
            event.address = reverse(route, args=[event.organisation.slug]) if route else record.get_absolute_url()
            shown.append(event)
    return shown[:SHOWN]
