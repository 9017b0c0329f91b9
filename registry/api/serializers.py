"""How algorithms, what applies to them and what is done about it look in the API."""

from typing import Any

from rest_framework import serializers

from governance.api.serializers import Address, ApiSerializer, Link, address, bilingual
from governance.models import Measure, OrganisationAssessment, Requirement, User
from registry.models import (
    Algorithm,
    Applicability,
    Classification,
    Compliance,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)


class ItemLink(serializers.Field):
    """A requirement or measure: its address, code and title."""

    def to_representation(self, value: Requirement | Measure) -> dict[str, Any]:
        return {
            "slug": value.slug,
            "href": address(value, self.context["request"]),
            "code": value.code,
            "title": bilingual(value.title_nl, value.title_en),
        }


class PersonName(serializers.Field):
    def to_representation(self, value: User) -> str:
        return str(value)


class ClassificationSerializer(ApiSerializer):
    tree = serializers.StringRelatedField[Any]()
    by = PersonName()

    class Meta:
        model = Classification
        fields = [
            "risk_group", "ai_act_applies", "labels", "facts", "conclusion", "tree", "needs_review", "since", "by",
        ]  # fmt: skip


class ComplianceSerializer(ApiSerializer):
    """Relies on `overdue` being filled in."""

    overdue = serializers.IntegerField()

    class Meta:
        model = Compliance
        fields = [
            "applies", "undetermined", "claimed", "verified", "ratio", "measures", "settled", "open_requirements",
            "open_measures", "open", "overdue", "unassigned", "next_due",
        ]  # fmt: skip


class AlgorithmSerializer(ApiSerializer):
    href = Address()
    organisation = Link()
    phase = Link()
    risk_group = serializers.SerializerMethodField()
    compliance = ComplianceSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Algorithm
        fields = [
            "id", "href", "organisation", "name", "description_short", "department", "phase", "status",
            "publication_category", "risk_group", "compliance", "created", "version",
        ]  # fmt: skip

    def get_risk_group(self, algorithm: Any) -> str | None:
        """Null while nobody classified the algorithm."""
        return next((row.risk_group for row in algorithm.current_classifications), None)


class AlgorithmDetailSerializer(AlgorithmSerializer):
    themes = serializers.SerializerMethodField()
    classification = serializers.SerializerMethodField()
    created_by = PersonName()

    class Meta:
        model = Algorithm
        fields = [
            *AlgorithmSerializer.Meta.fields,
            "acquisition", "provider", "begin_date", "end_date", "review_date", "contact_email", "questions_contact",
            "complaints_procedure", "website", "url", "goal", "proportionality", "human_intervention", "risks",
            "lawful_basis", "lawful_basis_grouping", "process_index_url", "impacttoetsen", "impacttoetsen_grouping",
            "source_data", "source_data_grouping", "methods_and_models", "publiccode", "lang", "source_id", "tags",
            "themes", "classification", "created_by",
        ]  # fmt: skip

    def get_themes(self, algorithm: Algorithm) -> list[str]:
        return [row.theme for row in algorithm.themes.all()]

    def get_classification(self, algorithm: Any) -> dict[str, Any] | None:
        current = next(iter(algorithm.current_classifications), None)
        return ClassificationSerializer(current, context=self.context).data if current else None


class InheritedAssessmentSerializer(ApiSerializer):
    """How far the organisation is, for who sees its algorithms: whose word and since when, not what it says."""

    claimed_by = PersonName()
    verified_by = PersonName()

    class Meta:
        model = OrganisationAssessment
        fields = ["status", "claimed_by", "claimed_at", "verified_by", "verified_at", "since"]


class ApplicabilitySerializer(ApiSerializer):
    """`reason` is the rule's, also while a person overruled its outcome. Relies on `is_inherited` being annotated;
    then `inherited` is how far the organisation is, which is open where nobody began."""

    requirement = ItemLink()
    reason = serializers.SerializerMethodField()
    overruling = serializers.SerializerMethodField()
    is_inherited = serializers.BooleanField()
    inherited = serializers.SerializerMethodField()

    class Meta:
        model = Applicability
        fields = [
            "requirement", "outcome", "rule_outcome", "reason", "overruling", "is_inherited", "inherited", "since",
        ]  # fmt: skip

    def get_inherited(self, row: Any) -> dict[str, Any] | None:
        if not row.is_inherited:
            return None
        level = self.context["inherited"]
        known = level.assessments.get(row.requirement_id) or OrganisationAssessment(since=None)  # type: ignore[misc]
        return {"organisation": level.organisation.name, **InheritedAssessmentSerializer(known).data}

    def get_reason(self, row: Applicability) -> dict[str, Any]:
        return {**row.reason, "sentence": self.context["reasons"].sentence(row)}

    def get_overruling(self, row: Applicability) -> dict[str, Any] | None:
        return {"reason": row.overruling, "by": str(row.by) if row.by else None} if row.is_overruled else None


class AssessmentSerializer(ApiSerializer):
    assignee = PersonName()
    claimed_by = PersonName()
    verified_by = PersonName()

    class Meta:
        model = RequirementAssessment
        fields = [
            "status", "explanation", "links", "due", "assignee", "claimed_by", "claimed_at", "claimed_revision",
            "verified_by", "verified_at", "returned_reason", "since",
        ]  # fmt: skip


class MeasureStatusSerializer(ApiSerializer):
    assignee = PersonName()

    class Meta:
        model = MeasureStatus
        fields = ["choice", "progress", "explanation", "links", "due", "assignee", "since"]


class AssessedRequirementSerializer(ApiSerializer):
    """A requirement that applies with its assessment, which is open where nobody began (`since` is null then)."""

    requirement = ItemLink()

    class Meta:
        model = Applicability
        fields = ["requirement"]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        assessment = next(iter(instance.requirement.assessments_here), RequirementAssessment(since=None))  # type: ignore[misc]
        return super().to_representation(instance) | AssessmentSerializer(assessment).data


class RecommendedMeasureSerializer(ApiSerializer):
    """A recommended measure with what is done about it, which is open where nobody began (`since` is null then)."""

    measure = ItemLink()

    class Meta:
        model = Recommendation
        fields = ["measure"]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        status = next(iter(instance.measure.statuses_here), MeasureStatus(since=None))  # type: ignore[misc]
        return super().to_representation(instance) | MeasureStatusSerializer(status).data
