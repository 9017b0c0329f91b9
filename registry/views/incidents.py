"""Incidents: with one algorithm, and across an organisation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance import clock
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent
from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import incidents
from registry.incident_forms import CloseForm, IncidentForm, ReportForm
from registry.models import Algorithm, Incident, IncidentReport
from registry.record_forms import ReasonForm
from registry.reporting_duties import duties, is_not_for_the_ai_act, is_undetermined
from registry.use_filters import IncidentFilter
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm
from registry.views.record_pages import form_page, visible_record


def _parent(algorithm: Algorithm) -> tuple[str, str]:
    return reverse("algorithm-incidents", args=[algorithm.pk]), _("Incidents")


def _list(request: HttpRequest, found: IncidentFilter, rows: Any) -> dict[str, Any]:
    """What the list shows; `rows` are those of the whole page, before they are narrowed."""
    waiting = Prefetch("reports", IncidentReport.objects.open(), to_attr="to_make")
    shown = found.rows.select_related("algorithm", "handler").prefetch_related(waiting)
    return {
        "filter": found,
        "page": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
        "figures": incidents.figures(rows, clock.now()),
    }


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    rows = Incident.objects.filter(algorithm=algorithm)
    found = IncidentFilter(request.GET, queryset=rows, request=request)
    context = _list(request, found, rows)
    return render(request, "registry/algorithm_incidents.html", tab(algorithm, "incidents", **context))


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    rows = Incident.objects.visible_to(request.user)
    rows = rows.filter(algorithm__organisation__path__startswith=organisation.path)
    found = IncidentFilter(request.GET, queryset=rows, request=request, within=organisation)
    context = organisation_tab(organisation, "incidents", **_list(request, found, rows))
    return render(request, "registry/organisation_incidents.html", context)


def _form(request: HttpRequest, incident: Incident) -> IncidentForm:
    return IncidentForm(
        request.POST or None,
        instance=incident,
        organisation=incident.algorithm.organisation,
        may_assign=request.user.has_perm("registry.assign_work", incident),
    )


@login_required
def add(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.record_incident")
    return form_page(
        request,
        algorithm,
        _form(request, Incident(algorithm=algorithm)),
        lambda form: incidents.record(algorithm, form.values, by=request.user),
        here="incidents",
        title=_("Record an incident"),
        button=_("Record"),
        done=_("The incident is recorded: %(what)s"),
        parent=_parent(algorithm),
    )


def _incident(request: HttpRequest, pk: int, number: int, permission: str = "") -> Incident:
    rows = Incident.objects.select_related("handler", "recorded_by", "closed_by")
    incident: Incident = visible_record(request, rows, pk, number, permission)
    return incident


@login_required
def incident(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    return _page(request, _incident(request, pk, number))


def _page(request: HttpRequest, shown: Incident, **context: Any) -> HttpResponse:
    facts = incidents.facts_of(shown)
    found = {one.duty: one for one in duties(facts)}
    reports = list(shown.reports.filter(lapsed=None).select_related("reported_by"))
    recorded = {row.duty for row in reports}
    page = {
        "incident": shown,
        "may_change": request.user.has_perm("registry.change_incident", shown),
        "reports": [(row, found.get(row.duty)) for row in reports],
        "later": [
            (IncidentReport.Duty(duty).label, one)
            for duty, one in found.items()
            if not one.is_in_force and duty not in recorded
        ],
        "is_undetermined": is_undetermined(facts),
        "is_not_for_the_ai_act": is_not_for_the_ai_act(facts),
        "form": CloseForm(initial={"seen": shown.version, "cause": shown.cause, "actions": shown.actions}),
        "events": AuditEvent.objects.about(shown).select_related("actor")[:PAGE_SIZE],
    }
    return render(request, "registry/incident.html", tab(shown.algorithm, "incidents", **(page | context)))


@login_required
def edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    changed = _incident(request, pk, number, "registry.change_incident")
    return form_page(
        request,
        changed.algorithm,
        _form(request, changed),
        lambda form: incidents.revise(changed, form.values, seen=form.cleaned_data["seen"], by=request.user),
        here="incidents",
        title=_("Change the incident"),
        button=_("Save"),
        done=_("Saved: %(what)s"),
        parent=_parent(changed.algorithm),
        record=changed,
        lead=_("The duties to report it follow from what you fill in here."),
    )


@login_required
@require_POST
def close(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    handled = _incident(request, pk, number, "registry.change_incident")
    form = CloseForm(request.POST)
    if form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            done = incidents.close(handled, **fields, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            form.now_seen(meanwhile.current.version)
            return _page(request, _incident(request, pk, number), form=form, conflict=True)
        else:
            messages.success(request, _("Closed: %(what)s") % {"what": done})
            return redirect(done)
    return _page(request, handled, form=form)


@login_required
def reopen(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    opened = _incident(request, pk, number, "registry.change_incident")
    return form_page(
        request,
        opened.algorithm,
        ReasonForm(request.POST or None, initial={"seen": opened.version}, label=_("Why is it opened again?")),
        lambda form: incidents.reopen(
            opened, because=form.cleaned_data["because"], seen=form.cleaned_data["seen"], by=request.user
        ),
        here="incidents",
        title=_("Open the incident again"),
        button=_("Open again"),
        done=_("Open again: %(what)s"),
        parent=_parent(opened.algorithm),
        record=opened,
    )


@login_required
def report(request: HttpRequest, pk: int, number: int, report: int) -> HttpResponse:
    """Records that an incident was reported, or why that is not needed."""
    about = _incident(request, pk, number, "registry.change_incident")
    row = get_object_or_404(about.reports.filter(lapsed=None), pk=report)
    if not row.is_open:
        messages.info(request, _("This was recorded already."))
        return redirect(about)

    def verb(form: Any) -> IncidentReport:
        given = form.cleaned_data
        if given["outcome"] == form.MADE:
            return incidents.report(row, moment=given["reported"], reference=given["reference"], by=request.user)
        return incidents.report_not_needed(row, because=given["because"], by=request.user)

    try:
        return form_page(
            request,
            about.algorithm,
            ReportForm(request.POST or None),
            verb,
            here="incidents",
            title=_("Report the incident"),
            button=_("Record"),
            done=_("Recorded: %(what)s"),
            parent=_parent(about.algorithm),
            record=about,
            lead=str(row),
        )
    except Conflict:
        messages.info(request, _("This was recorded already."))
        return redirect(about)
