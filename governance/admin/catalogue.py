"""The catalogue: the framework's items to look at, an organisation's own to add and change."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import own_items
from governance.admin.register_admin import (
    VerbAdmin,
    ViewOnlyAdmin,
    VisibleFilter,
    refuse_once_when_changed,
    visible_rows,
)
from governance.models import (
    AuditCriterion,
    AuditFramework,
    AxisValue,
    CatalogueRevision,
    DecisionTree,
    Discipline,
    Fact,
    FrameworkRelease,
    Law,
    LifecyclePhase,
    Measure,
    Organisation,
    Requirement,
    Term,
    Tool,
    Topic,
)
from governance.permissions import REGISTRAR


@admin.register(Topic, Discipline, AuditFramework)
class GroupAdmin(ViewOnlyAdmin):
    list_display = ["slug", "title_nl", "title_en"]
    list_filter = [("title_en", admin.EmptyFieldListFilter), ("body_nl", admin.EmptyFieldListFilter)]
    search_fields = ["slug", "title_nl", "title_en"]


@admin.register(LifecyclePhase)
class PhaseAdmin(GroupAdmin):
    list_display = ["number", "slug", "title_nl", "title_en"]
    list_display_links = ["slug"]


@admin.register(Law)
class LawAdmin(GroupAdmin):
    list_display = ["slug", "short_nl", "title_nl", "title_en", "url"]


class OwnItemForm(forms.ModelForm):
    facts = forms.MultipleChoiceField(
        label=gettext_lazy("Hangs on"),
        choices=Fact.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Facts that must all hold."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.revision

    def clean_sources(self) -> list[dict[str, str]]:
        sources = self.cleaned_data["sources"] or []
        if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
            raise ValidationError(_('Write a list, such as [{"title_nl": "Verordening", "url": "https://…"}].'))
        for number, source in enumerate(sources, start=1):
            if not source.get("title_nl") or set(source) - {"title_nl", "title_en", "url"}:
                raise ValidationError(_("Source %d needs a title_nl, and may have a title_en and a url.") % number)
            if source.get("url"):
                URLValidator(["http", "https"], message=_("Source %d has no web address.") % number)(source["url"])
        return sources

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        organisation = cleaned.get("organisation") or self.instance.organisation
        if cleaned.get("requirements") and organisation:
            usable = Requirement.objects.for_organisation(organisation)
            for requirement in cleaned["requirements"].exclude(pk__in=usable.values("pk")):
                self.add_error("requirements", _("%s belongs to another organisation.") % requirement)
        refuse_once_when_changed(self, "revision")
        return self.cleaned_data or cleaned


class ItemAdmin(VerbAdmin):
    """Officers and managers add and change the items of their own organisation; the framework's stay as released."""

    form = OwnItemForm
    counter = "revision"
    add_item: ClassVar[Callable[..., Any]]
    own_fields: ClassVar[list[str]] = []

    list_display = ["urn", "title_nl", "organisation", "revision", "is_withdrawn"]
    list_filter = [
        "topics",
        "phases",
        "disciplines",
        ("organisation", VisibleFilter),
        ("withdrawn_in", admin.EmptyFieldListFilter),
        ("withdrawn_on", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["organisation"]
    search_fields = ["urn", "slug", "title_nl", "title_en", "summary_nl", "summary_en"]
    readonly_fields = ["urn", "slug", "revision", "release", "withdrawn_in", "withdrawn_on"]

    @admin.display(description=gettext_lazy("withdrawn"), boolean=True)
    def is_withdrawn(self, item: Any) -> bool:
        return item.is_withdrawn

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        texts = ["title_nl", "title_en", "summary_nl", "summary_en", "body_nl", "body_en", "sources"]
        links = ["topics", "phases", "disciplines", *self.own_fields]
        fieldsets = [(None, {"fields": ["organisation", *texts]}), (gettext_lazy("Belongs to"), {"fields": links})]
        if obj is None:
            return fieldsets
        seen = ["seen"] if self.has_change_permission(request, obj) else []
        return [*fieldsets, (gettext_lazy("Administration"), {"fields": [*self.readonly_fields, *seen]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, "organisation"] if obj else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not (obj and obj.is_withdrawn) and super().has_change_permission(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "organisation":
            kwargs["queryset"] = Organisation.objects.where_member_holds(request.user, REGISTRAR)  # type: ignore[arg-type]
            kwargs["required"] = True
            kwargs["help_text"] = _("The item holds for this organisation and those below it.")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def add(self, request: HttpRequest, fields: dict[str, Any]) -> models.Model:
        return type(self).add_item(fields.pop("organisation"), fields, by=request.user)

    def revise(self, request: HttpRequest, record: models.Model, fields: dict[str, Any], seen: int) -> models.Model:
        return own_items.revise_item(record, fields, by=request.user, seen=seen)  # type: ignore[arg-type]


@admin.register(Requirement)
class RequirementAdmin(ItemAdmin):
    add_item = own_items.add_requirement
    own_fields = ["law", "risk_nl", "risk_en", "facts", "effective_from", "effective_from_existing"]
    list_filter = ["law", *ItemAdmin.list_filter]
    list_display = ["urn", "title_nl", "law", "effective_from", "organisation", "revision", "is_withdrawn"]
    list_select_related = ["organisation", "law"]


@admin.register(Measure)
class MeasureAdmin(ItemAdmin):
    add_item = own_items.add_measure
    own_fields = ["risk_nl", "risk_en", "facts", "requirements"]
    autocomplete_fields = ["requirements"]


@admin.register(Tool)
class ToolAdmin(ViewOnlyAdmin):
    list_display = ["urn", "title_nl", "category", "publisher", "organisation"]
    list_filter = ["category", "topics", "phases", "disciplines", ("withdrawn_in", admin.EmptyFieldListFilter)]
    list_select_related = ["organisation"]
    search_fields = ["urn", "slug", "title_nl", "title_en", "summary_nl", "summary_en", "publisher"]


@admin.register(AxisValue)
class AxisValueAdmin(ViewOnlyAdmin):
    list_display = ["requirement", "axis", "value"]
    list_filter = ["axis", "value"]
    list_select_related = ["requirement"]
    search_fields = ["requirement__urn", "requirement__title_nl", "value"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[AxisValue]:
        return super().get_queryset(request).filter(requirement__in=visible_rows(Requirement, request.user))


@admin.register(AuditCriterion)
class AuditCriterionAdmin(ViewOnlyAdmin):
    list_display = ["framework", "number", "order", "withdrawn_in"]
    list_display_links = ["number"]
    list_filter = ["framework", ("withdrawn_in", admin.EmptyFieldListFilter)]
    list_select_related = ["framework", "withdrawn_in"]
    search_fields = ["number", "framework__slug", "measures__urn"]
    fields = ["framework", "number", "order", "withdrawn_in"]


@admin.register(Term)
class TermAdmin(ViewOnlyAdmin):
    list_display = ["term_nl", "term_en", "slug", "withdrawn_in"]
    list_filter = [("withdrawn_in", admin.EmptyFieldListFilter)]
    list_select_related = ["withdrawn_in"]
    search_fields = ["term_nl", "term_en", "definition_nl", "definition_en"]


@admin.register(FrameworkRelease)
class FrameworkReleaseAdmin(ViewOnlyAdmin):
    list_display = ["name", "source", "imported"]
    list_filter = ["source", "imported"]
    search_fields = ["name", "fingerprint"]
    date_hierarchy = "imported"


@admin.register(CatalogueRevision)
class CatalogueRevisionAdmin(ViewOnlyAdmin):
    """How items read before, except those of organisations that are hidden from the reader."""

    list_display = ["urn", "number", "release", "recorded"]
    list_filter = ["release", "recorded"]
    list_select_related = ["release"]
    search_fields = ["urn"]
    date_hierarchy = "recorded"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[CatalogueRevision]:
        rows = super().get_queryset(request)
        for model in (Requirement, Measure, Tool):
            visible = visible_rows(model, request.user).order_by().values("pk")
            rows = rows.exclude(urn__in=model.objects.exclude(pk__in=visible).values("urn"))
        return rows


@admin.register(DecisionTree)
class DecisionTreeAdmin(ViewOnlyAdmin):
    list_display = ["name", "version", "source", "imported", "is_current"]
    list_filter = ["source", "is_current"]
    search_fields = ["name", "version", "fingerprint"]
    date_hierarchy = "imported"
