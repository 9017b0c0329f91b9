"""Consistency checks: of an organisation with its parts, the records behind each, and of one algorithm."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import Organisation
from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import deviations
from registry.consistency import CHECKS, Check
from registry.consistency_forms import AcceptForm
from registry.models import AcceptedDeviation, Algorithm
from registry.views.algorithm import PAGE_SIZE, visible_algorithm
from registry.views.algorithm import tab as algorithm_tab

SHOWN = 10
"""How many records of each check the page of an algorithm shows."""


def _below(organisation: Organisation, request: HttpRequest) -> Any:
    return Organisation.objects.visible_to(request.user).filter(path__startswith=organisation.path)


def _check(code: str) -> Check:
    if (check := deviations.check_of(code)) is None:
        raise Http404
    return check


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    tallies = deviations.counts(_below(organisation, request))
    total = sum(tally.open for tally in tallies)
    context = organisation_tab(organisation, "consistency", tallies=tallies, total=total)
    return render(request, "registry/organisation_consistency.html", context)


@login_required
def check(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """The records that deviate, or (`?accepted=true`) those of which that is accepted."""
    organisation, found = visible_organisation(request, slug), _check(code)
    is_accepted = request.GET.get("accepted") == "true"
    rows = deviations.records(found, _below(organisation, request)).filter(was_accepted=is_accepted)
    algorithm = None
    if found.algorithm and request.GET.get("algorithm", "").isdecimal():
        visible = Algorithm.objects.visible_to(request.user)
        algorithm = get_object_or_404(visible, pk=request.GET["algorithm"])
        rows = rows.filter(**{found.algorithm: algorithm.pk})
    rows = rows.select_related(*found.related).order_by("pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "registry/consistency_check.html",
        organisation_tab(
            organisation,
            "consistency",
            check=found,
            page=page,
            deviations=deviations.shown(found, list(page)),
            is_accepted=is_accepted,
            of_algorithm=algorithm,
            may_accept=request.user.has_perm("registry.accept_deviation", organisation),
        ),
    )


@login_required
def accept(request: HttpRequest, slug: str, code: str, key: str) -> HttpResponse:
    organisation, found = visible_organisation(request, slug), _check(code)
    here = Organisation.objects.filter(pk=organisation.pk)
    rows = deviations.records(found, here).filter(key=key).select_related(*found.related)
    deviation = deviations.shown(found, [get_object_or_404(rows)])[0]
    if not request.user.has_perm("registry.accept_deviation", organisation):
        raise PermissionDenied
    form = AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            deviations.accept(deviation, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("Somebody accepted this meanwhile; their reason counts."))
            return redirect("consistency-check", slug, code)
        else:
            messages.success(request, _("%(what)s is accepted.") % {"what": deviation.what})
            return redirect("consistency-check", slug, code)
    context = {"check": found, "deviation": deviation, "form": form}
    return render(request, "registry/deviation_accept.html", organisation_tab(organisation, "consistency", **context))


@login_required
@require_POST
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    accepted: AcceptedDeviation = get_object_or_404(AcceptedDeviation, organisation=organisation, pk=pk)
    if not request.user.has_perm("registry.accept_deviation", accepted):
        raise PermissionDenied
    try:
        deviations.withdraw(accepted, by=request.user)
    except Conflict:
        messages.info(request, _("Somebody withdrew this meanwhile."))
    else:
        messages.success(request, _("It is no longer accepted, and is in the list again."))
    return redirect("consistency-check", slug, accepted.check_code)


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    """What the checks find in this algorithm; of each the first records, those that are not accepted on top."""
    algorithm = visible_algorithm(request, pk)
    parts = []
    for found in CHECKS:
        rows = deviations.of_algorithm(found, algorithm).select_related(*found.related)
        first = list(rows.order_by("was_accepted", "pk")[: SHOWN + 1]) if found.algorithm else []
        if first:
            parts.append((found, deviations.shown(found, first[:SHOWN]), len(first) > SHOWN))
    may_accept = request.user.has_perm("registry.accept_deviation", algorithm)
    context = algorithm_tab(algorithm, "consistency", parts=parts, may_accept=may_accept)
    return render(request, "registry/algorithm_consistency.html", context)
