"""Who is responsible for an algorithm: the matrix to read and to edit, letters for single items, what is proposed."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import LifecyclePhase, Measure, Requirement, User
from registry import raci_defaults
from registry import responsibilities as verbs
from registry.models import Algorithm, Letter, Responsibility
from registry.responsibility_forms import EndForm, ItemLetterForm, MatrixForm
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm

ASSIGN = "registry.assign_responsibility"


@dataclass
class ScopeRow:
    """A row of the matrix to read: the letters of each person, and what is missing."""

    scope: LifecyclePhase | None
    letters: list[str]
    missing: tuple[Letter, ...]
    follows: list[Letter]
    """What it has from the whole algorithm, because it has none of its own."""


def scope_rows(algorithm: Algorithm, matrix: verbs.Matrix) -> list[ScopeRow]:
    missing = dict(verbs.vacancies_of(algorithm))
    rows = []
    for scope in matrix.scopes:
        key = scope.pk if scope else None
        letters = [matrix.letters.get((key, person.pk), "") for person in matrix.people]
        own = "".join(letters)
        follows = [letter for letter in verbs.NEEDED if scope is not None and letter not in own]
        rows.append(ScopeRow(scope, letters, missing.get(scope, ()), follows))
    return rows


@login_required
def responsibilities(request: HttpRequest, pk: int) -> HttpResponse:
    """The matrix, the letters for single requirements and measures, and what begins or ends later."""
    algorithm = visible_algorithm(request, pk)
    matrix = verbs.matrix_of(algorithm)
    rows = Responsibility.objects.unended().filter(algorithm=algorithm)
    rows = rows.select_related("person", "phase", "requirement", "measure").order_by("since", "pk")
    items: dict[Requirement | Measure, list[Responsibility]] = {}
    ahead = []
    for row in rows:
        if row.holds_now and isinstance(row.scope, Requirement | Measure):
            items.setdefault(row.scope, []).append(row)
        if not row.holds_now or row.until:
            ahead.append(row)
    return render(
        request,
        "registry/algorithm_responsibilities.html",
        tab(
            algorithm,
            "responsibilities",
            matrix=matrix,
            rows=scope_rows(algorithm, matrix),
            items=sorted(items.items(), key=lambda pair: pair[0].urn),
            ahead=ahead,
            standing=[row for row in rows if row.holds_now],
            letters=Letter,
            proposed_responsibilities=raci_defaults.proposed_responsibilities(algorithm),
            may_assign=request.user.has_perm(ASSIGN, algorithm),
        ),
    )


@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The matrix to edit; a person is added as a column without losing what was typed."""
    algorithm = visible_algorithm(request, pk, ASSIGN)
    matrix = verbs.matrix_of(algorithm)
    candidates = algorithm.organisation.people()
    columns = _columns(matrix, candidates, request.POST.getlist("column") + request.POST.getlist("person"))
    differences: list[tuple[str, str, str]] | None = None
    form = MatrixForm(request.POST or None, matrix=matrix, people=columns)
    if "add" in request.POST:
        form.unchecked()
    elif request.method == "POST" and form.is_valid():
        try:
            changed = verbs.set_matrix(algorithm, form.letters(), seen=form.cleaned_data["seen"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            form, differences = _as_it_stands(form, meanwhile.current, columns)
        else:
            messages.success(request, _told(changed))
            return redirect("algorithm-responsibilities", pk)
    shown = {person.pk for person in form.people}
    return render(
        request,
        "registry/algorithm_responsibilities_edit.html",
        tab(
            algorithm,
            "responsibilities",
            form=form,
            differences=differences,
            letters=Letter,
            candidates=[person for person in candidates if person.pk not in shown],
        ),
    )


def _told(changed: int) -> str:
    if not changed:
        return _("Nothing was changed.")
    return ngettext(
        "The matrix is saved: %(n)d cell changed.", "The matrix is saved: %(n)d cells changed.", changed
    ) % {"n": changed}


def _columns(matrix: verbs.Matrix, candidates: Any, added: list[str]) -> list[User]:
    """The people of the matrix, and after them those who were added and can be."""
    numbers = {int(number) for number in added if number.isdecimal()} - {person.pk for person in matrix.people}
    return [*matrix.people, *(person for person in candidates if person.pk in numbers)]


def _as_it_stands(form: MatrixForm, now: verbs.Matrix, columns: list[User]) -> tuple[MatrixForm, Any]:
    """The form for the matrix as it now stands, with what was typed, and where the two differ."""
    known = {person.pk for person in columns}
    people = [*columns, *(person for person in now.people if person.pk not in known)]
    again = MatrixForm(form.data, matrix=now, people=people)
    return again.unchecked(), again.stand_for(now, form.letters())


@login_required
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives somebody a letter for one requirement or measure (`?onderdeel=` chooses it beforehand)."""
    algorithm = visible_algorithm(request, pk, ASSIGN)
    form = ItemLetterForm(request.POST or None, algorithm=algorithm, initial={"item": request.GET.get("onderdeel")})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            verbs.assign(
                algorithm, chosen["person"], chosen["letter"], chosen["item"], since=chosen["since"], by=request.user
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(
                request,
                _("%(person)s: %(letter)s for %(code)s.")
                % {
                    "person": chosen["person"],
                    "letter": Letter(chosen["letter"]).label,
                    "code": chosen["item"].code,
                },
            )
            return redirect("algorithm-responsibilities", pk)
    return render(request, "registry/algorithm_responsibility_give.html", tab(algorithm, "responsibilities", form=form))


@login_required
def end(request: HttpRequest, pk: int, responsibility: int) -> HttpResponse:
    """Ends one responsibility on a day, after asking."""
    algorithm = visible_algorithm(request, pk, ASSIGN)
    rows = Responsibility.objects.unended().filter(algorithm=algorithm)
    row = get_object_or_404(rows.select_related("person", "phase", "requirement", "measure"), pk=responsibility)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.end(row, form.cleaned_data["on"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("Somebody else changed this meanwhile. Here is how it stands now."))
            return redirect("algorithm-responsibilities", pk)
        else:
            messages.success(request, _("The responsibility of %(person)s is ended.") % {"person": row.person})
            return redirect("algorithm-responsibilities", pk)
    return render(
        request,
        "registry/algorithm_responsibility_end.html",
        tab(algorithm, "responsibilities", form=form, row=row, scope=verbs.name_of(row.scope)),
    )


@login_required
def proposed_responsibilities(request: HttpRequest, pk: int) -> HttpResponse:
    """What the defaults of the organisation propose, to accept all of or to choose from."""
    algorithm = visible_algorithm(request, pk, ASSIGN)
    proposed = raci_defaults.proposed_responsibilities(algorithm)
    chosen = [one.key for one in proposed if not one.is_one_of_several]
    error = ""
    if request.method == "POST":
        chosen = request.POST.getlist("proposal")
        try:
            given = raci_defaults.accept(algorithm, chosen, by=request.user)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            error = "" if chosen else _("Tick at least one proposal.")
            if not error:
                sentence = ngettext("%(n)d responsibility is given.", "%(n)d responsibilities are given.", given)
                messages.success(request, sentence % {"n": given})
                if given < len(set(chosen)):
                    messages.warning(request, _("The rest was no longer proposed: somebody gave it meanwhile."))
                return redirect("algorithm-responsibilities", pk)
    return render(
        request,
        "registry/algorithm_proposed_responsibilities.html",
        tab(algorithm, "responsibilities", proposed_responsibilities=proposed, chosen=chosen, error=error),
    )


@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Who was responsible for what, from when until when: the latest first."""
    algorithm = visible_algorithm(request, pk)
    rows = Responsibility.objects.filter(algorithm=algorithm).order_by("-since", "-pk")
    rows = rows.select_related("person", "phase", "requirement", "measure", "by")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request, "registry/algorithm_responsibilities_history.html", tab(algorithm, "responsibilities", page=page)
    )
