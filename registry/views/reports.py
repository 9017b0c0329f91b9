"""The dossier of an algorithm and the report of an organisation: to read, to print, and to ask for as PDF."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import exporting, reports
from governance.forms import add_errors
from governance.views.organisation import visible_organisation
from registry import dossier as dossiers
from registry.organisation_report import REPORT as ORGANISATION_REPORT
from registry.organisation_report import organisation_report
from registry.report_forms import DayForm
from registry.views.algorithm import visible_algorithm


def _page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"can_make_pdf": reports.can_make_pdf(), "why_no_pdf": reports.why_no_pdf()}
    return render(request, template, context, status=status)


def _dossier(request: HttpRequest, pk: int) -> tuple[Any, DayForm, Any]:
    """The algorithm, the form with the day, and its dossier; None for a day that cannot be told about."""
    algorithm = visible_algorithm(request, pk)
    given = request.POST if request.method == "POST" else request.GET
    form = DayForm(given if "day" in given else {})
    if not form.is_valid():
        return algorithm, form, None
    try:
        return algorithm, form, dossiers.dossier(algorithm, request.user, form.cleaned_data["day"])
    except ValidationError as error:
        add_errors(form, ValidationError({"day": error.messages}))
        return algorithm, form, None


@login_required
def dossier(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is recorded about an algorithm, now or (`?day=`) as it stood at the end of a past day."""
    algorithm, form, document = _dossier(request, pk)
    return _page(
        request,
        "registry/dossier.html",
        section="algorithms",
        algorithm=algorithm,
        form=form,
        document=document,
    )


@login_required
@require_POST
def dossier_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm, form, document = _dossier(request, pk)
    if document is None or not reports.can_make_pdf():
        context = {"algorithm": algorithm, "form": form, "document": document}
        return _page(request, "registry/dossier.html", 409, section="algorithms", **context)
    day = form.cleaned_data["day"]
    parameters = {"algorithm": algorithm.pk, "about": str(algorithm), **({"day": day.isoformat()} if day else {})}
    asked = exporting.ask(
        dossiers.REPORT.name, "pdf", parameters, about=algorithm, organisation=algorithm.organisation, by=request.user
    )
    return redirect(asked)


@login_required
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """How an organisation deals with algorithms and how far they are, with what is below it."""
    organisation = visible_organisation(request, slug)
    document = organisation_report(organisation, request.user)
    return _page(
        request,
        "registry/organisation_report.html",
        section="organisations",
        organisation=organisation,
        document=document,
    )


@login_required
@require_POST
def report_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    if not reports.can_make_pdf():
        return redirect("organisation-report", slug)
    parameters = {"organisation": organisation.pk, "about": str(organisation)}
    asked = exporting.ask(
        ORGANISATION_REPORT.name, "pdf", parameters, about=organisation, organisation=organisation, by=request.user
    )
    return redirect(asked)
