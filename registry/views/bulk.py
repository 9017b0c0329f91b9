"""Acting on the ticked rows of a list: work gets an assignee or due date, algorithms get somebody responsible."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.conflict import Conflict
from governance.forms import add_errors
from registry import working
from registry.models import Algorithm
from registry.responsibilities import assign_in_bulk
from registry.responsibility_forms import AssignManyForm, AssignWholeForm, colleagues

ASSIGN_WORK, ASSIGN = "registry.assign_work", "registry.assign_responsibility"


def assign_work(
    request: HttpRequest, algorithm: Algorithm, subjects: QuerySet[Any]
) -> tuple[AssignManyForm | None, bool]:
    """The form below a list of requirements or measures (None for who may not assign), and whether it is saved."""
    if not request.user.has_perm(ASSIGN_WORK, algorithm):
        if request.method == "POST":
            raise PermissionDenied
        return None, False
    form = AssignManyForm(request.POST or None, organisation=algorithm.organisation)
    if request.method != "POST":
        return form, False
    if not form.is_bound:
        form = AssignManyForm(request.POST, organisation=algorithm.organisation)
    if not form.is_valid():
        return form, False
    seen = form.seen()
    chosen = {subject: seen[subject.slug] for subject in subjects.filter(slug__in=seen)}
    if gone := sorted(seen.keys() - {subject.slug for subject in chosen}):
        form.add_error(None, _("No longer in this list: %(items)s. Nothing is saved.") % {"items": ", ".join(gone)})
        return form, False
    try:
        changed = working.assign_many(algorithm, chosen, form.values(), by=request.user)
    except ValidationError as error:
        add_errors(form, error)
        return form, False
    except Conflict as meanwhile:
        names = ", ".join(subject.code for subject in meanwhile.current)
        sentence = _("Somebody else changed these meanwhile: %(items)s. Nothing is saved. Look at them and save again.")
        form.add_error(None, sentence % {"items": names})
        return form, False
    messages.success(request, ngettext("%(n)d row is changed.", "%(n)d rows are changed.", changed) % {"n": changed})
    return form, True


def assign_whole(request: HttpRequest) -> tuple[AssignWholeForm | None, bool]:
    """The form below the list of algorithms (None for who may nowhere say who is responsible), and whether saved."""
    if not request.user.has_perm(ASSIGN):
        if request.method == "POST":
            raise PermissionDenied
        return None, False
    people = colleagues(request.user)
    if request.method != "POST":
        return AssignWholeForm(people=people), False
    form = AssignWholeForm(request.POST, people=people)
    if not form.is_valid():
        return form, False
    ticked = Algorithm.objects.visible_to(request.user).filter(pk__in=form.ticked).select_related("organisation")
    algorithms = list(ticked)
    if refused := [str(algorithm) for algorithm in algorithms if not request.user.has_perm(ASSIGN, algorithm)]:
        sentence = _("You cannot say who is responsible for: %(algorithms)s. Nothing is saved.")
        form.add_error(None, sentence % {"algorithms": ", ".join(refused)})
        return form, False
    try:
        assign_in_bulk(algorithms, form.cleaned_data["person"], form.cleaned_data["letter"], by=request.user)
    except ValidationError as error:
        add_errors(form, error)
        return form, False
    sentence = ngettext(
        "%(person)s is responsible for %(n)d algorithm.", "%(person)s is responsible for %(n)d algorithms.",
        len(algorithms),
    )  # fmt: skip
    messages.success(request, sentence % {"person": form.cleaned_data["person"], "n": len(algorithms)})
    return form, True
