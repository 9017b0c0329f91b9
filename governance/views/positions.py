"""The functions of an organisation: which there are, who holds them, since when and until when."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance import clock
from governance import positions as verbs
from governance.arranging_forms import AssignForm, EndAssignmentForm
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import Organisation, Position, RoleAssignment
from governance.models.periods import start_of
from governance.positions import responsible
from governance.views.arranging import own_record
from governance.views.organisation import tab, visible_organisation

ARRANGE = "governance.arrange_positions"
PAGE_SIZE = 50


@login_required
def positions(request: HttpRequest, slug: str) -> HttpResponse:
    """The functions with who holds them, and what is vacant or changes soon."""
    organisation = visible_organisation(request, slug)
    own = Position.objects.filter(organisation=organisation)
    query = {name: value for name in ("line", "vacant") if (value := request.GET.get(name))}
    found = own.vacant() if query.get("vacant") == "true" else own.in_force()
    if query.get("line") in Position.Line.values:
        found = found.filter(line=query["line"])
    page = Paginator(found.select_related("discipline"), PAGE_SIZE).get_page(request.GET.get("page"))
    with_holders([*page])
    ended = list(own.exclude(ended=None).order_by("-ended", "pk")[:PAGE_SIZE])
    with_holders(ended)
    coming = RoleAssignment.objects.filter(position__in=own.in_force(), since__gt=clock.now())
    return render(
        request,
        "governance/positions.html",
        tab(
            organisation,
            "positions",
            page=page,
            query=query,
            lines=Position.Line.choices,
            ended=ended,
            total=own.in_force().count(),
            vacant=own.vacant().count(),
            coming=coming.unended().count(),
            governing=responsible(organisation).holders,
        ),
    )


def with_holders(found: list[Position]) -> None:
    """Gives each function its `holders`, `deputies`, what is `upcoming`, its `history`, and whether it `is_filled`.

    Each row says whether its person `has_left`. Two queries.
    """
    for position in found:
        position.holders, position.deputies, position.upcoming, position.history = [], [], [], []
        position.is_filled = False
    by_key = {position.pk: position for position in found}
    now = clock.now()
    filling = set(RoleAssignment.objects.filling().filter(position__in=by_key).values_list("pk", flat=True))
    rows = RoleAssignment.objects.filter(position__in=by_key).select_related("person").order_by("-since", "pk")
    for row in rows:
        position = row.position = by_key[row.position_id]
        if row.until is not None and row.until <= max(now, row.since):
            position.history.append(row)
        elif row.since > now:
            position.upcoming.insert(0, row)
        else:
            row.has_left = row.pk not in filling
            (position.deputies if row.is_deputy else position.holders).append(row)
            position.is_filled |= not (row.is_deputy or row.has_left)


@login_required
def position(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One function: what it does and has to know, who holds it, what is said about it, and its history."""
    organisation = visible_organisation(request, slug)
    found = get_object_or_404(Position.objects.select_related("discipline"), organisation=organisation, pk=pk)
    with_holders([found])
    return render(
        request,
        "governance/position.html",
        tab(
            organisation,
            "positions",
            position=found,
            subjects=found.knowledge.in_force(),
        ),
    )


@login_required
def assign(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = visible_organisation(request, slug, ARRANGE)
    position = own_record(Position, organisation, pk)
    form = AssignForm(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        person = form.cleaned_data["person"]
        try:
            verbs.assign(person, position, **form.values, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            stands_in = _("%(person)s stands in as deputy for the function %(function)s.")
            holds = _("%(person)s has the function %(function)s.")
            told = stands_in if form.values["deputy"] else holds
            messages.success(request, told % {"person": person, "function": position})
            return redirect("positions", organisation.slug)
    with_holders([position])
    return render(
        request, "governance/position_assign.html", tab(organisation, "positions", form=form, position=position)
    )


@login_required
def end_assignment(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The last day of somebody in a function; what has not begun can be called off."""
    organisation = visible_organisation(request, slug, ARRANGE)
    assignment = _unended(organisation, pk)
    begins_later = assignment.since > clock.now()
    form = EndAssignmentForm(request.POST or None, assignment=assignment)
    meanwhile = None
    if request.method == "POST" and form.is_valid():
        calls_off = begins_later and "call_off" in request.POST
        until = assignment.since if calls_off else start_of(form.cleaned_data["until"] + timedelta(days=1))
        try:
            verbs.end_assignment(assignment, until, seen=form.cleaned_data["seen"], by=request.user)
        except Conflict as changed:
            meanwhile = changed.current
            form.now_seen(meanwhile.until.isoformat() if meanwhile.until else "")
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is saved.") % {"item": assignment})
            return redirect("positions", organisation.slug)
    context: dict[str, Any] = {"form": form, "assignment": assignment, "meanwhile": meanwhile}
    return render(
        request, "governance/assignment_end.html", tab(organisation, "positions", begins_later=begins_later, **context)
    )


def _unended(organisation: Organisation, pk: int) -> RoleAssignment:
    held = RoleAssignment.objects.unended().filter(position__organisation=organisation, position__ended=None)
    return get_object_or_404(held.select_related("person", "position__organisation"), pk=pk)
