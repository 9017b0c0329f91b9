"""Compliance browsed from any side: overviews by a dimension, the rows behind every number, and the matrix."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock
from governance.models import AuditFramework, Law, LifecyclePhase, Measure, Organisation, Requirement, Topic, User
from governance.tabs import ShownTab
from registry import browsing
from registry.browsing import KINDS, NONE, REQUIREMENTS, Dimension, Figure, Kind, Moment
from registry.browsing_filters import DAY, FILTERS, BrowsingFilter
from registry.models import Algorithm, MeasureStatus, RequirementAssessment
from registry.templatetags.registry import risk_group_name

PAGE_SIZE = 50
LISTS = {"requirements": "compliance-requirements", "measures": "compliance-measures"}
OVERVIEWS = {"requirements": "compliance-requirements-by", "measures": "compliance-measures-by"}
PLACES = ("page", "sort", "order", "show")
"""What says how a page is looked at, not which rows it is about."""


class DayForm(forms.Form):
    """A past day, in the address under `DAY`."""

    dag = forms.DateField(
        label=gettext_lazy("As it stood at the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d-%m-%Y"],
        error_messages={"invalid": gettext_lazy("Give the day as year-month-day, such as 2026-03-31.")},
    )

    def clean_dag(self) -> Any:
        day = self.cleaned_data["dag"]
        if day and day > clock.today():
            raise forms.ValidationError(_("This day lies ahead. Choose today or a day before it."))
        return day

    @classmethod
    def of(cls, request: HttpRequest) -> "tuple[DayForm, Moment]":
        """The form as it stands in the address, and the moment that it says: now where it says none."""
        form = cls(request.GET)
        return form, Moment.of(form.cleaned_data["dag"] if form.is_valid() else None)


def address(route: str, arguments: Iterable[Any], query: QueryDict, **changes: Any) -> str:
    """The page with what the rows are narrowed by in this address, changed; None takes a filter away."""
    kept = query.copy()
    for name in PLACES:
        kept.pop(name, None)
    for name, value in changes.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = str(value)
    for name in [name for name in kept if not any(kept.getlist(name))]:
        kept.pop(name)
    there = reverse(route, args=list(arguments))
    return f"{there}?{kept.urlencode()}" if kept else there


@dataclass(frozen=True)
class Cell:
    figure: Figure
    number: int
    base: int | None
    """Out of how many, where the number is a part of another."""
    url: str
    """The rows behind it; empty where there are none."""
    of: str
    """Of what it is the number, in words."""


@dataclass(frozen=True)
class Line:
    """A group of rows with its figures."""

    title: str
    url: str
    cells: list[Cell]


def cells_of(kind: Kind, counted: Mapping[str, int], query: QueryDict, of: str = "", **narrowing: Any) -> list[Cell]:
    """Each figure, linked to exactly the rows that it counts; `of` says in words of what they are."""
    whole = kind.figures[0].name
    cells = []
    for figure in kind.figures:
        number = counted.get(figure.name) or 0
        base = None if figure.name == whole else counted.get("claimed" if figure.name == "verified" else whole, 0)
        url = address(LISTS[kind.name], [], query, **{**narrowing, **figure.narrowing}) if number else ""
        cells.append(Cell(figure, number, base, url, of or _("Total")))
    return cells


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Where to begin: how all of it stands, and the sides from which to look."""
    day_form, moment = DayForm.of(request)
    query = _only_the_day(request)
    totals = []
    for kind in KINDS.values():
        rows = browsing.visible_to(kind.rows(moment), request.user)
        sides = [(side.label, address(OVERVIEWS[kind.name], [side.name], query)) for side in kind.dimensions]
        totals.append((kind, cells_of(kind, kind.total(rows, moment), query), sides))
    return render(
        request,
        "registry/compliance_home.html",
        page(request, "start", day_form, moment, totals=totals, audit_frameworks=AuditFramework.objects.all()),
    )


def _only_the_day(request: HttpRequest) -> QueryDict:
    query = QueryDict(mutable=True)
    if day := request.GET.get(DAY):
        query[DAY] = day
    return query


def page(request: HttpRequest, here: str, day_form: DayForm, moment: Moment, **context: Any) -> Mapping[str, Any]:
    """What every page of this part needs; `here` is the name of its tab."""
    return {
        "section": "compliance",
        "tabs": tabs_of(request, here),
        "day_form": day_form,
        "day": moment.day,
        "moment": moment,
        **context,
    }


