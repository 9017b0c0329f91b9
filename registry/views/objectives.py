"""What an organisation wants, and which policies and algorithms serve it."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from governance.models import Objective, Organisation, Policy, PolicyVersion
from governance.views.organisation import tab, visible_organisation
from registry.models import Algorithm

PAGE_SIZE = 50
SHOWN = 10

STANDING = [PolicyVersion.Status.DRAFT, PolicyVersion.Status.IN_REVIEW, PolicyVersion.Status.ADOPTED]


@login_required
def objectives(request: HttpRequest, slug: str) -> HttpResponse:
    """The values with how many policies and algorithms serve each, those nobody serves, and what serves none."""
    organisation = visible_organisation(request, slug)
    algorithms = Algorithm.objects.within(organisation)
    counted = with_counts(organisation)
    unserved = counted.filter(algorithm_count=0, policy_count=0)
    shown = unserved if request.GET.get("served") == "false" else counted
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    here = [*_only_here(request, organisation)]
    for objective in page:
        objective.algorithms_url = _algorithms(objective=objective.pk, organisation=here)
    serving_none = algorithms.serving_none().order_by("name", "pk")
    return render(
        request,
        "registry/objectives.html",
        tab(
            organisation,
            "objectives",
            page=page,
            total=counted.count(),
            unserved=unserved.count(),
            only_unserved=request.GET.get("served") == "false",
            algorithms=algorithms.count(),
            serving_none=serving_none[:SHOWN],
            serving_none_count=serving_none.count(),
            serving_none_url=_algorithms(serves_none="true", organisation=here),
            ended=Objective.objects.filter(organisation=organisation)
            .exclude(ended=None)
            .order_by("-ended")[:PAGE_SIZE],
        ),
    )


def with_counts(organisation: Organisation) -> QuerySet[Objective]:
    """The values that count in the organisation, each with `policy_count` and `algorithm_count` of there and below.

    A policy counts as long as a version of it is being written or is adopted, also one of an organisation above.
    """
    standing = Policy.objects.filter(
        Exists(PolicyVersion.objects.filter(policy=OuterRef("pk"), status__in=STANDING))
    ).filter(Q(organisation__path__startswith=organisation.path) | Q(organisation__in=organisation.above))
    theirs = Q(algorithms__organisation__path__startswith=organisation.path)
    counted = Objective.objects.in_force().for_organisation(organisation).select_related("organisation")
    return counted.annotate(
        algorithm_count=Count("algorithms", filter=theirs, distinct=True),
        policy_count=Count("policies", filter=Q(policies__in=standing), distinct=True),
    ).order_by("kind", "name", "pk")


def _only_here(request: HttpRequest, organisation: Organisation) -> list[str]:
    """What the list of algorithms is to be narrowed to: nothing, where this is all that the person sees."""
    visible = Organisation.objects.visible_to(request.user)
    here = set(visible.filter(path__startswith=organisation.path).values_list("slug", flat=True))
    return sorted(here) if visible.exclude(slug__in=here).exists() else []


def _algorithms(**query: object) -> str:
    return f"{reverse('algorithms')}?{urlencode(query, doseq=True)}"
