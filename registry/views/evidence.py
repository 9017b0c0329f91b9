"""All evidence of one algorithm, with where it is used."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from governance.evidence_places import place_of
from registry.models import AlgorithmEvidence
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    uses = AlgorithmEvidence.objects.current().filter(algorithm=algorithm).with_places()
    uses = uses.select_related("evidence__organisation", "evidence__stored_file", "by")
    page = Paginator(uses, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(place_of(use), use) for use in page]
    return render(request, "registry/algorithm_evidence.html", tab(algorithm, "evidence", page=page, rows=rows))
