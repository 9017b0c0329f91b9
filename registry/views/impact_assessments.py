"""The impact assessments of an algorithm: beginning them, what came out, and withdrawing them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent
from registry import impact_assessments as verbs
from registry.impact_assessment_forms import BeginForm, RecordForm, WithdrawForm
from registry.models import ImpactAssessment
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm

RECORDING = "registry.record_impact_assessment"


def _visible(request: HttpRequest, pk: int, number: int, permission: str = "") -> ImpactAssessment:
    """The assessment of an algorithm that this person sees (else 404), with the permission on it (else 403)."""
    algorithm = visible_algorithm(request, pk)
    rows = ImpactAssessment.objects.filter(algorithm=algorithm).select_related("tool", "assignee", "recorded_by")
    assessment: ImpactAssessment = get_object_or_404(rows, pk=number)
    assessment.algorithm = algorithm
    if permission and not request.user.has_perm(permission, assessment):
        raise PermissionDenied
    return assessment


def _shown(request: HttpRequest, template: str, assessment: ImpactAssessment, **context: Any) -> HttpResponse:
    context = {"assessment": assessment, **context}
    return render(request, f"registry/{template}.html", tab(assessment.algorithm, "impact-assessments", **context))


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    rows = ImpactAssessment.objects.filter(algorithm=algorithm).select_related("tool", "assignee")
    rows = rows.order_by("withdrawn", "-carried_out_on", "-pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = tab(algorithm, "impact-assessments", page=page, may_record=request.user.has_perm(RECORDING, algorithm))
    return render(request, "registry/algorithm_impact_assessments.html", context)


@login_required
def add(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, RECORDING)
    form = BeginForm(request.POST or None, algorithm=algorithm, initial={"tool": request.GET.get("tool")})
    if request.method == "POST" and form.is_valid():
        try:
            begun = verbs.begin(algorithm, form.values, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(what)s is recorded. Add the document as evidence.") % {"what": begun})
            return redirect(begun)
    return render(request, "registry/impact_assessment_form.html", tab(algorithm, "impact-assessments", form=form))


@login_required
def one(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    assessment = _visible(request, pk, number)
    return _shown(
        request,
        "impact_assessment",
        assessment,
        requirements=assessment.tool.requirements.in_force().order_by("urn"),
        may_record=assessment.withdrawn is None and request.user.has_perm(RECORDING, assessment),
        events=AuditEvent.objects.about(assessment).select_related("actor")[:PAGE_SIZE],
    )


@login_required
def edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    assessment = _visible(request, pk, number, RECORDING)
    form, conflict = RecordForm(request.POST or None, instance=assessment, algorithm=assessment.algorithm), None
    if request.method == "POST" and form.is_valid():
        try:
            verbs.record(assessment, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            if conflict.withdrawn:
                messages.warning(request, _("Somebody else withdrew this meanwhile."))
                return redirect(conflict)
            form.now_seen(conflict.version)
        else:
            messages.success(request, _("%(what)s is saved.") % {"what": assessment})
            return redirect(assessment)
    changes = _differences(form, conflict)
    return _shown(request, "impact_assessment_form", assessment, form=form, conflict=conflict, changes=changes)


def _differences(form: RecordForm, conflict: ImpactAssessment | None) -> list[tuple[Any, Any, Any]]:
    """Label, what stands now and what was typed, for the fields in which they differ."""
    if conflict is None:
        return []
    now = {name: getattr(conflict, name) for name in form.values}
    outcomes = dict(ImpactAssessment.Outcome.choices)
    return [
        (form.fields[name].label, outcomes.get(now[name], now[name]), outcomes.get(typed, typed))
        for name, typed in form.values.items()
        if now[name] != typed
    ]


@login_required
def withdraw(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    assessment = _visible(request, pk, number, RECORDING)
    form = WithdrawForm(request.POST or None, initial={"seen": assessment.version})
    if request.method == "POST" and form.is_valid():
        reason, seen = form.cleaned_data["reason"], form.cleaned_data["seen"]
        try:
            verbs.withdraw(assessment, reason, seen=seen, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("Somebody else changed this meanwhile. Here is how it stands now."))
            return redirect(assessment)
        else:
            messages.success(request, _("%(what)s is withdrawn.") % {"what": assessment})
            return redirect(assessment)
    return _shown(request, "impact_assessment_withdraw", assessment, form=form)
