"""The catalogue, readable by everybody, and the organisations of the reader."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from governance.api import serializers
from governance.api.filtering import QueryBackend
from governance.filters import AuditCriterionFilter, MeasureFilter, RequirementFilter, TermFilter, ToolFilter
from governance.models import (
    AuditCriterion,
    AuditFramework,
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


class ReadOnlyViewSet(ReadOnlyModelViewSet[Any]):
    """A list and its items; `detail_serializer_class` shows more of one item."""

    filter_backends = [QueryBackend]
    detail_serializer_class: type[BaseSerializer[Any]] | None = None

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        if self.detail and self.detail_serializer_class:
            return self.detail_serializer_class
        return super().get_serializer_class()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Ordered as the model is, and among equals by key."""
        filtered = super().filter_queryset(queryset)
        return filtered if filtered.query.order_by else filtered.order_by(*filtered.model._meta.ordering, "pk")


class CatalogueViewSet(ReadOnlyViewSet):
    permission_classes = [AllowAny]
    lookup_field = "slug"
    lookup_value_converter = "slug"


class TopicViewSet(CatalogueViewSet):
    queryset = Topic.objects.all()
    serializer_class = serializers.TopicSerializer


class PhaseViewSet(CatalogueViewSet):
    queryset = LifecyclePhase.objects.all()
    serializer_class = serializers.PhaseSerializer


class DisciplineViewSet(CatalogueViewSet):
    queryset = Discipline.objects.all()
    serializer_class = serializers.DisciplineSerializer


class LawViewSet(CatalogueViewSet):
    queryset = Law.objects.all()
    serializer_class = serializers.LawSerializer


class AuditFrameworkViewSet(CatalogueViewSet):
    queryset = AuditFramework.objects.all()
    serializer_class = serializers.AuditFrameworkSerializer


class TermViewSet(CatalogueViewSet):
    serializer_class = serializers.TermSerializer
    filterset_class = TermFilter

    def get_queryset(self) -> QuerySet[Term]:
        return Term.objects.all() if self.detail else Term.objects.in_force()


class ItemViewSet(CatalogueViewSet):
    """Items in force in the list; a withdrawn one under its own address, where others still refer to it."""

    model: type[Requirement | Measure | Tool]

    def items(self, model: type[Any]) -> Any:
        return model.objects.visible_to(self.request.user)

    def linked(self, relation: str, model: type[Any]) -> "Prefetch[Any]":
        """Items to link to: those in force that the reader may see."""
        return Prefetch(relation, self.items(model).in_force().only("slug").order_by("urn"))

    def get_queryset(self) -> QuerySet[Any]:
        items = self.items(self.model).select_related("organisation")
        if not self.detail:
            items = items.in_force().defer("body_nl", "body_en", "sources")
        return items.prefetch_related(
            Prefetch("topics", Topic.objects.only("slug")),
            Prefetch("phases", LifecyclePhase.objects.only("slug", "number")),
            Prefetch("disciplines", Discipline.objects.only("slug")),
        )


class RequirementViewSet(ItemViewSet):
    model = Requirement
    serializer_class = serializers.RequirementSerializer
    detail_serializer_class = serializers.RequirementDetailSerializer
    filterset_class = RequirementFilter

    def get_queryset(self) -> QuerySet[Requirement]:
        requirements = super().get_queryset().select_related("law")
        if not self.detail:
            return requirements
        return requirements.prefetch_related(
            "axis_values", self.linked("measures", Measure), self.linked("tools", Tool)
        )


class MeasureViewSet(ItemViewSet):
    model = Measure
    serializer_class = serializers.MeasureSerializer
    detail_serializer_class = serializers.MeasureDetailSerializer
    filterset_class = MeasureFilter

    def get_queryset(self) -> QuerySet[Measure]:
        measures = super().get_queryset().prefetch_related(self.linked("requirements", Requirement))
        return measures.prefetch_related("criteria", self.linked("tools", Tool)) if self.detail else measures


class ToolViewSet(ItemViewSet):
    model = Tool
    serializer_class = serializers.ToolSerializer
    detail_serializer_class = serializers.ToolDetailSerializer
    filterset_class = ToolFilter

    def get_queryset(self) -> QuerySet[Tool]:
        tools = super().get_queryset()
        if not self.detail:
            return tools
        return tools.prefetch_related(self.linked("requirements", Requirement), self.linked("measures", Measure))


class AuditCriterionViewSet(ReadOnlyViewSet):
    permission_classes = [AllowAny]
    lookup_value_converter = "int"
    serializer_class = serializers.AuditCriterionSerializer
    filterset_class = AuditCriterionFilter

    def get_queryset(self) -> QuerySet[AuditCriterion]:
        criteria = AuditCriterion.objects.select_related("framework")
        if not self.detail:
            criteria = criteria.filter(withdrawn_in=None)
        measures = Measure.objects.visible_to(self.request.user).in_force().only("slug").order_by("urn")
        return criteria.prefetch_related(Prefetch("measures", measures))


class OrganisationViewSet(ReadOnlyViewSet):
    lookup_field = "slug"
    lookup_value_converter = "slug"
    serializer_class = serializers.OrganisationSerializer

    def get_queryset(self) -> QuerySet[Organisation]:
        visible = Organisation.objects.visible_to(self.request.user)
        return visible.prefetch_related(Prefetch("parent", visible))


class NothingHere(APIView):
    """Every other address under the API."""

    permission_classes = [AllowAny]

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise Http404
