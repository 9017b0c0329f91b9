"""Complaints and questions: about one algorithm, and across an organisation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance import clock
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent, Organisation
from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import complaints
from registry.complaint_forms import ComplaintForm, HandleForm, ReopenForm
from registry.filters import ComplaintFilter
from registry.models import Complaint
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    """The procedure of an algorithm, and the log of what came in about it."""
    algorithm = visible_algorithm(request, pk)
    rows = Complaint.objects.filter(algorithm=algorithm)
    page = Paginator(rows.select_related("handler"), PAGE_SIZE).get_page(request.GET.get("page"))
    figures = complaints.figures(rows, clock.today())
    return render(
        request, "registry/algorithm_complaints.html", tab(algorithm, "complaints", page=page, figures=figures)
    )


def _visible_complaint(request: HttpRequest, pk: int, number: int, permission: str = "") -> Complaint:
    """The complaint about an algorithm that this person sees (else 404), with the permission on it (else 403)."""
    algorithm = visible_algorithm(request, pk)
    rows = Complaint.objects.filter(algorithm=algorithm).select_related("handler", "recorded_by", "organisation")
    complaint = get_object_or_404(rows, pk=number)
    complaint.algorithm = algorithm
    if permission and not request.user.has_perm(permission, complaint):
        raise PermissionDenied
    return complaint


def _form(request: HttpRequest, complaint: Complaint) -> ComplaintForm:
    return ComplaintForm(
        request.POST or None,
        instance=complaint,
        organisation=complaint.organisation,
        may_assign=request.user.has_perm("registry.assign_complaint", complaint),
    )


@login_required
def add(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.add_complaint")
    form = _form(request, Complaint(algorithm=algorithm, organisation=algorithm.organisation))
    if request.method == "POST" and form.is_valid():
        try:
            complaint = complaints.record(algorithm, form.values, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(what)s is recorded.") % {"what": complaint})
            return redirect(complaint)
    return render(request, "registry/complaint_form.html", tab(algorithm, "complaints", form=form))


@login_required
def edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    complaint = _visible_complaint(request, pk, number, "registry.change_complaint")
    form, conflict = _form(request, complaint), None
    if request.method == "POST" and form.is_valid():
        try:
            complaints.revise(complaint, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            form.now_seen(conflict.version)
        else:
            messages.success(request, _("%(what)s is saved.") % {"what": complaint})
            return redirect(complaint)
    return render(
        request,
        "registry/complaint_form.html",
        tab(
            complaint.algorithm,
            "complaints",
            complaint=complaint,
            form=form,
            conflict=conflict,
            changes=_differences(form, conflict),
        ),
    )


def _differences(form: ComplaintForm, conflict: Complaint | None) -> list[tuple[str, Any, Any]]:
    """Label, what stands now and what was typed, for the fields in which they differ."""
    if conflict is None:
        return []
    now = {name: getattr(conflict, name) for name in form.values}
    labels = {name: form.fields[name].label for name in now}
    kinds = dict(Complaint.Kind.choices)
    return [
        (labels[name], kinds.get(now[name], now[name]), kinds.get(typed, typed))
        for name, typed in form.values.items()
        if now[name] != typed
    ]


@login_required
def complaint(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    return _page(request, _visible_complaint(request, pk, number))


def _page(request: HttpRequest, complaint: Complaint, **context: Any) -> HttpResponse:
    seen = {"seen": complaint.version}
    shown = {
        "complaint": complaint,
        "may_change": request.user.has_perm("registry.change_complaint", complaint),
        "handle_form": HandleForm(initial={**seen, "response": complaint.response}),
        "reopen_form": ReopenForm(initial=seen),
        "events": AuditEvent.objects.about(complaint)[:PAGE_SIZE],
    }
    return render(request, "registry/complaint.html", tab(complaint.algorithm, "complaints", **(shown | context)))


@login_required
@require_POST
def handle(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    complaint = _visible_complaint(request, pk, number, "registry.change_complaint")
    form = HandleForm(request.POST)
    if not form.is_valid():
        return _page(request, complaint, handle_form=form)
    fields = dict(form.cleaned_data)
    seen = fields.pop("seen")
    try:
        complaints.handle(complaint, fields, seen=seen, by=request.user)
    except ValidationError as error:
        add_errors(form, error)
    except Conflict as meanwhile:
        now = meanwhile.current
        return _page(request, now, conflict=True, handle_form=HandleForm(fields | {"seen": now.version}))
    else:
        messages.success(request, _("%(what)s is closed.") % {"what": complaint})
        return redirect(complaint)
    return _page(request, complaint, handle_form=form)


@login_required
@require_POST
def reopen(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    complaint = _visible_complaint(request, pk, number, "registry.change_complaint")
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return _page(request, complaint, reopen_form=form)
    reason, seen = form.cleaned_data["reason"], form.cleaned_data["seen"]
    try:
        complaints.reopen(complaint, reason=reason, seen=seen, by=request.user)
    except ValidationError as error:
        add_errors(form, error)
    except Conflict as meanwhile:
        now = meanwhile.current
        return _page(request, now, conflict=True, reopen_form=ReopenForm({"reason": reason, "seen": now.version}))
    else:
        messages.success(request, _("%(what)s is open again.") % {"what": complaint})
        return redirect(complaint)
    return _page(request, complaint, reopen_form=form)


# Across an organisation


def _of_organisation(organisation: Organisation, request: HttpRequest) -> Any:
    """The complaints of the organisation and of its parts, as far as this person sees them."""
    visible = Complaint.objects.visible_to(request.user)
    return visible.filter(organisation__path__startswith=organisation.path)


def _filtered(organisation: Organisation, request: HttpRequest) -> ComplaintFilter:
    found = ComplaintFilter(request.GET, queryset=_of_organisation(organisation, request), request=request)
    field = found.form.fields["algorithm"]
    field.queryset = field.queryset.filter(organisation__path__startswith=organisation.path)
    return found


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    found = _filtered(organisation, request)
    rows = found.rows.select_related("algorithm", "handler", "organisation")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "registry/organisation_complaints.html",
        organisation_tab(
            organisation,
            "complaints",
            filter=found,
            page=page,
            figures=complaints.figures(_of_organisation(organisation, request), clock.today()),
        ),
    )
