"""The pages of the catalogue: its home, what groups it, its lists, its items and its words. They need no account.

Every item that a page names comes from `shown`, so that an organisation's own items stay with that organisation.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language

from governance import rich_text
from governance.decision_tree import AXIS_OF_LABEL
from governance.filters import AXIS_VALUES, CatalogueFilter, MeasureFilter, RequirementFilter, TermFilter, ToolFilter
from governance.models import (
    AuditFramework,
    Axis,
    CatalogueItem,
    Discipline,
    Fact,
    FrameworkRelease,
    Law,
    LifecyclePhase,
    Measure,
    Policy,
    Requirement,
    Term,
    Tool,
    Topic,
)

PAGE_SIZE = 50
KINDS: tuple[type[CatalogueItem], ...] = (Requirement, Measure, Tool)


def shown(kind: type[Any], request: HttpRequest) -> models.QuerySet[Any]:
    """The items of this kind that are in force and that the visitor may see."""
    items = kind.objects.visible_to(request.user).in_force().select_related("organisation")
    return items.select_related("law") if kind is Requirement else items


# The home of the framework, and what groups its items.


def framework(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "governance/framework.html",
        {
            "section": "framework",
            "topics": _with_counts(Topic, "topics"),
            "phases": _with_counts(LifecyclePhase, "phases"),
            "disciplines": _with_counts(Discipline, "disciplines"),
            "laws": Law.objects.annotate(requirement_count=_count(Requirement, "law")),
            "audit_frameworks": AuditFramework.objects.annotate(criterion_count=Count("criteria")),
            "counts": {kind._meta.model_name: of_the_framework(kind).count() for kind in KINDS},
            "release": FrameworkRelease.objects.first(),
        },
    )


def of_the_framework(kind: type[Any]) -> models.QuerySet[Any]:
    return kind.objects.in_force().filter(organisation=None)


def _with_counts(group: type[models.Model], link: str) -> models.QuerySet[Any]:
    """The groups, each with `requirement_count`, `measure_count` and `tool_count` of the framework."""
    counts = {f"{kind._meta.model_name}_count": _count(kind, link) for kind in KINDS}
    return group._default_manager.annotate(**counts)


def _count(kind: type[CatalogueItem], link: str) -> Coalesce:
    linked = of_the_framework(kind).filter(**{link: OuterRef("pk")}).order_by().values(link)
    return Coalesce(Subquery(linked.annotate(total=Count("pk")).values("total")), 0)


def topic(request: HttpRequest, slug: str) -> HttpResponse:
    return _group(request, get_object_or_404(Topic, slug=slug), "topics", "topic")


def phase(request: HttpRequest, slug: str) -> HttpResponse:
    return _group(request, get_object_or_404(LifecyclePhase, slug=slug), "phases", "phase")


def discipline(request: HttpRequest, slug: str) -> HttpResponse:
    return _group(request, get_object_or_404(Discipline, slug=slug), "disciplines", "discipline")


def _group(request: HttpRequest, group: Any, link: str, filter_name: str) -> HttpResponse:
    return render(
        request,
        "governance/group.html",
        {
            "section": "framework",
            "group": group,
            "kind": group._meta.verbose_name,
            "filter_name": filter_name,
            "requirements": shown(Requirement, request).filter(**{link: group}),
            "measures": shown(Measure, request).filter(**{link: group}),
            "tools": shown(Tool, request).filter(**{link: group}),
            "policies": policies_about(request, topics=group) if link == "topics" else [],
        },
    )


def policies_about(request: HttpRequest, **link: Any) -> models.QuerySet[Policy]:
    """The policies in force in the reader's organisations that are linked to something."""
    return Policy.objects.visible_to(request.user).in_force().filter(**link).select_related("organisation")


def law(request: HttpRequest, slug: str) -> HttpResponse:
    """The law's requirements, and the measures and tools that help to meet them."""
    group = get_object_or_404(Law, slug=slug)
    requirements = shown(Requirement, request).filter(law=group)
    return render(
        request,
        "governance/group.html",
        {
            "section": "framework",
            "group": group,
            "kind": group._meta.verbose_name,
            "filter_name": "law",
            "requirements": requirements,
            "measures": _reaching(Measure, requirements, request),
            "tools": _reaching(Tool, requirements, request),
        },
    )


def _reaching(kind: type[Any], requirements: models.QuerySet[Any], request: HttpRequest) -> models.QuerySet[Any]:
    linked = kind.objects.filter(requirements__in=requirements.order_by().values("pk"))
    return shown(kind, request).filter(pk__in=linked.order_by().values("pk"))


def audit_framework(request: HttpRequest, slug: str) -> HttpResponse:
    group = get_object_or_404(AuditFramework, slug=slug)
    criteria = group.criteria.filter(withdrawn_in=None).prefetch_related(Prefetch("measures", shown(Measure, request)))
    context = {"section": "framework", "group": group, "criteria": criteria}
    return render(request, "governance/audit_framework.html", context)


