"""The algorithms that the reader may see, what applies to them and what is done about it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.generics import ListAPIView, RetrieveAPIView

from governance.api.filtering import QueryBackend
from governance.api.views import ReadOnlyViewSet
from governance.models import Requirement
from governance.organisation_level import inherited
from registry import compliance
from registry.api import serializers
from registry.filters import AlgorithmFilter, ApplicabilityFilter
from registry.models import (
    Algorithm,
    Applicability,
    Classification,
    Compliance,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)
from registry.reasons import Reasons


class AlgorithmViewSet(ReadOnlyViewSet):
    lookup_value_converter = "int"
    serializer_class = serializers.AlgorithmSerializer
    detail_serializer_class = serializers.AlgorithmDetailSerializer
    filterset_class = AlgorithmFilter

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        compliance.count_overdue(row.compliance for row in page or [] if hasattr(row, "compliance"))
        return page

    def get_object(self) -> Algorithm:
        algorithm: Algorithm = super().get_object()
        compliance.count_overdue([algorithm.compliance] if hasattr(algorithm, "compliance") else [])
        return algorithm

    def get_queryset(self) -> QuerySet[Algorithm]:
        classifications = Classification.objects.current()
        if self.detail:
            classifications = classifications.select_related("tree", "by").defer("tree__content")
        algorithms = Algorithm.objects.visible_to(self.request.user).for_list()
        algorithms = algorithms.prefetch_related(
            Prefetch("classifications", classifications, to_attr="current_classifications")
        )
        return algorithms.select_related("created_by").prefetch_related("themes") if self.detail else algorithms


class OfAlgorithm:
    """The visible algorithm in the address; 404 for every other."""

    request: Any
    kwargs: Mapping[str, Any]

    @cached_property
    def algorithm(self) -> Algorithm:
        return get_object_or_404(Algorithm.objects.visible_to(self.request.user), pk=self.kwargs["pk"])


class ComplianceView(OfAlgorithm, RetrieveAPIView[Compliance]):
    serializer_class = serializers.ComplianceSerializer

    def get_object(self) -> Compliance:
        counted = getattr(self.algorithm, "compliance", None) or Compliance(algorithm=self.algorithm)
        compliance.count_overdue([counted])
        return counted


class ApplicabilityList(OfAlgorithm, ListAPIView[Applicability]):
    """Every requirement with its outcome; `isInherited` where it is arranged at organisation level, with how far the
    organisation is in `inherited`."""

    serializer_class = serializers.ApplicabilitySerializer
    filter_backends = [QueryBackend]
    filterset_class = ApplicabilityFilter

    def get_queryset(self) -> QuerySet[Applicability]:
        arranged = Requirement.objects.at_organisation_level().filter(pk=OuterRef("requirement"))
        rows = Applicability.objects.current().filter(algorithm=self.algorithm).select_related("requirement", "by")
        return rows.annotate(is_inherited=Exists(arranged)).order_by("requirement__urn", "pk")

    def get_serializer_context(self) -> dict[str, Any]:
        return {
            **super().get_serializer_context(),
            "reasons": Reasons(self.algorithm),
            "inherited": inherited(self.algorithm.organisation),
        }


class AssessmentList(OfAlgorithm, ListAPIView[Applicability]):
    """The requirements that apply and are met per algorithm, each with its assessment."""

    serializer_class = serializers.AssessedRequirementSerializer
    filter_backends = [QueryBackend]

    def get_queryset(self) -> QuerySet[Applicability]:
        rows = Applicability.objects.current().applying().filter(algorithm=self.algorithm)
        here = RequirementAssessment.objects.current().filter(algorithm=self.algorithm)
        assessments = here.select_related("assignee", "claimed_by", "verified_by")
        return (
            rows.filter(requirement__in=Requirement.objects.at_algorithm_level())
            .select_related("requirement")
            .prefetch_related(Prefetch("requirement__assessments", assessments, to_attr="assessments_here"))
            .order_by("requirement__urn", "pk")
        )


class MeasureList(OfAlgorithm, ListAPIView[Recommendation]):
    """The recommended measures, each with what the algorithm does about it."""

    serializer_class = serializers.RecommendedMeasureSerializer
    filter_backends = [QueryBackend]

    def get_queryset(self) -> QuerySet[Recommendation]:
        rows = Recommendation.objects.current().filter(algorithm=self.algorithm).select_related("measure")
        statuses = MeasureStatus.objects.current().filter(algorithm=self.algorithm).select_related("assignee")
        return rows.prefetch_related(Prefetch("measure__statuses", statuses, to_attr="statuses_here")).order_by(
            "measure__urn", "pk"
        )