def tabs_of(request: HttpRequest, here: str) -> list[ShownTab]:
    """The pages of this part; those about the same kind of rows keep what the rows are narrowed by."""
    day = _only_the_day(request)

    def tab(name: str, title: Any, route: str, *arguments: Any, query: QueryDict = day) -> ShownTab:
        return ShownTab(title, address(route, arguments, query), name == here, [])

    found = [tab("start", _("At a glance"), "compliance")]
    for kind in KINDS.values():
        is_here = here.partition(":")[0] == kind.name
        query = request.GET if is_here else day
        pages = [tab(kind.name, _("Every row"), LISTS[kind.name], query=query)]
        pages += [
            tab(f"{kind.name}:{side.name}", side.label, OVERVIEWS[kind.name], side.name, query=query)
            for side in kind.dimensions
        ]
        found.append(ShownTab(kind.label, pages[0].url, is_here, pages if is_here else []))
    matrix_query = request.GET if here == "matrix" else day
    found.append(tab("matrix", _("Topic × phase"), "compliance-matrix", query=matrix_query))
    found.append(tab("frameworks", _("Audit frameworks"), "compliance-audit-frameworks"))
    found.append(ShownTab(_("Reports"), reverse("exports"), False, []))
    return found


def filtered(request: HttpRequest, kind: Kind, moment: Moment, **given: Any) -> BrowsingFilter:
    """What the address narrows the rows of this kind by; `given` stands in for what it says."""
    query = request.GET.copy()
    for name, value in given.items():
        query[name] = str(value)
    return FILTERS[kind.name](query, request=request, moment=moment, given=given.keys())


# Overviews.


def requirements_by(request: HttpRequest, dimension: str) -> HttpResponse:
    return _overview(request, KINDS["requirements"], dimension)


def measures_by(request: HttpRequest, dimension: str) -> HttpResponse:
    return _overview(request, KINDS["measures"], dimension)


@login_required
def _overview(request: HttpRequest, kind: Kind, name: str) -> HttpResponse:
    """How the rows stand, by one dimension; every number leads to the rows that it counts."""
    dimension = kind.dimension(name)
    if dimension is None:
        raise Http404
    day_form, moment = DayForm.of(request)
    found = filtered(request, kind, moment)
    order = request.GET.get("order", "")
    if order.removeprefix("-") not in {figure.name for figure in kind.figures}:
        order = ""
    groups = _groups(kind, dimension, found, moment, order)
    shown = Paginator(groups, PAGE_SIZE).get_page(request.GET.get("page"))
    named = _names(dimension, [row[dimension.group] for row in shown])
    lines = []
    for row in shown:
        value, title, url = named[row[dimension.group]]
        lines.append(Line(title, url, cells_of(kind, row, request.GET, title, **{dimension.name: value})))
    return render(
        request,
        "registry/compliance_overview.html",
        page(
            request,
            f"{kind.name}:{dimension.name}",
            day_form,
            moment,
            kind=kind,
            dimension=dimension,
            filter=found,
            page=shown,
            lines=lines,
            total=cells_of(kind, kind.total(found.rows, moment), request.GET),
            columns=_columns(request, kind, order),
            is_sorted_by_name=not order,
            by_name=address(OVERVIEWS[kind.name], [dimension.name], request.GET),
            start_again=address(OVERVIEWS[kind.name], [dimension.name], _only_the_day(request)),
        ),
    )


def _groups(kind: Kind, dimension: Dimension, found: BrowsingFilter, moment: Moment, order: str) -> Any:
    """The groups of the rows with their figures, sorted; as a queryset where there may be many."""
    counted = kind.by(found.rows, moment, dimension.group)
    if dimension.name == "organisation":
        return _sorted(_rolled_up(counted, found), order)
    if dimension.spreads:
        chosen = found.form.cleaned_data.get(dimension.name) or [] if found.is_valid() else []
        keys = {None if one == NONE else one.pk for one in chosen}
        groups = counted.order_by(*dimension.order)
        return _sorted([row for row in groups if not keys or row[dimension.group] in keys], order)
    by_name = [F(name).asc(nulls_last=True) for name in dimension.order]
    if not order:
        return counted.order_by(*by_name)
    return counted.order_by(order, *by_name)


