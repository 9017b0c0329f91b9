"""How the catalogue and the organisations look in the API.

Field names are camelCase, texts are `{"nl": …, "en": …}` with null for what is not written, and other items are links:
their slug (or id) and address. The querysets of `views` prefetch what is linked, limited to what the reader may see.
"""

from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from governance.api.names import camel_case
from governance.models import (
    AuditCriterion,
    AuditFramework,
    Axis,
    Discipline,
    Law,
    LifecyclePhase,
    Measure,
    Organisation,
    Requirement,
    Term,
    Tool,
    Topic,
)

NAME_OF_AXIS = {
    Axis.APPLICATION_TYPE: "applicationType",
    Axis.RISK_GROUP: "riskGroup",
    Axis.ROLE: "role",
    Axis.TRANSPARENCY: "transparency",
    Axis.SYSTEMIC_RISK: "systemicRisk",
    Axis.OPEN_SOURCE: "openSource",
}
"""The axes under the names of their query parameters."""


def bilingual(dutch: str, english: str) -> dict[str, str | None]:
    return {"nl": dutch or None, "en": english or None}


def address(row: models.Model, request: Request) -> str:
    """The full address of a row in the API."""
    key = getattr(row, "slug", row.pk)
    return reverse(f"api:{row._meta.model_name}-detail", args=[key], request=request)


def link(row: models.Model, request: Request) -> dict[str, Any]:
    name = "slug" if hasattr(row, "slug") else "id"
    return {name: getattr(row, name), "href": address(row, request)}


class ApiSerializer(serializers.ModelSerializer[Any]):
    """Serialises its own fields under camelCase names; what a field contains stays as it is."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {camel_case(name): value for name, value in super().to_representation(instance).items()}


class Address(serializers.Field):
    """The address of the row itself."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: models.Model) -> str:
        return address(value, self.context["request"])


class Bilingual(serializers.Field):
    """The field's name with `_nl` and `_en` behind it, together."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: models.Model) -> dict[str, str | None]:
        name = self.field_name
        return bilingual(getattr(value, f"{name}_nl"), getattr(value, f"{name}_en", ""))


class Link(serializers.Field):
    def to_representation(self, value: models.Model) -> dict[str, Any]:
        return link(value, self.context["request"])


class Links(serializers.Field):
    def to_representation(self, value: "models.Manager[Any]") -> list[dict[str, Any]]:
        return [link(row, self.context["request"]) for row in value.all()]


class GroupSerializer(ApiSerializer):
    href = Address()
    title = Bilingual()
    summary = Bilingual()
    body = Bilingual()

    FIELDS = ["slug", "href", "title", "summary", "body"]


class TopicSerializer(GroupSerializer):
    class Meta:
        model = Topic
        fields = GroupSerializer.FIELDS


class PhaseSerializer(GroupSerializer):
    class Meta:
        model = LifecyclePhase
        fields = ["number", *GroupSerializer.FIELDS]


class DisciplineSerializer(GroupSerializer):
    class Meta:
        model = Discipline
        fields = GroupSerializer.FIELDS


class LawSerializer(GroupSerializer):
    short = Bilingual()

    class Meta:
        model = Law
        fields = [*GroupSerializer.FIELDS, "short", "url"]


class AuditFrameworkSerializer(GroupSerializer):
    class Meta:
        model = AuditFramework
        fields = [*GroupSerializer.FIELDS, "url"]


class ItemSerializer(ApiSerializer):
    href = Address()
    title = Bilingual()
    summary = Bilingual()
    topics = Links()
    phases = Links()
    disciplines = Links()
    organisation = Link()

    FIELDS = [
        "slug", "href", "urn", "code", "title", "summary", "topics", "phases", "disciplines", "organisation",
        "revision", "is_withdrawn",
    ]  # fmt: skip


class ItemDetailSerializer(ItemSerializer):
    body = Bilingual()
    sources = serializers.SerializerMethodField()

    FIELDS = [*ItemSerializer.FIELDS, "body", "sources"]

    def get_sources(self, item: Any) -> list[dict[str, Any]]:
        return [
            {
                "title": bilingual(source.get("title_nl", ""), source.get("title_en", "")),
                "url": source.get("url") or None,
            }
            for source in item.sources
        ]


class RequirementSerializer(ItemSerializer):
    law = Link()

    FIELDS = ["law", "effective_from", "effective_from_existing"]

    class Meta:
        model = Requirement
        fields = [*ItemSerializer.FIELDS, "law", "effective_from", "effective_from_existing"]


class RequirementDetailSerializer(ItemDetailSerializer, RequirementSerializer):
    risk = Bilingual()
    axes = serializers.SerializerMethodField()
    measures = Links()
    tools = Links()

    class Meta:
        model = Requirement
        fields = [
            *ItemDetailSerializer.FIELDS,
            *RequirementSerializer.FIELDS,
            *("risk", "axes", "facts", "measures", "tools"),
        ]

    def get_axes(self, requirement: Requirement) -> dict[str, list[str]]:
        axes: dict[str, list[str]] = {name: [] for name in NAME_OF_AXIS.values()}
        for row in requirement.axis_values.all():
            axes[NAME_OF_AXIS[Axis(row.axis)]].append(row.value)
        return axes


class MeasureSerializer(ItemSerializer):
    requirements = Links()

    class Meta:
        model = Measure
        fields = [*ItemSerializer.FIELDS, "requirements"]


class MeasureDetailSerializer(ItemDetailSerializer, MeasureSerializer):
    risk = Bilingual()
    tools = Links()
    criteria = Links()

    class Meta:
        model = Measure
        fields = [*ItemDetailSerializer.FIELDS, "requirements", "risk", "facts", "tools", "criteria"]


class ToolSerializer(ItemSerializer):
    class Meta:
        model = Tool
        fields = [*ItemSerializer.FIELDS, "category", "publisher", "url"]


class ToolDetailSerializer(ItemDetailSerializer, ToolSerializer):
    risk = Bilingual()
    requirements = Links()
    measures = Links()

    class Meta:
        model = Tool
        fields = [*ItemDetailSerializer.FIELDS, "category", "publisher", "url", "risk", "requirements", "measures"]


class AuditCriterionSerializer(ApiSerializer):
    href = Address()
    framework = Link()
    measures = Links()
    is_withdrawn = serializers.SerializerMethodField()

    class Meta:
        model = AuditCriterion
        fields = ["id", "href", "framework", "number", "measures", "is_withdrawn"]

    def get_is_withdrawn(self, criterion: AuditCriterion) -> bool:
        return criterion.withdrawn_in_id is not None


class TermSerializer(ApiSerializer):
    href = Address()
    term = Bilingual()
    definition = Bilingual()
    is_withdrawn = serializers.SerializerMethodField()

    class Meta:
        model = Term
        fields = ["slug", "href", "term", "definition", "is_withdrawn"]

    def get_is_withdrawn(self, term: Term) -> bool:
        return term.withdrawn_in_id is not None


class OrganisationSerializer(ApiSerializer):
    href = Address()
    parent = Link()  # type: ignore[assignment]  # declared fields leave the class: this is not `Field.parent`

    class Meta:
        model = Organisation
        fields = ["slug", "href", "name", "kind", "identifier", "parent"]
