"""Adding, changing and withdrawing an organisation's own requirements and measures."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance import own_items
from governance.conflict import Conflict
from governance.forms import OwnItemForm, OwnMeasureForm, OwnRequirementForm, add_errors
from governance.models import CatalogueItem, Measure, Requirement


@login_required
def requirement_add(request: HttpRequest) -> HttpResponse:
    return _add(request, OwnRequirementForm, own_items.add_requirement)


@login_required
def measure_add(request: HttpRequest) -> HttpResponse:
    return _add(request, OwnMeasureForm, own_items.add_measure)


@login_required
def requirement_edit(request: HttpRequest, slug: str) -> HttpResponse:
    return _edit(request, OwnRequirementForm, slug)


@login_required
def measure_edit(request: HttpRequest, slug: str) -> HttpResponse:
    return _edit(request, OwnMeasureForm, slug)


@login_required
def requirement_withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    return _withdraw(request, Requirement, slug)


@login_required
def measure_withdraw(request: HttpRequest, slug: str) -> HttpResponse:
    return _withdraw(request, Measure, slug)


def _add(request: HttpRequest, form_class: type[OwnItemForm], add: Callable[..., CatalogueItem]) -> HttpResponse:
    kind = form_class._meta.model
    if not request.user.has_perm(f"governance.add_{kind._meta.model_name}"):
        raise PermissionDenied
    user: Any = request.user
    form = form_class(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            item = add(form.cleaned_data["organisation"], form.values, by=user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is added.") % {"item": item.title})
            return redirect(item)
    return _form_page(request, form)


def _edit(request: HttpRequest, form_class: type[OwnItemForm], slug: str) -> HttpResponse:
    item = _changeable(request, form_class._meta.model, slug)
    user: Any = request.user
    form = form_class(request.POST or None, user=user, instance=item)
    meanwhile: list[tuple[Any, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            item = own_items.revise_item(item, form.values, by=user, seen=form.cleaned_data["seen"])
        except Conflict as changed:
            meanwhile = [(form[name].label, _as_it_stands(form[name])) for name in form.changed_data if name != "seen"]
            form.now_seen(changed.current.revision)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is saved.") % {"item": item.title})
            return redirect(item)
    return _form_page(request, form, item=item, meanwhile=meanwhile)


def _as_it_stands(field: BoundField) -> str:
    """In words, what the stored item has in this field."""
    value = field.field.prepare_value(field.initial)
    if not hasattr(field.field, "choices"):
        return str(value or "")
    chosen = {str(key) for key in (value if isinstance(value, list) else [value])}
    return ", ".join(str(label) for key, label in field.field.choices if str(key) in chosen)


def _withdraw(request: HttpRequest, kind: type[CatalogueItem], slug: str) -> HttpResponse:
    user: Any = request.user
    item = _changeable(request, kind, slug)
    if request.method == "POST":
        try:
            own_items.withdraw_item(item, by=user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(item)
        messages.success(request, _("%(item)s is withdrawn.") % {"item": item.title})
        return redirect(item)
    context = {"section": "framework", "item": item, "kind": item._meta.model_name}
    return render(request, "governance/own_item_withdraw.html", context)


def _changeable(request: HttpRequest, kind: type[CatalogueItem], slug: str) -> Any:
    """The item in force that this person may see (else 404) and change (else 403)."""
    items = kind.objects.visible_to(request.user).in_force().select_related("organisation")
    item = get_object_or_404(items, slug=slug)
    if not request.user.has_perm(f"governance.change_{kind._meta.model_name}", item):
        raise PermissionDenied
    return item


def _form_page(request: HttpRequest, form: OwnItemForm, **context: Any) -> HttpResponse:
    kind = form._meta.model._meta.model_name
    return render(
        request, "governance/own_item_form.html", {"section": "framework", "form": form, "kind": kind, **context}
    )
