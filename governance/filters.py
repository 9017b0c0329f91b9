"""What lists of the catalogue can be narrowed by: the pages and the API take the same filters, under the same rules.

Several values of one filter widen it (or), several filters narrow each other (and), and no row comes twice. A value
that does not exist is an error of the form.
"""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from governance.models import (
    AuditCriterion,
    AuditFramework,
    Axis,
    AxisValue,
    Discipline,
    Law,
    LifecyclePhase,
    Measure,
    Requirement,
    Term,
    Tool,
    Topic,
)

AXIS_VALUES: dict[str, list[tuple[str, Any]]] = {
    Axis.APPLICATION_TYPE: [
        ("ai-systeem", _("AI system")),
        ("ai-systeem-voor-algemene-doeleinden", _("General-purpose AI system")),
        ("ai-model-voor-algemene-doeleinden", _("General-purpose AI model")),
    ],
    Axis.RISK_GROUP: [
        ("verboden-ai", _("Prohibited AI")),
        ("hoog-risico-ai-systeem", _("High risk")),
        ("geen-hoog-risico-ai-systeem", _("No high risk")),
        ("uitzondering-van-toepassing", _("An exception applies")),
        ("niet-van-toepassing", _("Not applicable")),
    ],
    Axis.ROLE: [
        ("aanbieder", _("Provider")),
        ("gebruiksverantwoordelijke", _("Deployer")),
        ("importeur", _("Importer")),
        ("distributeur", _("Distributor")),
    ],
    Axis.TRANSPARENCY: [
        ("transparantieverplichting", _("Transparency obligation")),
        ("geen-transparantieverplichting", _("No transparency obligation")),
        ("niet-van-toepassing", _("Not applicable")),
    ],
    Axis.SYSTEMIC_RISK: [
        ("systeemrisico", _("Systemic risk")),
        ("geen-systeemrisico", _("No systemic risk")),
        ("niet-van-toepassing", _("Not applicable")),
    ],
    Axis.OPEN_SOURCE: [
        ("open-source", _("Open source")),
        ("geen-open-source", _("No open source")),
        ("niet-van-toepassing", _("Not applicable")),
    ],
}
"""The values that the framework gives requirements on each axis, with their names."""


class QueryFilterSet(django_filters.FilterSet):
    """Filters by a query string. What is left empty, as a list without a choice sends it, does not filter."""

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        if data is not None:
            filled = QueryDict(mutable=True)
            for name, values in data.lists():
                if given := [value for value in values if value]:
                    filled.setlist(name, given)
            data = filled
        super().__init__(data, *args, **kwargs)

    @property
    def rows(self) -> QuerySet[Any]:
        """The rows that fit; none where a value does not exist."""
        return self.qs if self.is_valid() else self.queryset.none()

    @property
    def described(self) -> list[tuple[str, str]]:
        """What narrows the list, each with the names of what was chosen."""
        if not self.is_valid():
            return []
        told = []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if name == "sort" or value is None or value == "" or (isinstance(value, list) and not value):
                continue
            values = value if isinstance(value, list | QuerySet) else [value]
            names = {} if isinstance(field, ModelChoiceField) else dict(getattr(field, "choices", []))
            if text := ", ".join(str(names.get(one, one)) for one in values):
                told.append((str(field.label or name), text))
        return told

    @property
    def is_filtered(self) -> bool:
        """Whether something narrows the list; its order does not."""
        return not self.is_valid() or any(name in self.data for name in self.filters if name != "sort")


