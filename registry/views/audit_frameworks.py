"""Audit frameworks as an auditor walks them: criterion → measures → what each algorithm does → claim and evidence."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from governance.models import (
    AuditCriterion,
    AuditFramework,
    Measure,
    OrganisationEvidence,
    OrganisationMeasureStatus,
)
from registry import browsing
from registry.browsing import MEASURES, Moment
from registry.models import AlgorithmEvidence
from registry.views.browsing import (
    Cell,
    DayForm,
    address,
    cells_of,
    filtered,
    page,
    page_of_rows,
    works,
)


@login_required
def frameworks(request: HttpRequest) -> HttpResponse:
    day_form, moment = DayForm.of(request)
    found = AuditFramework.objects.annotate(criterion_count=Count("criteria"))
    return render(
        request,
        "registry/compliance_frameworks.html",
        page(request, "frameworks", day_form, moment, frameworks=found),
    )


def _measures_of(request: HttpRequest, criteria: Any) -> Any:
    shown = Measure.objects.visible_to(request.user).in_force().select_related("organisation")
    return criteria.filter(withdrawn_in=None).prefetch_related(Prefetch("measures", shown))


@login_required
def framework(request: HttpRequest, slug: str) -> HttpResponse:
    """Each criterion with its measures, and how many algorithms do what about them."""
    group = get_object_or_404(AuditFramework, slug=slug)
    day_form, moment = DayForm.of(request)
    found = filtered(request, MEASURES, moment)
    criteria = list(_measures_of(request, group.criteria))
    counted = _by_measure(found.rows, criteria, moment)
    lines = []
    for criterion in criteria:
        items = []
        whole: dict[str, int] = {}
        for measure in criterion.measures.all():
            figures = counted.get(measure.pk, {})
            for name, number in figures.items():
                whole[name] = whole.get(name, 0) + number
            items.append((measure, _cells(request, figures, str(measure), measure=measure.slug)))
        cells = _cells(request, whole, str(criterion), criterion=criterion.pk)
        lines.append((criterion, address("compliance-criterion", [slug, criterion.number], request.GET), cells, items))
    return render(
        request,
        "registry/compliance_framework.html",
        page(
            request,
            "frameworks",
            day_form,
            moment,
            group=group,
            lines=lines,
            figures_of=MEASURES.figures,
            filter=found,
            start_again=reverse("compliance-audit-framework", args=[slug]),
        ),
    )


def _by_measure(rows: Any, criteria: Iterable[AuditCriterion], moment: Moment) -> dict[int, dict[str, int]]:
    measures = {measure.pk for criterion in criteria for measure in criterion.measures.all()}
    counted = MEASURES.by(rows.filter(measure__in=measures), moment, "measure")
    return {row.pop("measure"): row for row in counted}


def _cells(request: HttpRequest, figures: dict[str, int], of: str, **narrowing: Any) -> list[Cell]:
    return cells_of(MEASURES, figures, request.GET, of, **narrowing)


@login_required
def criterion(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """What each algorithm does about the measures of a criterion: the choice, the claims it serves, the evidence."""
    norm = get_object_or_404(
        _measures_of(request, AuditCriterion.objects.select_related("framework")), framework__slug=slug, number=number
    )
    day_form, moment = DayForm.of(request)
    found = filtered(request, MEASURES, moment, criterion=norm.pk)
    shown = page_of_rows(request, found, MEASURES, moment)
    _add_what_backs_it(list(shown), moment)
    total = MEASURES.total(found.rows, moment)
    organisations = {row.algorithm.organisation for row in shown}
    return render(
        request,
        "registry/compliance_criterion.html",
        page(
            request,
            "frameworks",
            day_form,
            moment,
            criterion=norm,
            filter=found,
            page=shown,
            audited={owner for owner in organisations if request.user.has_perm("registry.raise_finding", owner)},
            total=_cells(request, total, str(norm), criterion=norm.pk),
            arranged=_arranged_once(request, list(norm.measures.all()), moment),
            start_again=reverse("compliance-criterion", args=[slug, number]),
        ),
    )


def _arranged_once(request: HttpRequest, measures: list[Measure], moment: Moment) -> list[OrganisationMeasureStatus]:
    """What organisations did then about those of the measures that have phase 0, for all their algorithms at once.

    Each with the `evidence` that was used for it; two queries.
    """
    rows = list(
        moment.of_periods(OrganisationMeasureStatus.objects.visible_to(request.user))
        .filter(measure__in=measures)
        .select_related("organisation", "measure__organisation", "assignee", "by")
        .order_by("measure__urn", "organisation__name", "pk")
    )
    uses = moment.of_periods(OrganisationEvidence.objects.all()).filter(
        organisation__in={row.organisation_id for row in rows}, measure__in=measures
    )
    evidence: dict[tuple[int, int], list[Any]] = {}
    for use in uses.select_related("evidence__organisation", "evidence__added_by").order_by("since", "pk"):
        use.url = use.evidence.get_absolute_url()
        evidence.setdefault((use.organisation_id, use.measure_id), []).append(use)
    for row in rows:
        row.evidence = evidence.get((row.organisation_id, row.measure_id), [])
    return rows


def _add_what_backs_it(rows: list[Any], moment: Moment) -> None:
    """`evidence`: what was used for the measure then; `claims`: the requirements it serves, with the claim about each.

    Three queries, however many rows.
    """
    algorithms, measures = {row.algorithm_id for row in rows}, {row.measure_id for row in rows}
    uses = moment.of_periods(AlgorithmEvidence.objects.all()).filter(algorithm__in=algorithms, measure__in=measures)
    evidence: dict[tuple[int, int], list[Any]] = {}
    for use in uses.select_related("evidence__organisation", "evidence__added_by", "by").order_by("since", "pk"):
        use.url = use.evidence.get_absolute_url()
        evidence.setdefault((use.algorithm_id, use.measure_id), []).append(use)
    served = Measure.requirements.through.objects.filter(measure__in=measures).values_list("measure", "requirement")
    requirements: dict[int, list[int]] = {}
    for measure, requirement in served:
        requirements.setdefault(measure, []).append(requirement)
    asked = browsing.requirement_rows(moment).filter(
        algorithm__in=algorithms, requirement__in={pk for pks in requirements.values() for pk in pks}
    )
    claims = {(row.algorithm_id, row.requirement_id): row for row in asked.select_related("requirement__organisation")}
    work = works(browsing.REQUIREMENTS, [row.work_id for row in claims.values()])
    for claim in claims.values():
        claim.work = work.get(claim.work_id)
    for row in rows:
        row.evidence = evidence.get((row.algorithm_id, row.measure_id), [])
        found = [claims.get((row.algorithm_id, pk)) for pk in requirements.get(row.measure_id, [])]
        row.claims = sorted((claim for claim in found if claim), key=lambda claim: claim.requirement.urn)
