"""Taking tables and reports along: what there is, what was asked for and how far it is, and the files."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from governance import exporting
from governance.export_forms import TakeForm
from governance.models import Export
from governance.table_files import WRITERS, TooManyRows
from governance.tables import TABLES, Selection

PAGE_SIZE = 50
REFRESH = 3
"""Seconds after which the page of what is being made is shown anew."""


def _own(request: HttpRequest) -> Any:
    """What this person asked for; each with its title."""
    return Export.objects.visible_to(request.user).select_related("organisation")


def _titled(rows: Any) -> Any:
    for row in rows:
        row.title = exporting.title_of(row)
    return rows


@login_required
def exports(request: HttpRequest) -> HttpResponse:
    """What can be taken along, and what this person asked for before."""
    form = TakeForm(request.GET if "table" in request.GET else None, user=request.user)
    if form.is_valid():
        return redirect(form.address)
    offered = [table for table in TABLES.values() if table.is_for(request.user)]
    page = Paginator(_own(request), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "governance/exports.html",
        {
            "section": "compliance",
            "form": form,
            "tables": offered,
            "page": _titled(page),
        },
    )


def _selection(request: HttpRequest, table: str, extension: str, query: QueryDict) -> Selection:
    if table not in TABLES or extension not in WRITERS or not TABLES[table].is_for(request.user):
        raise Http404
    try:
        return TABLES[table].select(request.user, query)
    except ValidationError as error:
        raise BadRequest(" ".join(error.messages)) from error


@login_required
def table(request: HttpRequest, table: str, extension: str) -> HttpResponseBase:
    """The table as a file: at once, or for a long one after a button that lets it be made aside."""
    selection = _selection(request, table, extension, request.GET)
    total = selection.count()
    if not exporting.is_long(total):
        try:
            return exporting.at_once(selection, extension, by=request.user)
        except TooManyRows as error:
            messages.error(request, str(error))
            return redirect("exports")
    if request.method == "POST":
        parameters = {"query": request.GET.urlencode()}
        return redirect(exporting.ask(table, extension, parameters, total=total, by=request.user))
    return render(
        request,
        "governance/export_ask.html",
        {"section": "compliance", "selection": selection, "total": total, "format": Export.Format(extension).label},
    )


@login_required
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is; shows itself anew until it is done, unless the reader asked for rest (`?rust=1`)."""
    asked = get_object_or_404(_own(request), pk=pk)
    asked.title = exporting.title_of(asked)
    waiting = asked.finished is None
    if waiting and Export.objects.to_make().filter(pk=pk).exists():
        exporting.start()
    response = render(
        request,
        "governance/export.html",
        {"section": "compliance", "export": asked, "waiting": waiting, "at_rest": "rust" in request.GET},
    )
    if waiting and "rust" not in request.GET:
        response["Refresh"] = f"{REFRESH}; url={reverse('export', args=[pk])}"
    return response


@login_required
@require_GET
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    asked = get_object_or_404(_own(request), pk=pk)
    if not asked.is_ready:
        raise Http404
    try:
        return exporting.download(asked, by=request.user)
    except FileNotFoundError:
        messages.error(request, _("The file is gone from the storage. Ask for it again, and tell the administrator."))
        return redirect(asked)
