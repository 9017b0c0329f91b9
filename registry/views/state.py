"""The state on a day of an algorithm and of an organisation, with the figures over time."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import state
from registry.figures import Month, over_time
from registry.models import Algorithm
from registry.templatetags.registry import risk_group_name
from registry.views.algorithm import tab, visible_algorithm
from registry.views.browsing import DayForm

PAGE_SIZE = 50


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    """The algorithm at the end of a day; before its registration the page says that it was not there."""
    algorithm = visible_algorithm(request, pk)
    day_form, moment = DayForm.of(request)
    was_there = algorithm.created <= moment.at
    return render(
        request,
        "registry/algorithm_state.html",
        tab(
            algorithm,
            "state",
            day_form=day_form,
            day=moment.day,
            shown_day=moment.today,
            registered=timezone.localdate(algorithm.created),
            state=state.of_algorithm(algorithm, moment) if was_there else None,
            months=over_time(algorithm=algorithm),
            there=reverse("algorithm-state", args=[pk]),
        ),
    )


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """The organisation and what is below it at the end of a day."""
    organisation = visible_organisation(request, slug)
    day_form, moment = DayForm.of(request)
    standing = state.of_organisation(organisation, moment)
    algorithms = state.algorithms_then(organisation, moment).order_by("name", "pk")
    page = Paginator(algorithms, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(page)
    state.count_rows(rows, moment)
    return render(
        request,
        "registry/organisation_state.html",
        organisation_tab(
            organisation,
            "state",
            day_form=day_form,
            day=moment.day,
            shown_day=moment.today,
            state=standing,
            with_names=request.user.has_perm("governance.view_organisation", standing.accountable),
            statuses=[(_status(code), pair) for code, pair in standing.by_status],
            risk_groups=[(risk_group_name(code), pair) for code, pair in standing.by_risk_group],
            page=page,
            rows=rows,
            months=_months(organisation),
            there=reverse("organisation-state", args=[slug]),
        ),
    )


def _months(organisation: Any) -> list[Month]:
    return over_time(algorithm__organisation__path__startswith=organisation.path)


def _status(code: str | None) -> str:
    return str(dict(Algorithm.Status.choices).get(code or "", _("Not recorded")))
