"""Findings: of an organisation with its parts, of one algorithm, and one with everything that is done about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from governance import clock
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent, Membership, Organisation
from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import findings
from registry.finding_forms import (
    ActForm,
    CloseForm,
    FindingForm,
    FollowUpForm,
    KeepOpenForm,
    ReopenForm,
    ResponseForm,
)
from registry.models import Finding
from registry.oversight_filters import FindingFilter
from registry.views.algorithm import PAGE_SIZE, visible_algorithm
from registry.views.algorithm import tab as algorithm_tab

ABOUT = ("audit", "algorithm", "criterion", "requirement", "measure", "policy")
"""What an address may already say of a new finding: keys of records."""


# Lists


def _of_organisation(organisation: Organisation, request: HttpRequest) -> Any:
    """The findings of the organisation and of its parts, as far as this person sees them."""
    return Finding.objects.visible_to(request.user).filter(organisation__path__startswith=organisation.path)


def _figures(rows: Any) -> dict[str, int]:
    today = clock.today()
    counted: dict[str, int] = rows.aggregate(
        open=Count("pk", filter=Q(closed=None)),
        unanswered=Count("pk", filter=Q(closed=None, responded=None)),
        overdue=Count("pk", filter=Q(closed=None, due__lt=today)),
        closed=Count("pk", filter=Q(closed__isnull=False)),
    )
    return counted


def _filtered(organisation: Organisation, request: HttpRequest) -> FindingFilter:
    found = FindingFilter(request.GET, queryset=_of_organisation(organisation, request), request=request)
    within = {"algorithm": "organisation__path__startswith"}
    for name, lookup in within.items():
        field = found.form.fields[name]
        field.queryset = field.queryset.filter(**{lookup: organisation.path})
    return found


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    found = _filtered(organisation, request)
    rows = found.rows.with_last_said().select_related("algorithm", "owner", "organisation", "criterion__framework")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    figures = _figures(_of_organisation(organisation, request))
    context = organisation_tab(organisation, "findings", filter=found, page=page, figures=figures)
    return render(request, "registry/organisation_findings.html", context)


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    rows = Finding.objects.filter(algorithm=algorithm).with_last_said()
    rows = rows.select_related("owner", "organisation", "criterion__framework")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "registry/algorithm_findings.html", algorithm_tab(algorithm, "findings", page=page))


# Raising and revising


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """From a page that is of no organisation, such as a criterion: in which organisation the finding is raised."""
    if not request.user.has_perm("registry.raise_finding"):
        raise PermissionDenied
    audited = Organisation.objects.where_member_holds(request.user, [Membership.Role.AUDITOR]).order_by("path")
    page = Paginator(audited, PAGE_SIZE).get_page(request.GET.get("page"))
    query = urlencode({name: request.GET[name] for name in ABOUT if request.GET.get(name)})
    if page.paginator.count == 1:
        return redirect(f"{reverse('finding-add', args=[page[0].slug])}?{query}")
    context = {"section": "organisations", "page": page, "query": query}
    return render(request, "registry/finding_start.html", context)


def _said_in_address(query: QueryDict) -> dict[str, str]:
    return {name: query[name] for name in ABOUT if query.get(name, "").isdecimal()}


@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug, "registry.raise_finding")
    form = FindingForm(
        request.POST or None, initial=_said_in_address(request.GET), organisation=organisation, user=request.user
    )
    if request.method == "POST" and form.is_valid():
        about = {name: form.cleaned_data[name] for name in ("algorithm", "audit")}
        try:
            finding = findings.raise_finding(organisation, form.values, **about, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The finding is recorded. The managers are told of it."))
            return redirect(finding)
    return render(request, "registry/finding_form.html", organisation_tab(organisation, "findings", form=form))


def visible_finding(request: HttpRequest, slug: str, pk: int, permission: str = "") -> Finding:
    """The finding, which this person may see (else 404) and has the permission on (else 403)."""
    organisation = visible_organisation(request, slug)
    linked = ("audit__organisation", "algorithm", "criterion__framework", "requirement", "measure")
    rows = Finding.objects.filter(organisation=organisation).select_related(
        *linked, "policy__organisation", "raised_by", "owner", "responded_by", "closed_by"
    )
    finding: Finding = get_object_or_404(rows, pk=pk)
    finding.organisation = organisation
    if permission and not request.user.has_perm(permission, finding):
        raise PermissionDenied
    return finding


@login_required
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    finding = visible_finding(request, slug, pk, "registry.raise_finding")
    form = FindingForm(request.POST or None, instance=finding, organisation=finding.organisation, user=request.user)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            findings.revise(finding, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            form.now_seen(conflict.version)
        else:
            messages.success(request, _("The finding is saved."))
            return redirect(finding)
    changes = _differences(form, conflict) if conflict else []
    context = {"finding": finding, "form": form, "conflict": conflict, "changes": changes}
    return render(request, "registry/finding_form.html", organisation_tab(finding.organisation, "findings", **context))


def _differences(form: FindingForm, conflict: Finding) -> list[tuple[str, Any, Any]]:
    """Label, what stands now and what was typed, for the fields in which they differ."""
    severities = dict(Finding.Severity.choices)
    rows = [(form.fields[name].label, getattr(conflict, name), typed) for name, typed in form.values.items()]
    return [
        (str(label), severities.get(now, now), severities.get(typed, typed))
        for label, now, typed in rows
        if now != typed
    ]


# One finding, and what is done about it

FORMS: dict[str, type[ActForm]] = {
    "respond": ResponseForm,
    "follow_up": FollowUpForm,
    "close": CloseForm,
    "keep_open": KeepOpenForm,
    "reopen": ReopenForm,
}
PERMISSIONS = {
    "respond": "registry.respond_to_finding",
    "follow_up": "registry.follow_up_finding",
    "close": "registry.close_finding",
    "keep_open": "registry.close_finding",
    "reopen": "registry.close_finding",
}


def _verb(finding: Finding, act: str, values: dict[str, Any], seen: int, request: HttpRequest) -> Finding:
    if act == "respond":
        return findings.respond(finding, values, seen=seen, by=request.user)
    verbs: dict[str, Callable[..., Finding]] = {
        "follow_up": findings.follow_up,
        "close": findings.close,
        "keep_open": findings.keep_open,
        "reopen": findings.reopen,
    }
    return verbs[act](finding, **values, seen=seen, by=request.user)


DONE = {
    "respond": gettext_lazy("The answer is saved. The auditor is told of it."),
    "follow_up": gettext_lazy("What was done is saved."),
    "close": gettext_lazy("The finding is closed."),
    "keep_open": gettext_lazy("The finding stays open. Its owner is told what still has to be done."),
    "reopen": gettext_lazy("The finding is open again."),
}


def _form(act: str, finding: Finding, data: Any = None) -> ActForm:
    initial: dict[str, Any] = {"seen": finding.version}
    more: dict[str, Any] = {}
    if act == "respond":
        initial |= {name: getattr(finding, name) for name in ("response", "response_text", "owner", "due")}
        more["organisation"] = finding.organisation
    # Five forms stand on one page, each with fields of its own name.
    return FORMS[act](data, initial=initial, auto_id=f"{act}_%s", **more)


@login_required
def finding(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _page(request, visible_finding(request, slug, pk))


def _page(
    request: HttpRequest, finding: Finding, shown: dict[str, ActForm] | None = None, **context: Any
) -> HttpResponse:
    may = {act: request.user.has_perm(permission, finding) for act, permission in PERMISSIONS.items()}
    told = finding.follow_ups.select_related("by")
    page = Paginator(told.order_by("-moment", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    asks = finding.is_open and page.paginator.count > 0 and told.order_by("-moment", "-pk")[0].asks_to_close
    allowed = {
        "respond": finding.is_open,
        "follow_up": finding.is_open,
        "close": finding.is_open,
        "keep_open": asks,
        "reopen": not finding.is_open,
    }
    forms = {act: (shown or {}).get(act) or _form(act, finding) for act in FORMS if may[act] and allowed[act]}
    context = {
        "finding": finding,
        "overtaken": next((form for act, form in (shown or {}).items() if not allowed[act]), None),
        "asks_to_close": asks,
        "page": page,
        "forms": forms,
        "may_revise": finding.is_open
        and finding.responded is None
        and request.user.has_perm("registry.raise_finding", finding),
        "events": AuditEvent.objects.about(finding).select_related("actor")[:PAGE_SIZE],
        **context,
    }
    return render(request, "registry/finding.html", organisation_tab(finding.organisation, "findings", **context))


def _act(request: HttpRequest, slug: str, pk: int, act: str) -> HttpResponse:
    """Does what was asked; what is not right yet, or was overtaken, is shown on the page with what was typed."""
    finding = visible_finding(request, slug, pk, PERMISSIONS[act])
    form = _form(act, finding, request.POST)
    conflict = False
    if form.is_valid():
        try:
            _verb(finding, act, form.values, form.cleaned_data["seen"], request)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = True
            finding = meanwhile.current
            form.now_seen(finding.version)
        else:
            messages.success(request, DONE[act])
            return redirect(finding)
    return _page(request, finding, {act: form}, conflict=conflict, acted=act)


@login_required
@require_POST
def respond(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _act(request, slug, pk, "respond")


@login_required
@require_POST
def follow_up(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _act(request, slug, pk, "follow_up")


@login_required
@require_POST
def close(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _act(request, slug, pk, "close")


@login_required
@require_POST
def keep_open(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _act(request, slug, pk, "keep_open")


@login_required
@require_POST
def reopen(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _act(request, slug, pk, "reopen")
