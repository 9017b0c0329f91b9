"""The audit trail for who reads it: across organisations, of one organisation, and a single event."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from governance import trail
from governance.models import AuditChain, AuditEvent, Organisation
from governance.trail_filters import TrailFilter
from governance.views.organisation import tab, visible_organisation

READ = "governance.view_auditevent"
BESIDE = 50
"""How many events of the same request are shown with one."""


def _filtered(request: HttpRequest, events: Any, *, organisation: Organisation | None = None) -> TrailFilter:
    found = TrailFilter(request.GET, queryset=events, request=request)
    if organisation is not None:
        field = found.form.fields["organisation"]
        field.queryset = field.queryset.filter(path__startswith=organisation.path)
        if field.queryset.count() < 2:
            del found.form.fields["organisation"]
    return found


def _page(request: HttpRequest, found: TrailFilter) -> dict[str, Any]:
    page = trail.stretch(found.rows, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    trail.find_pages(page.events, request.user)
    return {"filter": found, "page": page}


def _may_read_somewhere(request: HttpRequest) -> None:
    if not request.user.has_perm(READ):
        raise PermissionDenied


@login_required
def everywhere(request: HttpRequest) -> HttpResponseBase:
    """What happened in every organisation whose trail this person reads."""
    _may_read_somewhere(request)
    found = _filtered(request, trail.of_everywhere(request.user))
    return render(request, "governance/trail.html", {"section": "organisations", **_page(request, found)})


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponseBase:
    organisation = visible_organisation(request, slug, READ)
    found = _filtered(request, trail.of_organisation(organisation, request.user), organisation=organisation)
    chain = AuditChain.objects.filter(organisation=organisation).first()
    return render(
        request,
        "governance/organisation_trail.html",
        tab(organisation, "trail", chain=chain, **_page(request, found)),
    )


@login_required
def event(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One event with all that is known of it, and what else happened in the same request."""
    visible = AuditEvent.objects.visible_to(request.user)
    told = visible.select_related("actor", "on_behalf_of", "organisation", "seal__chain")
    shown = get_object_or_404(told, pk=pk)
    beside = visible.filter(request_id=shown.request_id).exclude(pk=pk) if shown.request_id else visible.none()
    others = list(beside.select_related("actor", "on_behalf_of", "organisation", "seal").order_by("pk")[:BESIDE])
    trail.find_pages([shown, *others], request.user)
    context = {"section": "organisations", "event": shown, "beside": others}
    return render(request, "governance/trail_event.html", context)