def _sorted(groups: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    if not order:
        return groups
    return sorted(groups, key=lambda row: row[order.removeprefix("-")], reverse=order.startswith("-"))


def _rolled_up(counted: Any, found: BrowsingFilter) -> list[dict[str, Any]]:
    """The organisations in the order of the tree, each with what is below it, as its link shows it."""
    group = "algorithm__organisation"
    alone = {row[group]: {name: number for name, number in row.items() if name != group} for row in counted.order_by()}
    organisations = Organisation.objects.visible_to(found.request.user).order_by("path")
    chosen = found.form.cleaned_data.get("organisation") or [] if found.is_valid() else []
    inside = [
        organisation
        for organisation in organisations
        if not chosen or any(organisation.path.startswith(above.path) for above in chosen)
    ]
    totals = browsing.within(alone, inside)
    return [{group: one.pk, **totals[one.pk]} for one in inside if one.pk in totals]


ITEMS: dict[str, type[Any]] = {
    "organisation": Organisation,
    "algorithm": Algorithm,
    "requirement": Requirement,
    "measure": Measure,
    "law": Law,
    "topic": Topic,
    "phase": LifecyclePhase,
    "assignee": User,
    "accountable": User,
}


def _names(dimension: Dimension, keys: list[Any]) -> dict[Any, tuple[Any, str, str]]:
    """key → its value in an address, its name, and its page; one query."""
    if dimension.name == "risk_group":
        return {key: (key, _risk_group(key), "") for key in keys}
    model = ITEMS[dimension.name]
    items = model._default_manager.all()
    if model in (Requirement, Measure):
        items = items.select_related("organisation")
    found = items.in_bulk([key for key in keys if key is not None])
    named: dict[Any, tuple[Any, str, str]] = {None: (NONE, _nothing(dimension.name), "")}
    for key, item in found.items():
        if model is User:
            named[key] = (item.pk, str(item), "")
        elif model is Algorithm:
            named[key] = (item.pk, item.name, item.get_absolute_url())
        elif model is LifecyclePhase:
            named[key] = (item.slug, _titled(item), item.get_absolute_url())
        else:
            named[key] = (item.slug, str(item), item.get_absolute_url())
    return named


def _risk_group(code: str) -> str:
    return risk_group_name({browsing.UNCLASSIFIED: None, browsing.NO_RISK_GROUP: ""}.get(code, code))


def _nothing(dimension: str) -> str:
    return {
        "topic": _("Without a topic"),
        "phase": _("Without a phase"),
        "law": _("Without a law"),
    }.get(dimension, _("Nobody"))


def _columns(request: HttpRequest, kind: Kind, order: str) -> list[tuple[Figure, str, str]]:
    """Each figure with the address that sorts by it, and how it is sorted now: ascending, descending or not."""
    columns = []
    for figure in kind.figures:
        query = request.GET.copy()
        query.pop("page", None)
        query["order"] = figure.name if order == f"-{figure.name}" else f"-{figure.name}"
        sorted_now = {figure.name: "ascending", f"-{figure.name}": "descending"}.get(order, "")
        columns.append((figure, f"?{query.urlencode()}", sorted_now))
    return columns


# The rows themselves.


@login_required
def requirements(request: HttpRequest) -> HttpResponse:
    return _rows(request, KINDS["requirements"], "registry/compliance_requirements.html")


@login_required
def measures(request: HttpRequest) -> HttpResponse:
    return _rows(request, KINDS["measures"], "registry/compliance_measures.html")


def _rows(request: HttpRequest, kind: Kind, template: str) -> HttpResponse:
    day_form, moment = DayForm.of(request)
    found = filtered(request, kind, moment)
    shown = page_of_rows(request, found, kind, moment)
    return render(
        request,
        template,
        page(
            request,
            kind.name,
            day_form,
            moment,
            filter=found,
            page=shown,
            only=[(record, _without(request, record)) for record in found.only()],
            start_again=address(LISTS[kind.name], [], _only_the_day(request)),
        ),
    )


def page_of_rows(request: HttpRequest, found: BrowsingFilter, kind: Kind, moment: Moment) -> Page[Any]:
    """A page of rows, each with the `work` on it and its `evidence_count`; as many queries however many rows."""
    rows = found.rows.select_related("algorithm__organisation", f"{kind.subject}__organisation")
    shown = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = list(shown)
    work = works(kind, [row.work_id for row in rows])
    counts = browsing.count_evidence(rows, kind.subject, moment)
    for row in rows:
        row.work = work.get(row.work_id)
        row.evidence_count = counts.get((row.algorithm_id, getattr(row, f"{kind.subject}_id")), 0)
        row.is_overdue = bool(row.due and row.due < moment.today and not (row.work and row.work.is_settled_work))
    shown.object_list = rows
    return shown


def works(kind: Kind, keys: Iterable[int | None]) -> dict[int, Any]:
    """The work of these keys, with its people, and whether nothing is left to do; one query."""
    is_requirement = kind is REQUIREMENTS
    model: Any = RequirementAssessment if is_requirement else MeasureStatus
    people = ["assignee", "by", *(["claimed_by", "verified_by"] if is_requirement else [])]
    found: dict[int, Any] = model.objects.select_related(*people).in_bulk([key for key in keys if key is not None])
    for row in found.values():
        row.is_settled_work = (
            row.status == model.Status.MET
            if is_requirement
            else row.progress == model.Progress.DONE or row.choice == model.Choice.NOT_APPLIED
        )
    return found


def _without(request: HttpRequest, record: Any) -> str:
    """This page, not kept to the one record any more."""
    name = "criterion" if record._meta.model_name == "auditcriterion" else str(record._meta.model_name)
    query = request.GET.copy()
    query.pop(name, None)
    query.pop("page", None)
    return f"?{query.urlencode()}"


# The matrix.


@login_required
def matrix(request: HttpRequest) -> HttpResponse:
    """Topics against phases: what applies, or a part of it, with the rows behind each cell."""
    kind = REQUIREMENTS
    day_form, moment = DayForm.of(request)
    found = filtered(request, kind, moment)
    figure = next((one for one in kind.figures if one.name == request.GET.get("show")), kind.figures[0])
    topics, phases = _chosen(found, "topic", Topic), _chosen(found, "phase", LifecyclePhase)
    by_topic, by_phase = "requirement__topics", "requirement__phases"
    counted = {(row[by_topic], row[by_phase]): row for row in kind.by(found.rows, moment, by_topic, by_phase)}
    of_topics = {row[by_topic]: row for row in kind.by(found.rows, moment, by_topic)}
    of_phases = {row[by_phase]: row for row in kind.by(found.rows, moment, by_phase)}
    whole = kind.total(found.rows, moment)

    def cell(figures: Mapping[str, int] | None, of: str, **narrowing: Any) -> Cell:
        return next(one for one in cells_of(kind, figures or {}, request.GET, of, **narrowing) if one.figure is figure)

    rows = []
    for pk, slug, title in topics:
        cells = [
            cell(counted.get((pk, phase)), f"{title}, {named}", topic=slug, phase=where)
            for phase, where, named in phases
        ]
        rows.append((title, cells, cell(of_topics.get(pk), title, topic=slug)))
    return render(
        request,
        "registry/compliance_matrix.html",
        page(
            request,
            "matrix",
            day_form,
            moment,
            filter=found,
            figure=figure,
            figures=[(one, _showing(request, one)) for one in kind.figures],
            phases=[title for _pk, _slug, title in phases],
            rows=rows,
            feet=[cell(of_phases.get(pk), title, phase=slug) for pk, slug, title in phases],
            whole=cell(whole, ""),
            is_empty=not whole["applies"],
            start_again=address("compliance-matrix", [], _only_the_day(request)),
        ),
    )


def _showing(request: HttpRequest, figure: Figure) -> str:
    query = request.GET.copy()
    query["show"] = figure.name
    return f"?{query.urlencode()}"


def _chosen(found: BrowsingFilter, name: str, model: type[Any]) -> list[tuple[Any, str, str]]:
    """(key, value in an address, name) of the topics or phases that the page is about: all, or those filtered on."""
    chosen = found.form.cleaned_data.get(name) or [] if found.is_valid() else []
    keys = {one if one == NONE else one.pk for one in chosen}
    items = model._default_manager.all()
    named = [(item.pk, item.slug, _titled(item)) for item in items if not keys or item.pk in keys]
    return named + ([(None, NONE, _nothing(name))] if not keys or NONE in keys else [])


def _titled(item: Any) -> str:
    return f"{item.number}. {item.title}" if isinstance(item, LifecyclePhase) else str(item)
