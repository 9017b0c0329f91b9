"""Algorithms and all that is known and done about them. What the verbs of the pages write is here to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from governance.admin import ViewOnlyAdmin, VisibleFilter
from governance.admin.register_admin import VerbAdmin, refuse_once_when_changed
from registry.forms import DECIDED, DESCRIPTION, DescriptionForm, RegisterForm
from registry.models import (
    Algorithm,
    AlgorithmTheme,
    Applicability,
    Classification,
    ClassificationDraft,
    Complaint,
    Compliance,
    ImportedRow,
    Involvement,
    MeasureStatus,
    Proposal,
    RaciDefault,
    Recommendation,
    RequirementAssessment,
    Responsibility,
    TeamMember,
)
from registry.registering import register, revise


class AlgorithmForm(DescriptionForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        self.initial["themes"] = [row.theme for row in self.instance.themes.all()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        others = Algorithm.objects.filter(organisation=self.instance.organisation).exclude(pk=self.instance.pk)
        if cleaned.get("source_id") and others.filter(source_id=cleaned["source_id"]).exists():
            self.add_error("source_id", gettext("Another algorithm of this organisation has this source ID."))
        refuse_once_when_changed(self, "version")
        return cleaned


@admin.register(Algorithm)
class AlgorithmAdmin(VerbAdmin):
    form = AlgorithmForm
    counter = "version"

    list_display = ["name", "organisation", "department", "phase", "status", "publication_category", "created"]
    list_filter = [
        ("organisation", VisibleFilter),
        "phase",
        "status",
        "publication_category",
        "acquisition",
        "review_date",
        "created",
    ]
    list_select_related = ["organisation", "phase"]
    search_fields = ["name", "description_short", "department", "provider", "source_id"]
    date_hierarchy = "created"
    readonly_fields = ["organisation", "lang", "created", "created_by", "version"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        """The forms of the pages: the short one to register, the whole description to revise; none to look."""
        if obj is not None:
            form = self.form if self.has_change_permission(request, obj) else forms.ModelForm
            return super().get_form(request, obj, change, form=form, **kwargs)
        form = super().get_form(request, obj, change, form=RegisterForm, **kwargs)

        class FormOfUser(form):  # type: ignore[misc, valid-type]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, user=request.user, **kwargs)

        return FormOfUser

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": RegisterForm.Meta.fields})]
        may_change = self.has_change_permission(request, obj)
        shown = {} if may_change else {"themes": "theme_names"}
        groups = [(title, {"fields": [shown.get(name, name) for name in names]}) for title, names in DESCRIPTION]
        seen = ["seen"] if may_change else []
        return [*groups, (_("Administration"), {"fields": [*self.readonly_fields, *seen]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, *DECIDED, "theme_names"] if obj else []

    @admin.display(description=_("Themes"))
    def theme_names(self, algorithm: Algorithm) -> str:
        return ", ".join(str(theme) for theme in algorithm.themes.all())

    def add(self, request: HttpRequest, fields: dict[str, Any]) -> Algorithm:
        return register(fields.pop("organisation"), fields, by=request.user)  # type: ignore[arg-type]

    def revise(self, request: HttpRequest, record: models.Model, fields: dict[str, Any], seen: int) -> Algorithm:
        return revise(record, fields, seen=seen, by=request.user)  # type: ignore[arg-type]


class OfAlgorithmAdmin(ViewOnlyAdmin):
    """Rows about an algorithm: those of the algorithms that the reader may see."""

    search_fields = ["algorithm__name"]
    list_select_related = ["algorithm"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).filter(algorithm__in=Algorithm.objects.visible_to(request.user))


ORGANISATION = ("algorithm__organisation", VisibleFilter)
CURRENT = ("until", admin.EmptyFieldListFilter)


@admin.register(AlgorithmTheme)
class AlgorithmThemeAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "theme"]
    list_filter = ["theme", ORGANISATION]


@admin.register(ImportedRow)
class ImportedRowAdmin(OfAlgorithmAdmin):
    list_display = ["source", "row", "key", "algorithm", "imported"]
    list_filter = ["source", "imported", ORGANISATION]
    search_fields = ["key", "algorithm__name"]
    date_hierarchy = "imported"


@admin.register(Classification)
class ClassificationAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "risk_group", "ai_act_applies", "conclusion", "tree", "since", "until", "by"]
    list_filter = ["risk_group", "ai_act_applies", CURRENT, "since", ORGANISATION]
    list_select_related = ["algorithm", "tree", "by"]
    date_hierarchy = "since"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).defer("tree__content")


@admin.register(ClassificationDraft)
class ClassificationDraftAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "by", "started", "changed"]
    list_filter = ["started", "changed", ORGANISATION]
    list_select_related = ["algorithm", "by"]
    date_hierarchy = "changed"


class OfRequirementAdmin(OfAlgorithmAdmin):
    list_select_related = ["algorithm", "requirement", "by"]
    search_fields = ["algorithm__name", "requirement__urn", "requirement__title_nl"]
    date_hierarchy = "since"


class OfMeasureAdmin(OfAlgorithmAdmin):
    list_select_related = ["algorithm", "measure", "by"]
    search_fields = ["algorithm__name", "measure__urn", "measure__title_nl"]
    date_hierarchy = "since"


@admin.register(Applicability)
class ApplicabilityAdmin(OfRequirementAdmin):
    list_display = ["algorithm", "requirement", "outcome", "rule_outcome", "since", "until", "by"]
    list_filter = ["outcome", "rule_outcome", CURRENT, ("overruling", admin.EmptyFieldListFilter), ORGANISATION]


@admin.register(Recommendation)
class RecommendationAdmin(OfMeasureAdmin):
    list_display = ["algorithm", "measure", "since", "until"]
    list_filter = [CURRENT, "since", ORGANISATION]


@admin.register(RequirementAssessment)
class RequirementAssessmentAdmin(OfRequirementAdmin):
    list_display = [
        "algorithm",
        "requirement",
        "status",
        "assignee",
        "due",
        "claimed_by",
        "verified_by",
        "since",
        "until",
    ]
    list_filter = ["status", CURRENT, "due", ("verified_at", admin.EmptyFieldListFilter), ORGANISATION]
    list_select_related = ["algorithm", "requirement", "assignee", "claimed_by", "verified_by"]


@admin.register(MeasureStatus)
class MeasureStatusAdmin(OfMeasureAdmin):
    list_display = ["algorithm", "measure", "choice", "progress", "assignee", "due", "since", "until"]
    list_filter = ["choice", "progress", CURRENT, "due", ORGANISATION]
    list_select_related = ["algorithm", "measure", "assignee"]


@admin.register(Compliance)
class ComplianceAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "applies", "claimed", "verified", "undetermined", "unassigned", "next_due"]
    list_filter = ["next_due", ORGANISATION]


@admin.register(Responsibility)
class ResponsibilityAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "letter", "person", "phase", "requirement", "measure", "since", "until", "by"]
    list_filter = ["letter", CURRENT, "phase", ORGANISATION]
    list_select_related = ["algorithm", "person", "phase", "requirement", "measure", "by"]
    search_fields = ["algorithm__name", "person__name"]
    date_hierarchy = "since"


@admin.register(RaciDefault)
class RaciDefaultAdmin(ViewOnlyAdmin):
    list_display = ["organisation", "risk_group", "phase", "letter", "position"]
    list_filter = ["letter", "risk_group", ("organisation", VisibleFilter)]
    list_select_related = ["organisation", "phase", "position"]
    search_fields = ["organisation__name", "position__name"]


@admin.register(TeamMember)
class TeamMemberAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "person", "discipline", "task", "since", "until"]
    list_filter = ["discipline", CURRENT, ORGANISATION]
    list_select_related = ["algorithm", "person", "discipline"]
    search_fields = ["algorithm__name", "person__name", "task"]


@admin.register(Involvement)
class InvolvementAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "who", "kind", "how", "held_on", "withdrawn"]
    list_filter = ["kind", "held_on", ORGANISATION]
    search_fields = ["algorithm__name", "who", "outcome"]


@admin.register(Proposal)
class ProposalAdmin(ViewOnlyAdmin):
    list_display = ["name", "organisation", "origin", "status", "proposed", "proposed_by", "decided_by"]
    list_filter = ["status", "origin", "proposed", ("organisation", VisibleFilter)]
    list_select_related = ["organisation", "proposed_by", "decided_by"]
    search_fields = ["name", "purpose"]
    date_hierarchy = "proposed"


@admin.register(Complaint)
class ComplaintAdmin(OfAlgorithmAdmin):
    list_display = ["algorithm", "kind", "received_on", "handler", "due", "outcome", "closed_on"]
    list_filter = ["kind", "outcome", "received_on", ("closed_on", admin.EmptyFieldListFilter), ORGANISATION]
    list_select_related = ["algorithm", "handler"]
    search_fields = ["algorithm__name", "summary", "reference"]
    date_hierarchy = "received_on"
