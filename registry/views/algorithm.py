from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent
from registry import compliance
from registry.classifying import draft_walk
from registry.filters import AlgorithmFilter
from registry.forms import DESCRIPTION, DescriptionForm, RegisterForm, registrable
from registry.lifecycle_line import line_of
from registry.models import Algorithm, Classification, ClassificationDraft, Proposal
from registry.raci_defaults import proposed_responsibilities
from registry.registering import register, revise
from registry.responsibilities import vacancies_of
from registry.views import bulk

PAGE_SIZE = 50


def visible_algorithm(request: HttpRequest, pk: int, permission: str = "registry.view_algorithm") -> Algorithm:
    """The algorithm, which this person may see (else 404) and has the permission on (else 403)."""
    algorithm = get_object_or_404(Algorithm.objects.visible_to(request.user).for_list(), pk=pk)
    if not request.user.has_perm(permission, algorithm):
        raise PermissionDenied
    return algorithm


@login_required
def algorithms(request: HttpRequest) -> HttpResponse:
    """The list, and giving somebody a letter for those that are ticked in it."""
    bulk_form, saved = bulk.assign_whole(request)
    if saved:
        return redirect(request.get_full_path())
    found = AlgorithmFilter(request.GET, queryset=Algorithm.objects.visible_to(request.user), request=request)
    page = Paginator(found.rows.for_list(), PAGE_SIZE).get_page(request.GET.get("page"))
    current = Classification.objects.current().filter(algorithm__in=[row.pk for row in page])
    groups = dict(current.values_list("algorithm", "risk_group"))
    for row in page:
        row.risk_group = groups.get(row.pk)
    compliance.count_overdue(row.compliance for row in page if hasattr(row, "compliance"))
    return render(
        request,
        "registry/algorithms.html",
        {
            "section": "algorithms",
            "filter": found,
            "page": page,
            "may_register": registrable(request.user).exists(),
            "bulk_form": bulk_form,
        },
    )


@login_required
def add(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("registry.add_algorithm"):
        raise PermissionDenied
    form = RegisterForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        try:
            algorithm = register(fields.pop("organisation"), fields, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(
                request, _("%(name)s is registered. Now find out what applies to it.") % {"name": algorithm}
            )
            return redirect(algorithm)
    return render(request, "registry/algorithm_add.html", {"section": "algorithms", "form": form})


def tab(algorithm: Algorithm, here: str, **context: Any) -> Mapping[str, Any]:
    """What every page about one algorithm needs."""
    return {"section": "algorithms", "algorithm": algorithm, "tab": here, **context}


@login_required
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    classification = Classification.objects.current().with_tree().filter(algorithm=algorithm).first()
    draft = ClassificationDraft.objects.with_tree().filter(algorithm=algorithm).first()
    events = AuditEvent.objects.about(algorithm)[:8]
    compliance.count_overdue([algorithm.compliance] if hasattr(algorithm, "compliance") else [])
    return render(
        request,
        "registry/algorithm.html",
        tab(
            algorithm,
            "overview",
            classification=classification,
            draft=draft,
            next_question=draft_walk(draft).question if draft else None,
            events=events,
            line=line_of(algorithm),
            description=description_of(algorithm),
            imported=algorithm.imported_rows.all(),
            proposed_responsibilities=proposed_responsibilities(algorithm),
            vacancies=vacancies_of(algorithm),
            proposals=Proposal.objects.visible_to(request.user)
            .filter(algorithm=algorithm)
            .select_related("proposed_by"),
        ),
    )


def description_of(algorithm: Algorithm) -> list[tuple[Any, list[tuple[str, Any]]]]:
    """The filled-in fields of the description, in the groups of the publication standard."""
    values: dict[str, Any] = {
        "themes": ", ".join(str(theme) for theme in algorithm.themes.all()),
        "objectives": ", ".join(str(objective) for objective in algorithm.objectives.all()),
    }
    groups = []
    for title, names in DESCRIPTION:
        rows = []
        for name in names:
            if name in ("name", "description_short"):
                continue
            display = getattr(algorithm, f"get_{name}_display", None)
            value = values[name] if name in values else display() if display else getattr(algorithm, name, "")
            label = _("Themes") if name == "themes" else str(Algorithm._meta.get_field(name).verbose_name)
            if value:
                rows.append((label[:1].upper() + label[1:], value))
        if rows:
            groups.append((title, rows))
    return groups


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.change_algorithm")
    form = DescriptionForm(request.POST or None, instance=algorithm)
    conflict = None
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen"}
        try:
            revise(algorithm, fields, seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            form.now_seen(conflict.version)
        else:
            messages.success(request, _("The description is saved."))
            return redirect("algorithm", pk)
    return render(
        request,
        "registry/algorithm_edit.html",
        tab(algorithm, "overview", form=form, conflict=conflict, changes=_differences(form, conflict)),
    )


def _differences(form: DescriptionForm, conflict: Algorithm | None) -> list[tuple[str, Any, Any]]:
    """Label, what stands now and what was typed, for the fields in which they differ."""
    if conflict is None:
        return []
    rows = []
    for name, field in form.fields.items():
        typed = form.cleaned_data.get(name)
        if name == "objectives":
            now, typed = _named(conflict.objectives.all()), _named(typed or [])
        elif name == "themes":
            now = [row.theme for row in conflict.themes.all()]
        else:
            now = getattr(conflict, name, None)
        if name != "seen" and now != typed:
            prepare = str if name == "objectives" else field.prepare_value
            rows.append((str(field.label), prepare(now), prepare(typed)))
    return rows


def _named(rows: Iterable[Any]) -> str:
    return ", ".join(sorted(str(row) for row in rows))


@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    events = AuditEvent.objects.about(algorithm)
    page = Paginator(events, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "registry/algorithm_history.html", tab(algorithm, "history", page=page))