# One list per kind.


def requirements(request: HttpRequest) -> HttpResponse:
    return _list(request, RequirementFilter, "requirement_list")


def measures(request: HttpRequest) -> HttpResponse:
    return _list(request, MeasureFilter, "measure_list")


def tools(request: HttpRequest) -> HttpResponse:
    return _list(request, ToolFilter, "tool_list")


def _list(request: HttpRequest, filterset_class: type[CatalogueFilter], template: str) -> HttpResponse:
    kind = filterset_class._meta.model
    found = filterset_class(request.GET, shown(kind, request), request=request)
    return render(
        request,
        f"governance/{template}.html",
        {
            "section": "framework",
            "filter": found,
            "page": Paginator(found.rows, PAGE_SIZE).get_page(request.GET.get("page")),
        },
    )


# Items.


def requirement(request: HttpRequest, slug: str) -> HttpResponse:
    item = _item(Requirement, request, slug)
    return _item_page(
        request,
        item,
        {
            "measures": shown(Measure, request).filter(requirements=item),
            "tools": shown(Tool, request).filter(requirements=item),
            "policies": policies_about(request, requirements=item),
            "profile": _restrictions(item),
            "facts": _names_of_facts(item),
        },
    )


def measure(request: HttpRequest, slug: str) -> HttpResponse:
    item = _item(Measure, request, slug)
    return _item_page(
        request,
        item,
        {
            "requirements": shown(Requirement, request).filter(measures=item),
            "tools": shown(Tool, request).filter(measures=item),
            "policies": policies_about(request, measures=item),
            "criteria": item.criteria.filter(withdrawn_in=None).select_related("framework"),
            "facts": _names_of_facts(item),
        },
    )


def tool(request: HttpRequest, slug: str) -> HttpResponse:
    item = _item(Tool, request, slug)
    return _item_page(
        request,
        item,
        {
            "requirements": shown(Requirement, request).filter(tools=item),
            "measures": shown(Measure, request).filter(tools=item),
        },
    )


def _item(kind: type[Any], request: HttpRequest, slug: str) -> Any:
    """The item, withdrawn or not, if the visitor may see it."""
    items = kind.objects.visible_to(request.user).select_related("organisation", "release", "withdrawn_in")
    if kind is Requirement:
        items = items.select_related("law").prefetch_related("axis_values")
    return get_object_or_404(items.prefetch_related("topics", "phases", "disciplines"), slug=slug)


def _item_page(request: HttpRequest, item: Any, related: Mapping[str, Any]) -> HttpResponse:
    kind = item._meta.model_name
    terms = {term.term: term.definition for term in Term.objects.in_force()}
    context = {
        "section": "framework",
        "item": item,
        "kind": kind,
        "body": rich_text.render(item.body.removeprefix(item.summary), terms=terms),
        "body_language": "en" if _reads_english() and item.body_en else "nl",
        "summary": rich_text.render(item.summary, terms=terms),
        "sources": _sources(item),
    }
    return render(request, f"governance/{kind}.html", context | dict(related))


def _reads_english() -> bool:
    return (get_language() or "").startswith("en")


def _sources(item: CatalogueItem) -> list[dict[str, str]]:
    return [
        {
            "title": (_reads_english() and source.get("title_en")) or source.get("title_nl", ""),
            "url": source.get("url") or "",
        }
        for source in item.sources
    ]


def _restrictions(requirement: Requirement) -> list[tuple[Any, list[Any]]]:
    """Each axis on which the requirement does not hold for all, with the names of the values it does hold for.

    Left out is an axis that does not play a part (its only value is "not applicable"): the kind of application says so.
    """
    given: dict[str, set[str]] = {}
    for row in requirement.axis_values.all():
        given.setdefault(row.axis, set()).add(row.value)
    possible: dict[str, set[str]] = {}
    for axis, value in AXIS_OF_LABEL.values():
        possible.setdefault(axis, set()).add(value)
    return [
        (axis.label, [name for value, name in AXIS_VALUES[axis] if value in given[axis]])
        for axis in Axis
        if axis in given and given[axis] & possible[axis] and not possible[axis] <= given[axis]
    ]


def _names_of_facts(item: Requirement | Measure) -> list[Any]:
    return [label for fact, label in Fact.choices if fact in item.facts]


# Words.


def glossary(request: HttpRequest) -> HttpResponse:
    found = TermFilter(request.GET, Term.objects.in_force(), request=request)
    terms = sorted(found.rows, key=lambda term: term.term.casefold())
    letters = groupby(terms, key=lambda term: term.term[:1].upper())
    return render(
        request,
        "governance/glossary.html",
        {
            "section": "glossary",
            "filter": found,
            "letters": [(letter, list(words)) for letter, words in letters],
            "count": len(terms),
        },
    )
