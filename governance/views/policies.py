"""The policies of an organisation: their list, and describing, publishing and withdrawing one."""

from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance import policies, policy_templates
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent, Policy, PolicyVersion
from governance.policy_filters import PolicyFilter
from governance.policy_forms import PolicyForm, ReasonForm
from governance.views.organisation import tab, visible_organisation

PAGE_SIZE = 50
WITHOUT_TEMPLATE = "empty"


def policy_of(request: HttpRequest, slug: str, policy: str, permission: str = "") -> Policy:
    """The policy, which this person may see (else 404) and has the permission on (else 403)."""
    found = Policy.objects.visible_to(request.user).select_related("organisation__parent", "owner")
    record = get_object_or_404(found, organisation__slug=slug, slug=policy)
    if permission and not request.user.has_perm(permission, record):
        raise PermissionDenied
    return record


@login_required
def policy_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The policies of the organisation, and those of the organisations above it that hold here too."""
    organisation = visible_organisation(request, slug)
    rows = Policy.objects.visible_to(request.user).for_organisation(organisation)
    found = PolicyFilter(request.GET, rows, request=request)
    seen = PolicyVersion.objects.visible_to(request.user).defer("body")
    seen = seen.annotate(
        asked=Count("reading_requests"),
        confirmed=Count("reading_requests", filter=Q(reading_requests__confirmed_at__isnull=False)),
    )
    shown = found.rows.select_related("organisation", "owner").prefetch_related(
        Prefetch("versions", seen.order_by("-number"))
    )
    own = PolicyVersion.objects.filter(policy__organisation=organisation)
    return render(
        request,
        "governance/policies.html",
        tab(
            organisation,
            "policies",
            filter=found,
            page=Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
            reviews_due=own.due_for_review().count(),
            in_review=own.filter(status=PolicyVersion.Status.IN_REVIEW).count(),
            to_confirm=policies.reading_for(request.user)
            .filter(policy_version__policy__organisation__in=organisation.above)
            .count(),
        ),
    )


@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """First what to begin with, a template or nothing; then the properties, which the template fills in."""
    organisation = visible_organisation(request, slug, "governance.add_policy")
    chosen = request.GET.get("template", "")
    template = policy_templates.template(chosen)
    if template is None and chosen != WITHOUT_TEMPLATE and request.method != "POST":
        context = {"templates": policy_templates.templates(), "empty": WITHOUT_TEMPLATE, "crumb": _("New")}
        return render(request, "governance/policy_templates.html", tab(organisation, "policies", **context))
    initial = {"owner": request.user.pk} | (template.fields if template else {})
    form = PolicyForm(request.POST or None, organisation=organisation, initial=initial)
    if request.method == "POST" and form.is_valid():
        fields = form.values | ({"template": template.code} if template else {})
        try:
            policy = policies.add_policy(organisation, fields, body=template.body if template else "", by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(policy)s is added, with a first draft.") % {"policy": policy})
            return redirect(policy.versions.get())
    context = {"form": form, "template": template, "crumb": _("New")}
    return render(request, "governance/policy_form.html", tab(organisation, "policies", **context))


@login_required
def policy(request: HttpRequest, slug: str, policy: str) -> HttpResponse:
    record = policy_of(request, slug, policy)
    versions = PolicyVersion.objects.visible_to(request.user).filter(policy=record)
    versions = versions.select_related("adopted_by", "created_by", "ended_by").order_by("-number")
    prefetch_related_objects([record], Prefetch("versions", versions))
    for newer, older in pairwise(record.versions.all()):
        newer.older = older
    in_force = record.version_in_force
    events = AuditEvent.objects.about(record)
    if not request.user.has_perm("governance.view_organisation", record.organisation):
        events = events.none()  # what holds here comes from above; how it came about does not
    return render(
        request,
        "governance/policy.html",
        tab(
            record.organisation,
            "policies",
            policy=record,
            versions=record.versions.all(),
            version=in_force,
            attachments=in_force.attachments.current().select_related("stored_file") if in_force else [],
            reading=reading_of(record.adopted_version, request.user),
            links=links_of(record, request.user),
            events=events[:20],
        ),
    )


def reading_of(version: PolicyVersion | None, user: Any) -> dict[str, Any] | None:
    """How many were asked to read it and confirmed, and this person's own request."""
    if version is None:
        return None
    requests = version.reading_requests
    counts = requests.aggregate(asked=Count("pk"), confirmed=Count("pk", filter=Q(confirmed_at__isnull=False)))
    return {"version": version, **counts, "own": requests.filter(person=user).first()}


def links_of(policy: Policy, user: Any) -> list[tuple[Any, list[Any]]]:
    """What the policy is linked to and this person may see, by kind; kinds without links are left out."""
    groups = []
    for name in policies.LINKS:
        rows = getattr(policy, name).all()
        if name in ("requirements", "measures", "tools"):
            rows = rows.visible_to(user)
        label = str(Policy._meta.get_field(name).verbose_name)
        groups.append((label[:1].upper() + label[1:], list(rows)))
    return [(label, rows) for label, rows in groups if rows]


@login_required
def edit(request: HttpRequest, slug: str, policy: str) -> HttpResponse:
    record = policy_of(request, slug, policy, "governance.change_policy")
    may_assign = request.user.has_perm("governance.assign_policy", record)
    form = PolicyForm(request.POST or None, instance=record, organisation=record.organisation, may_assign=may_assign)
    meanwhile: list[tuple[Any, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            saved = policies.revise_policy(record, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except Conflict as changed:
            meanwhile = _as_it_stands(form, changed.current)
            form.now_seen(changed.current.version)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(policy)s is saved.") % {"policy": saved})
            return redirect(saved)
    context = {"policy": record, "form": form, "meanwhile": meanwhile, "crumb": _("Change")}
    return render(request, "governance/policy_form.html", tab(record.organisation, "policies", **context))


def _as_it_stands(form: PolicyForm, current: Policy) -> list[tuple[Any, str]]:
    """Label and words of what is stored, for each field that differs from what was typed."""
    rows = []
    for name, typed in form.values.items():
        if name in policies.LINKS:
            now = ", ".join(str(row) for row in getattr(current, name).all())
            same = {row.pk for row in typed} == {row.pk for row in getattr(current, name).all()}
        else:
            now, same = getattr(current, name), typed == getattr(current, name)
            now = current.get_kind_display() if name == "kind" else str(now or "")
        if not same:
            rows.append((form.fields[name].label, now))
    return rows


@login_required
def withdraw(request: HttpRequest, slug: str, policy: str) -> HttpResponse:
    record = policy_of(request, slug, policy, "governance.withdraw_policy")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            policies.withdraw_policy(record, form.cleaned_data["reason"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(policy)s is withdrawn.") % {"policy": record})
            return redirect(record)
    context = {"policy": record, "form": form, "crumb": _("Withdraw")}
    return render(request, "governance/policy_withdraw.html", tab(record.organisation, "policies", **context))


@login_required
@require_POST
def publish(request: HttpRequest, slug: str, policy: str) -> HttpResponse:
    """Publishes the policy, or takes it back, as the button says."""
    record = policy_of(request, slug, policy, "governance.publish_policy")
    try:
        if request.POST.get("publish") == "no":
            policies.unpublish(record, by=request.user)
            messages.success(request, _("%(policy)s can be read in the organisation only.") % {"policy": record})
        else:
            policies.publish(record, by=request.user)
            messages.success(request, _("Everybody can now read %(policy)s.") % {"policy": record})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(record)
