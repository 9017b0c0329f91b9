"""When somebody leaves: everything they hold in an organisation on one screen, and handing it over."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance import clock
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.leaving import Holding, holdings
from governance.models import Membership, Organisation
from governance.permissions import Role, holds
from governance.views.organisation import tab, visible_organisation
from registry.handover import hand_over, people_of, reach, successors
from registry.responsibilities import beginning_of
from registry.responsibility_forms import HandoverForm
from registry.views.algorithm import PAGE_SIZE

PERMISSION = "governance.hand_over"
SUMMARY = "handover"
"""Under this name the session keeps what was just done, to be shown once."""


def _people(request: HttpRequest, organisation: Organisation) -> Any:
    """Managers choose among everybody with a role here, above or below; administrators among their own people."""
    manages = holds(request.user, frozenset({Role.MANAGER}), organisation)
    return people_of(organisation, with_above=manages)


@login_required
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Chooses whose work is handed over."""
    organisation = visible_organisation(request, slug, PERMISSION)
    roles = Membership.objects.current().filter(user=OuterRef("pk"))
    people = _people(request, organisation).annotate(has_role=Exists(roles))
    query = request.GET.get("q", "").replace("\x00", "").strip()
    if query:
        people = people.filter(Q(name__icontains=query) | Q(email__icontains=query))
    page = Paginator(people.order_by("name", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "registry/handover_start.html", tab(organisation, "handover", page=page, query=query))


@login_required
def person(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What the person holds, to hand over: first the choice, then a page that asks whether it is right."""
    organisation = visible_organisation(request, slug, PERMISSION)
    somebody = get_object_or_404(_people(request, organisation), pk=pk)
    held = holdings(somebody, reach(organisation))
    data = request.POST if request.method == "POST" and "change" not in request.POST else None
    initial = {}
    if "change" in request.POST:
        initial = {
            "holding": request.POST.getlist("holding"),
            "successor": request.POST.get("successor"),
            "day": request.POST.get("day"),
        }
    form = HandoverForm(data, holdings=held, successors=successors(organisation, somebody), initial=initial)
    if data is not None and form.is_valid():
        if "confirm" not in data:
            return _ask(request, organisation, somebody, form, form.chosen(held))
        try:
            summary = hand_over(
                somebody,
                organisation,
                form.cleaned_data["holding"],
                form.cleaned_data["successor"],
                beginning_of(form.cleaned_data["day"]),
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("Somebody else changed what this person holds. Here is how it stands now."))
            return redirect("handover-person", slug, pk)
        else:
            successor = form.cleaned_data["successor"]
            request.session[SUMMARY] = {
                "person": pk,
                "successor": str(successor) if successor else "",
                "day": form.cleaned_data["day"].isoformat(),
                "done": [f"{one.what} ({one.where})" for one in summary.holdings],
                "vacant": summary.vacant,
            }
            messages.success(request, _("The handover is done."))
            return redirect("handover-person", slug, pk)
    summary = request.session.get(SUMMARY)
    if summary and summary["person"] == pk:
        del request.session[SUMMARY]
    else:
        summary = None
    return render(
        request,
        "registry/handover_person.html",
        tab(
            organisation,
            "handover",
            person=somebody,
            form=form,
            kinds=by_kind(held),
            held=held,
            ticked=_ticked(form, held),
            summary=summary,
        ),
    )


def _ticked(form: HandoverForm, held: list[Holding]) -> list[str]:
    value = form["holding"].value()
    return [one.key for one in held] if value is None else list(value)


def by_kind(held: list[Holding]) -> list[tuple[str, list[Holding]]]:
    order = list(dict.fromkeys(one.kind for one in held))
    rows = sorted(held, key=lambda one: order.index(one.kind))
    return [(kind, list(group)) for kind, group in groupby(rows, key=lambda one: one.kind)]


def _ask(
    request: HttpRequest, organisation: Organisation, somebody: Any, form: HandoverForm, chosen: list[Holding]
) -> HttpResponse:
    day = form.cleaned_data["day"]
    return render(
        request,
        "registry/handover_confirm.html",
        tab(
            organisation,
            "handover",
            person=somebody,
            form=form,
            successor=form.cleaned_data["successor"],
            day=day,
            is_ahead=day > clock.today(),
            kinds=by_kind(chosen),
            n=len(chosen),
            at_once=[one for one in chosen if one.at_once],
            keys=[one.key for one in chosen],
        ),
    )
