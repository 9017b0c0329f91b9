"""The monitoring plan and evaluations: of one algorithm, and across an organisation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance import clock
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent
from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import monitoring
from registry.models import Algorithm, Evaluation, MonitoringPoint
from registry.monitoring_forms import AskForm, EvaluationForm, HoldForm, PointForm
from registry.record_forms import ReasonForm
from registry.use_filters import EvaluationFilter
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm
from registry.views.record_pages import form_page, visible_record

RELATED = ("algorithm", "point", "assignee")


def _parent(algorithm: Algorithm) -> tuple[str, str]:
    return reverse("algorithm-monitoring", args=[algorithm.pk]), _("Evaluations")


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    """The monitoring plan of an algorithm and its evaluations, those to be held on top."""
    algorithm = visible_algorithm(request, pk)
    rows = Evaluation.objects.filter(algorithm=algorithm).select_related(*RELATED)
    points = MonitoringPoint.objects.filter(algorithm=algorithm).current().select_related("assignee")
    context = {
        "points": Paginator(points, PAGE_SIZE).get_page(request.GET.get("plan")),
        "waiting": Paginator(rows.open().order_by("due", "pk"), PAGE_SIZE).get_page(request.GET.get("open")),
        "page": Paginator(rows.held().order_by("-held_on", "-pk"), PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "registry/algorithm_monitoring.html", tab(algorithm, "monitoring", **context))


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    rows = Evaluation.objects.visible_to(request.user)
    rows = rows.filter(algorithm__organisation__path__startswith=organisation.path)
    found = EvaluationFilter(request.GET, queryset=rows, request=request, within=organisation)
    page = Paginator(found.rows.select_related(*RELATED), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "figures": monitoring.figures(rows, clock.today()),
        "unmonitored": Algorithm.objects.within(organisation).filter(monitoring.unmonitored()).count(),
    }
    return render(
        request, "registry/organisation_monitoring.html", organisation_tab(organisation, "monitoring", **context)
    )


@login_required
def point_add(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.plan_monitoring")
    point = MonitoringPoint(algorithm=algorithm)
    return form_page(
        request,
        algorithm,
        PointForm(request.POST or None, instance=point, organisation=algorithm.organisation),
        lambda form: monitoring.plan(algorithm, form.values, by=request.user),
        here="monitoring",
        title=_("Add a line to the plan"),
        button=_("Save"),
        done=_("The plan now has: %(what)s"),
        parent=_parent(algorithm),
    )


def _point(request: HttpRequest, pk: int, number: int) -> MonitoringPoint:
    rows = MonitoringPoint.objects.current().select_related("assignee")
    point: MonitoringPoint = visible_record(request, rows, pk, number, "registry.plan_monitoring")
    return point


@login_required
def point_edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    point = _point(request, pk, number)
    return form_page(
        request,
        point.algorithm,
        PointForm(request.POST or None, instance=point, organisation=point.algorithm.organisation),
        lambda form: monitoring.revise_point(point, form.values, seen=form.cleaned_data["seen"], by=request.user),
        here="monitoring",
        title=_("Change a line of the plan"),
        button=_("Save"),
        done=_("Saved: %(what)s"),
        parent=_parent(point.algorithm),
        record=point,
    )


@login_required
def point_end(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    point = _point(request, pk, number)
    return form_page(
        request,
        point.algorithm,
        ReasonForm(
            request.POST or None,
            initial={"seen": point.version},
            label=_("Why does nobody have to look at this any more?"),
        ),
        lambda form: monitoring.end_point(
            point, because=form.cleaned_data["because"], seen=form.cleaned_data["seen"], by=request.user
        ),
        here="monitoring",
        title=_("End a line of the plan"),
        button=_("End"),
        done=_("No longer in the plan: %(what)s"),
        parent=_parent(point.algorithm),
        record=point,
        lead=_("Its open evaluation is no longer asked for. What was held stays."),
    )


@login_required
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.plan_monitoring")
    evaluation = Evaluation(algorithm=algorithm)
    return form_page(
        request,
        algorithm,
        AskForm(request.POST or None, instance=evaluation, organisation=algorithm.organisation),
        lambda form: monitoring.ask(algorithm, form.values, by=request.user),
        here="monitoring",
        title=_("Ask for an evaluation"),
        button=_("Ask for it"),
        done=_("An evaluation is asked for: %(what)s"),
        parent=_parent(algorithm),
        lead=_("For when something happens or changes in between, such as outcomes that move away or other data."),
    )


def _evaluation(request: HttpRequest, pk: int, number: int, permission: str = "") -> Evaluation:
    rows = Evaluation.objects.select_related("point", "assignee", "created_by", "held_by")
    evaluation: Evaluation = visible_record(request, rows, pk, number, permission)
    return evaluation


@login_required
def evaluation(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    return _page(request, _evaluation(request, pk, number))


def _page(request: HttpRequest, shown: Evaluation, **context: Any) -> HttpResponse:
    page = {
        "evaluation": shown,
        "may_hold": request.user.has_perm("registry.hold_evaluation", shown),
        "may_plan": request.user.has_perm("registry.plan_monitoring", shown),
        "form": HoldForm(initial={"seen": shown.version}),
        "next": Evaluation.objects.open().filter(point=shown.point).first() if shown.point else None,
        "events": AuditEvent.objects.about(shown).select_related("actor")[:PAGE_SIZE],
    }
    return render(request, "registry/evaluation.html", tab(shown.algorithm, "monitoring", **(page | context)))


@login_required
def edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    changed = _evaluation(request, pk, number, "registry.plan_monitoring")
    return form_page(
        request,
        changed.algorithm,
        EvaluationForm(request.POST or None, instance=changed, organisation=changed.algorithm.organisation),
        lambda form: monitoring.revise_evaluation(
            changed, form.values, seen=form.cleaned_data["seen"], by=request.user
        ),
        here="monitoring",
        title=_("Change when and by whom"),
        button=_("Save"),
        done=_("Saved: %(what)s"),
        parent=_parent(changed.algorithm),
        record=changed,
    )


@login_required
@require_POST
def held(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Records what an evaluation showed and leads to."""
    waiting = _evaluation(request, pk, number, "registry.hold_evaluation")
    form = HoldForm(request.POST)
    if form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            done = monitoring.hold_evaluation(waiting, fields, seen=fields.pop("seen"), by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            form.now_seen(meanwhile.current.version)
            return _page(request, _evaluation(request, pk, number), form=form, conflict=True)
        else:
            messages.success(request, _("The evaluation is recorded: %(what)s") % {"what": done})
            return redirect(done)
    return _page(request, waiting, form=form)