class LinkedFilter(django_filters.ModelMultipleChoiceFilter):
    """Keeps what is linked, over `field_name`, to at least one of the chosen rows (named by slug)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, to_field_name="slug", **kwargs)

    def filter(self, qs: QuerySet[Any], value: Iterable[models.Model]) -> QuerySet[Any]:
        chosen = [row.pk for row in value]
        if not chosen:
            return qs
        linked = qs.model._default_manager.filter(**{f"{self.field_name}__in": chosen})
        return qs.filter(pk__in=linked.order_by().values("pk"))


class AxisFilter(django_filters.MultipleChoiceFilter):
    """Keeps the requirements with at least one of the chosen values on an axis of the AI Act profile.

    Leaves measures and tools to `CatalogueFilter`, which looks at all axes together.
    """

    def __init__(self, axis: Axis) -> None:
        super().__init__(choices=AXIS_VALUES[axis], label=axis.label)
        self.axis = axis

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        if not value or qs.model is not Requirement:
            return qs
        return qs.filter(Exists(AxisValue.objects.filter(requirement=OuterRef("pk"), axis=self.axis, value__in=value)))


class YesNoFilter(django_filters.ChoiceFilter):
    """`true` keeps the rows for which `condition` holds, `false` the others."""

    def __init__(self, *, condition: Any, **kwargs: Any) -> None:
        super().__init__(choices=[("true", _("Yes")), ("false", _("No"))], **kwargs)
        self.condition = condition

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        condition = self.condition() if callable(self.condition) else self.condition
        return qs.filter(condition) if value == "true" else qs.exclude(condition)


class SearchFilter(django_filters.CharFilter):
    """Keeps the rows in which every word is found, each in one of the lookups."""

    def __init__(self, *lookups: str) -> None:
        super().__init__(label=_("Search"), max_length=200)
        self.lookups = lookups

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        for word in value.split():
            found = Q()
            for lookup in self.lookups:
                found |= Q(**{lookup: word})
            qs = qs.filter(found)
        return qs


class CatalogueFilter(QueryFilterSet):
    """The filters that requirements, measures and tools share.

    Of measures and tools the AI Act profile keeps what is linked to one requirement that has all of it.
    """

    OWN = [("framework", _("Of the national framework")), ("own", _("Of an organisation itself"))]

    q = SearchFilter(
        "urn__iendswith",
        "slug__icontains",
        "title_nl__icontains",
        "title_en__icontains",
        "summary_nl__icontains",
        "summary_en__icontains",
        "body_nl__icontains",
        "body_en__icontains",
    )
    topic = LinkedFilter(field_name="topics", queryset=Topic.objects.all(), label=_("Topic"))
    phase = LinkedFilter(field_name="phases", queryset=LifecyclePhase.objects.all(), label=_("Lifecycle phase"))
    discipline = LinkedFilter(field_name="disciplines", queryset=Discipline.objects.all(), label=_("Discipline"))
    law = LinkedFilter(field_name="requirements__law", queryset=Law.objects.all(), label=_("Law"))
    own = django_filters.ChoiceFilter(choices=OWN, method="whose", label=_("Origin"))
    application_type = AxisFilter(Axis.APPLICATION_TYPE)
    risk_group = AxisFilter(Axis.RISK_GROUP)
    role = AxisFilter(Axis.ROLE)
    transparency = AxisFilter(Axis.TRANSPARENCY)
    systemic_risk = AxisFilter(Axis.SYSTEMIC_RISK)
    open_source = AxisFilter(Axis.OPEN_SOURCE)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = super().filter_queryset(queryset)
        axes = {name: axis for name, axis in self.filters.items() if isinstance(axis, AxisFilter)}
        if found.model is Requirement or not any(self.form.cleaned_data[name] for name in axes):
            return found
        fitting: QuerySet[Any] = Requirement.objects.visible_to(self.request.user).in_force()
        for name, axis in axes.items():
            fitting = axis.filter(fitting, self.form.cleaned_data[name])
        linked = found.model._default_manager.filter(requirements__in=fitting.order_by().values("pk"))
        return found.filter(pk__in=linked.order_by().values("pk"))

    def whose(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(organisation__isnull=value == "framework")


class RequirementFilter(CatalogueFilter):
    law = LinkedFilter(field_name="law", queryset=Law.objects.all(), label=_("Law"))

    class Meta:
        model = Requirement
        fields: list[str] = []


class MeasureFilter(CatalogueFilter):
    class Meta:
        model = Measure
        fields: list[str] = []


class ToolFilter(CatalogueFilter):
    category = django_filters.MultipleChoiceFilter(choices=Tool.Category.choices, distinct=False, label=_("Category"))

    class Meta:
        model = Tool
        fields: list[str] = []


class AuditCriterionFilter(QueryFilterSet):
    framework = LinkedFilter(field_name="framework", queryset=AuditFramework.objects.all(), label=_("Audit framework"))

    class Meta:
        model = AuditCriterion
        fields: list[str] = []


class TermFilter(QueryFilterSet):
    q = SearchFilter("term_nl__icontains", "term_en__icontains", "definition_nl__icontains", "definition_en__icontains")

    class Meta:
        model = Term
        fields: list[str] = []
