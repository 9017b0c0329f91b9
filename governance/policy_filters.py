"""What the list of an organisation's policies can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from governance.filters import LinkedFilter, QueryFilterSet, SearchFilter, YesNoFilter
from governance.models import LifecyclePhase, Policy, PolicyVersion, Topic

IN_FORCE, NOT_IN_FORCE = "in_force", "not_in_force"


def _with(versions: QuerySet[PolicyVersion]) -> Exists:
    return Exists(versions.filter(policy=OuterRef("pk")))


class PolicyFilter(QueryFilterSet):
    q = SearchFilter("title__icontains", "summary__icontains")
    kind = django_filters.MultipleChoiceFilter(choices=Policy.Kind.choices, distinct=False, label=_("Kind"))
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        method="with_status",
        choices=[
            (IN_FORCE, _("In force")),
            (NOT_IN_FORCE, _("Nothing in force")),
            (PolicyVersion.Status.DRAFT, _("A draft is being written")),
            (PolicyVersion.Status.IN_REVIEW, _("In review")),
        ],
    )
    topic = LinkedFilter(field_name="topics", queryset=Topic.objects.all(), label=_("Topic"))
    phase = LinkedFilter(field_name="phases", queryset=LifecyclePhase.objects.all(), label=_("Lifecycle phase"))
    due = YesNoFilter(condition=lambda: _with(PolicyVersion.objects.due_for_review()), label=_("Review date passed"))

    class Meta:
        model = Policy
        fields: list[str] = []

    def with_status(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value in (IN_FORCE, NOT_IN_FORCE):
            in_force = _with(PolicyVersion.objects.in_force())
            return queryset.filter(in_force if value == IN_FORCE else ~in_force)
        # Drafts of the organisations above are not shown, so they must not be found either.
        seen = PolicyVersion.objects.visible_to(self.request.user).filter(status=value)
        return queryset.filter(_with(seen))
