"""What every administration page has in common: the rows and rights of the pages, and their audit trail."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from governance import audit_trail
from governance.conflict import Conflict
from governance.models import GroupRole, Invitation, Membership, Organisation

ARRANGED_BY_OPERATOR = (Organisation, Membership, Invitation, GroupRole)


def visible_rows(model: type[models.Model], user: Any) -> models.QuerySet[Any]:
    """The rows of `model` that this person may see: all of them where no organisation owns them.

    The administrator of the installation arranges organisations and memberships, and so sees them all.
    """
    rows = model._default_manager.all()
    if not hasattr(rows, "visible_to") or (model in ARRANGED_BY_OPERATOR and user.is_superuser):
        return rows
    return rows.visible_to(user)


class VisibleFilter(admin.RelatedFieldListFilter):
    """A filter on a linked row that offers only the rows this person may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(row.pk, str(row)) for row in visible_rows(field.remote_field.model, request.user)]


class RegisterAdmin(admin.ModelAdmin):
    """Shows the rows that `visible_to` gives, asks the permission table about the record itself, deletes nothing."""

    actions = None
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        ordering = self.get_ordering(request) or self.opts.ordering or ["pk"]
        return visible_rows(self.model, request.user).order_by(*ordering)

    def _may(self, request: HttpRequest, action: str, record: models.Model | None) -> bool:
        permission = f"{self.opts.app_label}.{get_permission_codename(action, self.opts)}"
        return request.user.has_perm(permission, record)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request, "view", obj) or self.has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add", None)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", visible_rows(db_field.remote_field.model, request.user))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", visible_rows(db_field.remote_field.model, request.user))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        """Saves, and writes what changed to the audit trail in the same transaction."""
        super().save_model(request, obj, form, change)
        verb = f"{self.opts.model_name}.{'changed' if change else 'added'}"
        audit_trail.record(verb, obj, changes_in(form, change=change))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Says above the page what a verb refused; nothing is saved then."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Conflict:
            refusal = _("Somebody else was just before you; nothing was saved.")
        except ValidationError as error:
            refusal = " ".join(error.messages)
        self.message_user(request, refusal, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class VerbAdmin(RegisterAdmin):
    """Saves through the verbs of the pages, which check, write and record: `add` and `revise`.

    The form has a hidden field `seen`, what stood in the record's field `counter` when it was opened. When somebody
    else has changed the record since, the form comes back once with what now stands beside what was typed.
    """

    counter: str

    def add(self, request: HttpRequest, fields: dict[str, Any]) -> models.Model:
        raise NotImplementedError

    def revise(self, request: HttpRequest, record: models.Model, fields: dict[str, Any], seen: Any) -> models.Model:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        fields = {name: form.cleaned_data[name] for name in form.cleaned_data if name != "seen"}
        if change:
            changed = {name: fields[name] for name in form.changed_data if name in fields}
            saved = self.revise(request, obj, changed, form.cleaned_data["seen"])
        else:
            saved = self.add(request, fields)
        obj.pk = saved.pk
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:
        """The verbs write the links too."""


def refuse_once_when_changed(form: forms.ModelForm, counter: str) -> None:
    """Adds an error to a form that was opened before the record last changed; saving again then goes through."""
    current = getattr(form.instance, counter)
    if form.instance._state.adding or form.cleaned_data.get("seen") == current:
        return
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data["seen"] = str(current)  # type: ignore[index]
    changes = {name: change for name, change in changes_in(form, change=True).items() if name != "seen"}
    form.add_error(None, ValidationError(_("Somebody else changed this since you opened it; nothing is saved yet.")))
    for name, (now, _typed) in changes.items():
        form.add_error(
            name, _("This now reads: %(text)s. Save again to put yours in its place.") % {"text": now or "—"}
        )


class ViewOnlyAdmin(RegisterAdmin):
    """What only verbs, imports and releases write: to look at."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


def changes_in(form: forms.ModelForm, *, change: bool) -> dict[str, list[Any]]:
    """The changed fields of a valid form as `{field: [old, new]}`, linked rows by name, passwords left out."""
    names = [name for name in form.changed_data if name in form.cleaned_data and "password" not in name]
    new = {name: _by_name(form.fields[name], form.cleaned_data[name]) for name in names}
    if not change:
        return audit_trail.changes_between({}, {name: value for name, value in new.items() if value not in ("", [])})
    old = {name: _by_name(form.fields[name], form.get_initial_for_field(form.fields[name], name)) for name in names}
    return audit_trail.changes_between(old, new)


def _by_name(field: forms.Field, value: Any) -> Any:
    if isinstance(field, forms.ModelMultipleChoiceField):
        return sorted(str(row) for row in value or [])
    if isinstance(field, forms.ModelChoiceField) and value and not isinstance(value, models.Model):
        return str(field.queryset.model._base_manager.get(pk=value))  # type: ignore[union-attr]
    return value
