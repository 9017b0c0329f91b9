"""What the tables that people take along can be narrowed by, beside the filters of the lists; see `registry.tables`."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from governance.evidence_forms import EvidenceFilter
from governance.filters import LinkedFilter, QueryFilterSet
from governance.models import Assessment, Law, LifecyclePhase, Requirement, Topic
from governance.policy_filters import PolicyFilter
from registry.filters import ComplaintFilter, OrganisationFilter, visible_organisations
from registry.models import Algorithm, MeasureStatus, RequirementAssessment
from registry.models.applicability import Outcome
from registry.oversight_filters import FindingFilter
from registry.use_filters import EvaluationFilter, IncidentFilter, RiskFilter


def visible_algorithms(request: Any) -> QuerySet[Algorithm]:
    return Algorithm.objects.visible_to(request.user) if request else Algorithm.objects.none()


class RowFilter(QueryFilterSet):
    """Rows about algorithms: of an organisation, or of one algorithm."""

    organisation = OrganisationFilter(
        field_name="algorithm__organisation", queryset=visible_organisations, label=_("Organisation")
    )
    algorithm = django_filters.ModelChoiceFilter(queryset=visible_algorithms, label=_("Algorithm"))


class _OfAnyAlgorithm:
    """Lets a filter of a list be used for a whole table: of one algorithm, of an organisation, or of all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        QueryFilterSet.__init__(self, *args, **kwargs)  # type: ignore[arg-type]


class RiskTableFilter(_OfAnyAlgorithm, RiskFilter):
    organisation = OrganisationFilter(
        field_name="algorithm__organisation", queryset=visible_organisations, label=_("Organisation")
    )


class EvaluationTableFilter(_OfAnyAlgorithm, EvaluationFilter):
    organisation = OrganisationFilter(
        field_name="algorithm__organisation", queryset=visible_organisations, label=_("Organisation")
    )


class IncidentTableFilter(_OfAnyAlgorithm, IncidentFilter):
    organisation = OrganisationFilter(
        field_name="algorithm__organisation", queryset=visible_organisations, label=_("Organisation")
    )


class EvidenceTableFilter(EvidenceFilter):
    organisation = OrganisationFilter(
        field_name="organisation", queryset=visible_organisations, label=_("Organisation")
    )


class FindingTableFilter(FindingFilter):
    organisation = OrganisationFilter(
        field_name="organisation", queryset=visible_organisations, label=_("Organisation")
    )


class ComplaintTableFilter(ComplaintFilter):
    organisation = OrganisationFilter(
        field_name="organisation", queryset=visible_organisations, label=_("Organisation")
    )


class RequirementRowFilter(RowFilter):
    """As the requirements of one algorithm are narrowed on its page; a status is that of the algorithm's own work."""

    topic = LinkedFilter(field_name="requirement__topics", queryset=Topic.objects.all(), label=_("Topic"))
    phase = LinkedFilter(
        field_name="requirement__phases", queryset=LifecyclePhase.objects.all(), label=_("Lifecycle phase")
    )
    law = LinkedFilter(field_name="requirement__law", queryset=Law.objects.all(), label=_("Law"))
    outcome = django_filters.MultipleChoiceFilter(choices=Outcome.choices, distinct=False, label=_("Outcome"))
    status = django_filters.ChoiceFilter(choices=Assessment.STATUSES, method="with_status", label=_("Status"))

    def with_status(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        work = RequirementAssessment.objects.current().filter(
            algorithm=OuterRef("algorithm"), requirement=OuterRef("requirement")
        )
        found: Any = Exists(work.filter(status=value))
        if value == Assessment.Status.OPEN:
            found = found | ~Exists(work)
        return queryset.filter(found, requirement__in=Requirement.objects.at_algorithm_level())


class MeasureRowFilter(RowFilter):
    """As the measures of one algorithm are narrowed on its page."""

    topic = LinkedFilter(field_name="measure__topics", queryset=Topic.objects.all(), label=_("Topic"))
    phase = LinkedFilter(
        field_name="measure__phases", queryset=LifecyclePhase.objects.all(), label=_("Lifecycle phase")
    )
    choice = django_filters.ChoiceFilter(choices=MeasureStatus.Choice.choices, method="with_choice", label=_("Choice"))

    def with_choice(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        work = MeasureStatus.objects.current().filter(algorithm=OuterRef("algorithm"), measure=OuterRef("measure"))
        found: Any = Exists(work.filter(choice=value))
        if value == MeasureStatus.Choice.OPEN:
            found = found | ~Exists(work)
        return queryset.filter(found)


class PolicyTableFilter(PolicyFilter):
    organisation = OrganisationFilter(
        field_name="organisation", queryset=visible_organisations, label=_("Organisation")
    )
