"""Organisations, people and who has which role where: arranged by the administrator of the installation."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import audit_trail, membership, organisations
from governance.admin.register_admin import (
    RegisterAdmin,
    VerbAdmin,
    ViewOnlyAdmin,
    VisibleFilter,
    refuse_once_when_changed,
)
from governance.models import AuditChain, AuditEvent, AuditSeal, GroupRole, Invitation, Membership, Organisation, User

admin.site.unregister(Group)

Role = Membership.Role


class OrganisationForm(forms.ModelForm):
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.seen = self.initial["seen"] = organisations.fingerprint(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        refuse_once_when_changed(self, "seen")
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.errors:
            try:
                organisations.check(self.instance)
            except ValidationError as error:
                self._update_errors(error)


@admin.register(Organisation)
class OrganisationAdmin(VerbAdmin):
    """Added and changed by the verbs of the pages, which also move it with all that is below it.

    An organisation gets its slug from its first name and keeps it: addresses and the codes of its own items carry it.
    """

    form = OrganisationForm
    counter = "seen"

    list_display = ["name", "kind", "identifier", "parent"]
    list_filter = ["kind"]
    list_select_related = ["parent"]
    search_fields = ["name", "slug", "identifier"]
    autocomplete_fields = ["parent"]
    readonly_fields = ["slug"]

    def get_form(
        self, request: HttpRequest, obj: Organisation | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = self.form if obj is None or self.has_change_permission(request, obj) else forms.ModelForm
        return super().get_form(request, obj, change, form=form, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Organisation | None = None) -> list[str]:
        if obj is None:
            return ["name", "kind", "identifier", "parent"]
        seen = ["seen"] if self.has_change_permission(request, obj) else []
        return ["name", "slug", "kind", "identifier", "parent", *seen]

    def add(self, request: HttpRequest, fields: dict[str, Any]) -> models.Model:
        return organisations.add_organisation(fields, by=request.user)

    def revise(self, request: HttpRequest, record: models.Model, fields: dict[str, Any], seen: Any) -> models.Model:
        return organisations.revise_organisation(record, fields, seen=seen, by=request.user)


class OneAddressInAnyCase(forms.ModelForm):
    """Two accounts cannot differ in capitals alone: people log in with either."""

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if User.objects.exclude(pk=self.instance.pk).filter(email__iexact=email).exists():
            raise ValidationError(_("There is an account with this e-mail address already."))
        return email


class PersonForm(OneAddressInAnyCase, UserChangeForm):
    class Meta:
        model = User
        fields = ["email", "name", "language", "is_active", "is_staff", "is_superuser"]


class NewPersonForm(OneAddressInAnyCase, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name", "language", "is_staff", "is_superuser"]


@admin.register(User)
class PersonAdmin(RegisterAdmin, UserAdmin):
    """Accounts are added, changed and made inactive, which ends every role; what a person did keeps their name."""

    form = PersonForm
    add_form = NewPersonForm
    list_display = ["name", "email", "is_active", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "language"]
    search_fields = ["name", "email"]
    date_hierarchy = "joined"
    ordering = ["name", "pk"]
    filter_horizontal = []
    readonly_fields = ["last_login", "joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "language", "password"]}),
        (gettext_lazy("Access"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (gettext_lazy("Dates"), {"fields": ["last_login", "joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "language", "is_staff", "is_superuser"]}),
        (gettext_lazy("Password"), {"fields": ["usable_password", "password1", "password2"]}),
    ]

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        by: Any = request.user
        if change and "is_active" in form.changed_data and not obj.is_active:
            membership.close_account(User.objects.get(pk=obj.pk), by=by)
            form.changed_data.remove("is_active")
            if not form.changed_data:
                return
        super().save_model(request, obj, form, change)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Writes that the password changed, and never which it was."""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if request.method == "POST" and response.status_code == 302:
                audit_trail.record("user.password_changed", User.objects.get(pk=id))
        return response


class MembershipForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since", self.instance.since), cleaned.get("until")
        if since and until and until <= since:
            self.add_error("until", _("The membership must end after it starts."))
        return cleaned


@admin.register(Membership)
class MembershipAdmin(RegisterAdmin):
    """A role begins and ends, by the verbs of the pages; to change one, end it and add another."""

    form = MembershipForm
    list_display = ["user", "role", "organisation", "since", "until", "source"]
    list_filter = ["role", ("organisation", VisibleFilter), "since", "until", "source"]
    list_select_related = ["user", "organisation"]
    search_fields = ["user__name", "user__email", "organisation__name"]
    autocomplete_fields = ["user", "organisation"]
    date_hierarchy = "since"

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        return ["user", "organisation", "role", "since", *(["until", "source"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        return ["user", "organisation", "role", "since", "source"] if obj else []

    def save_model(self, request: HttpRequest, obj: Membership, form: forms.ModelForm, change: bool) -> None:
        by: Any = request.user
        if not change:
            saved = membership.give_role(obj.user, obj.organisation, obj.role, by=by, since=obj.since)
            obj.pk = saved.pk
        elif "until" in form.changed_data and obj.until:
            membership.end_role(obj, by=by, until=obj.until)
        obj.refresh_from_db()


@admin.register(Invitation)
class InvitationAdmin(ViewOnlyAdmin):
    list_display = ["email", "name", "organisation", "sent", "expires", "accepted", "withdrawn"]
    list_filter = [("organisation", VisibleFilter), "sent", "expires"]
    list_select_related = ["organisation"]
    search_fields = ["email", "name", "organisation__name"]
    date_hierarchy = "sent"


@admin.register(GroupRole)
class GroupRoleAdmin(ViewOnlyAdmin):
    list_display = ["group", "role", "organisation"]
    list_filter = ["role", ("organisation", VisibleFilter)]
    list_select_related = ["organisation"]
    search_fields = ["group", "organisation__name"]


@admin.register(AuditEvent)
class AuditEventAdmin(ViewOnlyAdmin):
    """The trail of the organisations in which this person may read it; for the operator also what belongs to none."""

    list_display = ["moment", "verb", "label", "subject_type", "actor", "channel", "organisation"]
    list_filter = ["moment", "channel", ("organisation", VisibleFilter)]
    list_select_related = ["actor", "organisation"]
    search_fields = ["label", "verb", "subject_type", "actor__name", "actor__email", "request_id"]
    date_hierarchy = "moment"


@admin.register(AuditChain)
class AuditChainAdmin(ViewOnlyAdmin):
    list_display = ["key", "organisation", "length", "head"]
    list_filter = [("organisation", VisibleFilter)]
    list_select_related = ["organisation"]
    search_fields = ["organisation__name", "head"]


@admin.register(AuditSeal)
class AuditSealAdmin(ViewOnlyAdmin):
    list_display = ["number", "chain", "event", "hash"]
    list_filter = [("chain__organisation", VisibleFilter)]
    list_select_related = ["chain__organisation", "event"]
    search_fields = ["hash", "event__label"]
