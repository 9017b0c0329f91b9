"""Audits of an organisation: the list, and one with its sample, its findings and its report."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent, LifecyclePhase
from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import audits
from registry.audit_forms import AuditForm, ReportForm, SampleForm
from registry.filters import RISK_GROUPS
from registry.models import Algorithm, Audit, Finding
from registry.oversight_filters import AuditFilter
from registry.views.algorithm import PAGE_SIZE


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    below = Audit.objects.visible_to(request.user).filter(organisation__path__startswith=organisation.path)
    found = AuditFilter(request.GET, queryset=below, request=request)
    rows = found.rows.select_related("organisation", "lead").annotate(
        found=Count("findings"), still_open=Count("findings", filter=Q(findings__closed=None))
    )
    page = Paginator(rows.order_by("-started", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = organisation_tab(organisation, "audits", filter=found, page=page)
    return render(request, "registry/organisation_audits.html", context)


def visible_audit(request: HttpRequest, slug: str, pk: int, permission: str = "") -> Audit:
    """The audit, which this person may see (else 404) and has the permission on (else 403)."""
    organisation = visible_organisation(request, slug)
    rows = Audit.objects.filter(organisation=organisation)
    audit: Audit = get_object_or_404(rows.select_related("lead", "started_by", "drawn_by", "concluded_by"), pk=pk)
    audit.organisation = organisation
    if permission and not request.user.has_perm(permission, audit):
        raise PermissionDenied
    return audit


@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug, "registry.keep_audit")
    form = AuditForm(request.POST or None, organisation=organisation, initial={"lead": request.user})
    if request.method == "POST" and form.is_valid():
        try:
            audit = audits.open_audit(organisation, form.values, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The audit is opened."))
            return redirect(audit)
    return render(request, "registry/audit_form.html", organisation_tab(organisation, "audits", form=form))


@login_required
def edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    audit = visible_audit(request, slug, pk, "registry.keep_audit")
    form = AuditForm(request.POST or None, instance=audit, organisation=audit.organisation)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            audits.revise(audit, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            form.now_seen(conflict.version)
        else:
            messages.success(request, _("The audit is saved."))
            return redirect(audit)
    changes = _differences(form, conflict) if conflict else []
    context = {"audit": audit, "form": form, "conflict": conflict, "changes": changes}
    return render(request, "registry/audit_form.html", organisation_tab(audit.organisation, "audits", **context))


def _differences(form: AuditForm, conflict: Audit) -> list[tuple[str, Any, Any]]:
    """Label, what stands now and what was typed, for the fields in which they differ."""
    rows = []
    for name, typed in form.values.items():
        now = getattr(conflict, name)
        if name == "frameworks":
            now, typed = (", ".join(sorted(str(row) for row in found)) for found in (now.all(), typed))
        if now != typed:
            rows.append((str(form.fields[name].label), now, typed))
    return rows


@login_required
def audit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    audit = visible_audit(request, slug, pk)
    sample = audit.sample.filter(replaced=None).select_related("algorithm__organisation", "algorithm__phase")
    sample = sample.annotate(found=Count("algorithm__findings", filter=Q(algorithm__findings__audit=audit)))
    page = Paginator(sample.order_by("number", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    state = audits.state_at_the_end(audit, [row.algorithm_id for row in page])
    for row in page:
        row.state = state[row.algorithm_id]
    found = Finding.objects.visible_to(request.user).filter(audit=audit).with_last_said()
    events = AuditEvent.objects.about(audit).select_related("actor")
    draws = events.filter(verb="audit.sample_drawn")[1:PAGE_SIZE]
    return render(
        request,
        "registry/audit.html",
        organisation_tab(
            audit.organisation,
            "audits",
            audit=audit,
            page=page,
            narrowed=_in_words(audit.population.get("narrowed", {})),
            last_day=audits.end_of_period(audit),
            earlier_draws=[_drawn_before(event) for event in draws],
            findings=found.select_related("algorithm", "owner", "organisation", "criterion__framework")[:PAGE_SIZE],
            finding_count=found.count(),
            may_keep=audit.concluded is None and request.user.has_perm("registry.keep_audit", audit),
            events=events[:PAGE_SIZE],
        ),
    )


def _drawn_before(event: AuditEvent) -> dict[str, Any]:
    """What the trail says of an earlier draw."""
    drawn = {name: change[1] for name, change in event.changes.items()}
    return drawn | {"moment": event.moment, "by": event.actor}


def _in_words(narrowed: dict[str, Sequence[str]]) -> list[tuple[str, str]]:
    """The filter of a population: what it is about, and the values that were chosen."""
    phases = {phase.slug: str(phase) for phase in LifecyclePhase.objects.all()} if narrowed.get("phase") else {}
    names: dict[str, tuple[str, dict[str, Any]]] = {
        "status": (_("Status"), dict(Algorithm.Status.choices)),
        "risk_group": (_("Risk group"), dict(RISK_GROUPS)),
        "phase": (_("Lifecycle phase"), phases),
    }
    return [
        (title, ", ".join(str(known.get(value, value)) for value in narrowed[name]))
        for name, (title, known) in names.items()
        if narrowed.get(name)
    ]


@login_required
def draw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    audit = visible_audit(request, slug, pk, "registry.keep_audit")
    initial = {"seen": audit.version, **audit.population.get("narrowed", {})}
    form = SampleForm(request.POST or None, initial=initial)
    conflict = False
    if request.method == "POST" and form.is_valid():
        drawn = {name: form.cleaned_data[name] for name in ("size", "seed", "seen")}
        try:
            audits.draw(audit, form.narrowed, **drawn, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = True
            form.now_seen(meanwhile.current.version)
        else:
            messages.success(request, _("The sample is drawn."))
            return redirect(audit)
    context = {"audit": audit, "form": form, "conflict": conflict}
    return render(request, "registry/audit_draw.html", organisation_tab(audit.organisation, "audits", **context))


@login_required
def report(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The report, to save and go on with, or to conclude the audit with."""
    audit = visible_audit(request, slug, pk, "registry.keep_audit")
    form = ReportForm(request.POST or None, initial={"seen": audit.version, "conclusion": audit.conclusion})
    conflict, changes = None, []
    if request.method == "POST" and form.is_valid():
        text, seen = form.cleaned_data["conclusion"], form.cleaned_data["seen"]
        try:
            if "conclude" in request.POST:
                audits.conclude(audit, text, seen=seen, by=request.user)
                messages.success(request, _("The audit is concluded."))
            else:
                audits.revise(audit, {"conclusion": text}, seen=seen, by=request.user)
                messages.success(request, _("The report is saved. Conclude the audit when it is finished."))
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            form.now_seen(conflict.version)
            if conflict.conclusion != text:
                changes = [(str(form.fields["conclusion"].label), conflict.conclusion, text)]
        else:
            return redirect(audit)
    context = {"audit": audit, "form": form, "conflict": conflict, "changes": changes}
    return render(request, "registry/audit_report.html", organisation_tab(audit.organisation, "audits", **context))
