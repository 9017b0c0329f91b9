"""Pages to add, change and end what an organisation arranges: its values, its functions, what people have to know."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import literacy, objectives, positions
from governance.arranging_forms import ArrangedForm, KnowledgeForm, ObjectiveForm, PositionForm, StartersForm
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import Knowledge, Objective, Organisation, Position
from governance.starter_texts import Starter
from governance.views.organisation import tab, visible_organisation


@dataclass(frozen=True)
class Arranged:
    """A kind of record that an organisation arranges: its verbs, and what its pages say."""

    model: type[Any]
    form: type[ArrangedForm]
    permission: str
    here: str
    """The name of the tab, which is the route to go back to as well."""
    route: str
    """The beginning of the names of its routes: `position` of `position-edit` and `position-end`."""
    name: str
    """The field of a starter text with its name."""
    add: Callable[..., Any]
    revise: Callable[..., Any]
    end: Callable[..., Any]
    starters: Callable[[Organisation], list[Starter]]
    take_over: Callable[..., Any]
    consequences: Callable[[Any], list[str]]
    """Sentences that say what ending a record means."""
    title_of_adding: Any
    title_of_changing: Any
    title_of_beginning: Any
    lead_of_beginning: Any


def _when_a_function_ends(position: Position) -> list[str]:
    said = [_("Nobody can be given this function any more. Who held it stays readable.")]
    people = [str(row.person) for row in positions.holding(position)]
    return [*said, _("Now it ends for: %(people)s.") % {"people": ", ".join(people)}] if people else said


KINDS = {
    "objective": Arranged(
        model=Objective,
        form=ObjectiveForm,
        permission="governance.arrange_objectives",
        here="objectives",
        route="objective",
        name="name",
        add=objectives.add_objective,
        revise=objectives.revise_objective,
        end=objectives.end_objective,
        starters=objectives.starters_for,
        take_over=objectives.take_over,
        consequences=lambda objective: [_("It is offered no more. What serves it now goes on saying so.")],
        title_of_adding=gettext_lazy("New public value or objective"),
        title_of_changing=gettext_lazy("Change a public value or objective"),
        title_of_beginning=gettext_lazy("Begin with public values"),
        lead_of_beginning=gettext_lazy(
            "Values that many public bodies name. Take over what fits; you can change every word afterwards."
        ),
    ),
    "position": Arranged(
        model=Position,
        form=PositionForm,
        permission="governance.arrange_positions",
        here="positions",
        route="position",
        name="name",
        add=positions.add_position,
        revise=positions.revise_position,
        end=positions.end_position,
        starters=positions.starters_for,
        take_over=positions.take_over,
        consequences=_when_a_function_ends,
        title_of_adding=gettext_lazy("New function"),
        title_of_changing=gettext_lazy("Change a function"),
        title_of_beginning=gettext_lazy("Begin with functions"),
        lead_of_beginning=gettext_lazy(
            "Functions that work with algorithms in many public bodies. Untick what your organisation does not have."
        ),
    ),
    "knowledge": Arranged(
        model=Knowledge,
        form=KnowledgeForm,
        permission="governance.arrange_knowledge",
        here="literacy",
        route="knowledge",
        name="title",
        add=literacy.add_knowledge,
        revise=literacy.revise_knowledge,
        end=literacy.end_knowledge,
        starters=literacy.starters_for,
        take_over=literacy.take_over,
        consequences=lambda knowledge: [_("Nobody needs it any more. What people followed stays readable.")],
        title_of_adding=gettext_lazy("New subject"),
        title_of_changing=gettext_lazy("Change a subject"),
        title_of_beginning=gettext_lazy("Begin with subjects"),
        lead_of_beginning=gettext_lazy(
            "What people who work with algorithms have to know. Functions with the name of a starter function are "
            "linked by themselves."
        ),
    ),
}
"""By the name that the URLconf gives each."""


def own_record(model: type[Any], organisation: Organisation, pk: int) -> Any:
    """The record in force of this very organisation, else 404."""
    return get_object_or_404(model._default_manager.in_force().filter(organisation=organisation), pk=pk)


def as_it_stands(field: BoundField) -> str:
    """In words, what the stored record has in this field."""
    value = field.field.prepare_value(field.initial)
    if isinstance(field.field, forms.BooleanField):
        return _("yes") if value else _("no")
    if not hasattr(field.field, "choices"):
        return str(value or "")
    chosen = {str(key) for key in (value if isinstance(value, list) else [value])}
    return ", ".join(str(label) for key, label in field.field.choices if str(key) in chosen)


@login_required
def add(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    arranged = KINDS[kind]
    organisation = visible_organisation(request, slug, arranged.permission)
    form = arranged.form(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        try:
            record = arranged.add(organisation, form.values, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is added.") % {"item": record})
            return redirect(arranged.here, organisation.slug)
    context = tab(organisation, arranged.here, form=form, title=arranged.title_of_adding)
    return render(request, "governance/arranged_form.html", context)


@login_required
def edit(request: HttpRequest, slug: str, pk: int, kind: str) -> HttpResponse:
    arranged = KINDS[kind]
    organisation = visible_organisation(request, slug, arranged.permission)
    record = own_record(arranged.model, organisation, pk)
    form = arranged.form(request.POST or None, organisation=organisation, instance=record)
    meanwhile: list[tuple[Any, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            record = arranged.revise(record, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except Conflict as changed:
            meanwhile = [(form[name].label, as_it_stands(form[name])) for name in form.changed_data if name != "seen"]
            form.now_seen(changed.current.version)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is saved.") % {"item": record})
            return redirect(arranged.here, organisation.slug)
    context = {"title": arranged.title_of_changing, "record": record, "end_route": f"{arranged.route}-end"}
    return render(
        request,
        "governance/arranged_form.html",
        tab(organisation, arranged.here, form=form, meanwhile=meanwhile, **context),
    )


@login_required
def end(request: HttpRequest, slug: str, pk: int, kind: str) -> HttpResponse:
    """Asks before it ends the record, and says what that means."""
    arranged = KINDS[kind]
    organisation = visible_organisation(request, slug, arranged.permission)
    record, edit_route = own_record(arranged.model, organisation, pk), f"{arranged.route}-edit"
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            arranged.end(record, seen=int(seen) if seen.isdecimal() else 0, by=request.user)
        except Conflict:
            messages.error(request, _("Somebody else changed this meanwhile. Look at it, and end it then."))
            return redirect(edit_route, organisation.slug, record.pk)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(arranged.here, organisation.slug)
        messages.success(request, _("%(item)s has ended.") % {"item": record})
        return redirect(arranged.here, organisation.slug)
    context = {"record": record, "edit_route": edit_route, "consequences": arranged.consequences(record)}
    return render(request, "governance/arranged_end.html", tab(organisation, arranged.here, **context))


@login_required
def start(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    arranged = KINDS[kind]
    organisation = visible_organisation(request, slug, arranged.permission)
    return start_page(
        request,
        organisation,
        arranged.starters(organisation),
        arranged.take_over,
        field=arranged.name,
        here=arranged.here,
        title=arranged.title_of_beginning,
        lead=arranged.lead_of_beginning,
    )


def start_page(
    request: HttpRequest,
    organisation: Organisation,
    starters: list[Starter],
    verb: Callable[..., Any],
    *,
    field: str,
    here: str,
    title: str,
    lead: str,
) -> HttpResponse:
    """Offers the starter texts that are not there yet; `field` is the one with their name."""
    form = StartersForm(request.POST or None, starters=starters, field=field)
    if request.method == "POST" and form.is_valid():
        try:
            taken = verb(organisation, form.cleaned_data["chosen"], by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            told = _("%(n)d taken over. Change them to what fits your organisation.")
            messages.success(request, told % {"n": len(taken)})
        return redirect(here, organisation.slug)
    context = tab(organisation, here, form=form, starters=starters, title=title, lead=lead)
    return render(request, "governance/arranged_start.html", context)
