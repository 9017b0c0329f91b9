"""Pages to add, change and end what an organisation arranges, each through the verb it is given."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance.arranging_forms import ArrangedForm, StartersForm
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import Organisation
from governance.starter_texts import Starter
from governance.views.organisation import tab


def own_record(records: Any, organisation: Organisation, pk: int) -> Any:
    """The record in force of this very organisation, else 404."""
    return get_object_or_404(records.in_force().filter(organisation=organisation), pk=pk)


def as_it_stands(field: BoundField) -> str:
    """In words, what the stored record has in this field."""
    value = field.field.prepare_value(field.initial)
    if isinstance(field.field, forms.BooleanField):
        return _("yes") if value else _("no")
    if not hasattr(field.field, "choices"):
        return str(value or "")
    chosen = {str(key) for key in (value if isinstance(value, list) else [value])}
    return ", ".join(str(label) for key, label in field.field.choices if str(key) in chosen)


def add_page(
    request: HttpRequest,
    organisation: Organisation,
    form_class: type[ArrangedForm],
    verb: Callable[..., Any],
    *,
    here: str,
    title: str,
) -> HttpResponse:
    """`here` is the name of the tab, which is the route to go back to as well."""
    form = form_class(request.POST or None, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        try:
            record = verb(organisation, form.values, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is added.") % {"item": record})
            return redirect(here, organisation.slug)
    return render(request, "governance/arranged_form.html", tab(organisation, here, form=form, title=title))


def edit_page(
    request: HttpRequest,
    organisation: Organisation,
    record: Any,
    form_class: type[ArrangedForm],
    verb: Callable[..., Any],
    *,
    here: str,
    title: str,
    end_route: str,
) -> HttpResponse:
    form = form_class(request.POST or None, organisation=organisation, instance=record)
    meanwhile: list[tuple[Any, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            record = verb(record, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except Conflict as changed:
            meanwhile = [(form[name].label, as_it_stands(form[name])) for name in form.changed_data if name != "seen"]
            form.now_seen(changed.current.version)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is saved.") % {"item": record})
            return redirect(here, organisation.slug)
    context = tab(organisation, here, form=form, title=title, record=record, meanwhile=meanwhile, end_route=end_route)
    return render(request, "governance/arranged_form.html", context)


def end_page(
    request: HttpRequest,
    organisation: Organisation,
    record: Any,
    verb: Callable[..., Any],
    *,
    here: str,
    edit_route: str,
    consequences: Sequence[str],
) -> HttpResponse:
    """Asks before it ends the record; `consequences` are sentences that say what that means."""
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            verb(record, seen=int(seen) if seen.isdecimal() else 0, by=request.user)
        except Conflict:
            messages.error(request, _("Somebody else changed this meanwhile. Look at it, and end it then."))
            return redirect(edit_route, organisation.slug, record.pk)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(here, organisation.slug)
        messages.success(request, _("%(item)s has ended.") % {"item": record})
        return redirect(here, organisation.slug)
    context = tab(organisation, here, record=record, edit_route=edit_route, consequences=consequences)
    return render(request, "governance/arranged_end.html", context)


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
