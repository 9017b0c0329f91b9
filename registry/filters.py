"""What the list of algorithms can be narrowed and sorted by, on the pages and in the API alike."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.filters import AXIS_VALUES, LinkedFilter, QueryFilterSet, SearchFilter, YesNoFilter
from governance.models import Axis, Law, LifecyclePhase, Objective, Organisation, Topic
from registry.consistency import CHECKS
from registry.deviations import algorithms_with, check_of
from registry.models import Algorithm, AlgorithmTheme, Applicability, Classification, Complaint, Proposal
from registry.models.algorithm import serves_none
from registry.models.applicability import Outcome
from registry.monitoring import unmonitored

UNCLASSIFIED = "unclassified"

RISK_GROUPS: list[tuple[str, Any]] = [
    *((value, name) for value, name in AXIS_VALUES[Axis.RISK_GROUP] if value != "niet-van-toepassing"),
    ("ai-model-voor-algemene-doeleinden", _("General-purpose AI model")),
    ("ai-act-does-not-apply", _("The AI Act does not apply")),
    (UNCLASSIFIED, _("Not classified yet")),
]
"""What a current classification says as its risk group, and that there is none."""

SORTS: dict[str, tuple[Any, Any, F | Lower]] = {
    "name": (_("Name"), _("Name, Z–A"), Lower("name")),
    "compliance": (_("Compliance"), _("Compliance, high–low"), F("compliance__ratio")),
    "next_due": (_("Earliest due date"), _("Earliest due date, last first"), F("compliance__next_due")),
    "created": (_("Date of registration"), _("Date of registration, newest first"), F("created")),
}
"""What it is called upwards and downwards, and the field."""


STUCK_AFTER = timedelta(days=14)
"""How long an unfinished classification may lie before it counts as stuck."""


def stuck() -> Q:
    """Algorithms with an unfinished classification that nobody touched for two weeks."""
    return Q(classification_draft__changed__lt=clock.now() - STUCK_AFTER)


def for_review() -> Exists:
    """Algorithms that were classified with an older decision tree than the one in use."""
    return Exists(Classification.objects.current().filter(algorithm=OuterRef("pk"), tree__is_current=False))


class AppliesFilter(LinkedFilter):
    """Keeps the algorithms to which a requirement applies that is linked to one of the chosen rows."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        chosen = [row.pk for row in value]
        if not chosen:
            return qs
        applying = Applicability.objects.current().applying()
        return qs.filter(
            Exists(applying.filter(algorithm=OuterRef("pk"), **{f"requirement__{self.field_name}__in": chosen}))
        )


class OrganisationFilter(LinkedFilter):
    """Keeps what is of one of the chosen organisations or of one below it, as rights flow down the tree."""

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        within = Q()
        for organisation in value:
            within |= Q(**{f"{self.field_name}__path__startswith": organisation.path})
        return qs.filter(within)


class SortFilter(django_filters.ChoiceFilter):
    """Sorts by one of `SORTS`, downwards after a minus sign; what has no value comes last, equals by key."""

    def __init__(self) -> None:
        upwards = [(name, text) for name, (text, _down, _field) in SORTS.items()]
        downwards = [(f"-{name}", text) for name, (_up, text, _field) in SORTS.items()]
        super().__init__(choices=[*upwards, *downwards], label=_("Sort by"), empty_label=None)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs.order_by(SORTS["name"][-1].asc(), "pk")
        field = SORTS[value.removeprefix("-")][-1]
        if value.startswith("-"):
            return qs.order_by(field.desc(nulls_last=True), "-pk")
        return qs.order_by(field.asc(nulls_last=True), "pk")


def visible_organisations(request: Any) -> QuerySet[Organisation]:
    return Organisation.objects.visible_to(request.user) if request else Organisation.objects.none()


def objectives_that_count(request: Any) -> QuerySet[Objective]:
    """What the organisations want in which this person sees algorithms, or those above them."""
    organisations = Organisation.objects.counting_for(request.user) if request else Organisation.objects.none()
    return Objective.objects.in_force().filter(organisation__in=organisations).select_related("organisation")


class ObjectiveFilter(django_filters.ModelMultipleChoiceFilter):
    """Keeps the algorithms that serve at least one of the chosen values."""

    def __init__(self) -> None:
        super().__init__(queryset=objectives_that_count, label=_("Serves"))

    @property
    def field(self) -> Any:
        field = super().field
        field.label_from_instance = lambda objective: f"{objective} ({objective.organisation})"
        return field

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        chosen = [row.pk for row in value]
        if not chosen:
            return qs
        served = Algorithm.objectives.through.objects.filter(objective__in=chosen)
        return qs.filter(Exists(served.filter(algorithm=OuterRef("pk"))))


class AlgorithmFilter(QueryFilterSet):
    q = SearchFilter("name__icontains", "description_short__icontains", "department__icontains", "provider__icontains")
    organisation = OrganisationFilter(
        field_name="organisation", queryset=visible_organisations, label=_("Organisation")
    )
    phase = LinkedFilter(field_name="phase", queryset=LifecyclePhase.objects.all(), label=_("Lifecycle phase"))
    risk_group = django_filters.MultipleChoiceFilter(choices=RISK_GROUPS, method="in_risk_group", label=_("Risk group"))
    publication_category = django_filters.MultipleChoiceFilter(
        choices=Algorithm.PublicationCategory.choices, distinct=False, label=_("Publication category")
    )
    theme = django_filters.MultipleChoiceFilter(
        choices=AlgorithmTheme.Theme.choices, method="with_theme", label=_("Theme")
    )
    status = django_filters.MultipleChoiceFilter(choices=Algorithm.Status.choices, distinct=False, label=_("Status"))
    topic = AppliesFilter(field_name="topics", queryset=Topic.objects.all(), label=_("Topic"))
    law = AppliesFilter(field_name="law", queryset=Law.objects.all(), label=_("Law"))
    objective = ObjectiveFilter()
    serves_none = YesNoFilter(condition=serves_none, label=_("Serves no public value or objective"))
    overdue = YesNoFilter(condition=lambda: Q(compliance__next_due__lt=clock.today()), label=_("Something is overdue"))
    unassigned = YesNoFilter(condition=Q(compliance__unassigned__gt=0), label=_("Something is assigned to nobody"))
    vacant = YesNoFilter(
        condition=lambda: Q(pk__in=Algorithm.objects.vacant().order_by().values("pk")),
        label=_("Nobody is Accountable or Responsible"),
    )
    unmonitored = YesNoFilter(condition=unmonitored, label=_("In use without a monitoring plan"))
    stuck = YesNoFilter(condition=stuck, label=_("Classification unfinished for two weeks"))
    for_review = YesNoFilter(condition=for_review, label=_("Classified with an older decision tree"))
    check = django_filters.ChoiceFilter(
        choices=[(check.code, check.title) for check in CHECKS if check.algorithm],
        method="deviating",
        label=_("Does not fit together"),
    )
    sort = SortFilter()

    class Meta:
        model = Algorithm
        fields: list[str] = []

    def deviating(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        check = check_of(value)
        return queryset.filter(pk__in=algorithms_with(check)) if check else queryset.none()

    def in_risk_group(self, queryset: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        current = Classification.objects.current().filter(algorithm=OuterRef("pk"))
        chosen: Q | Exists = Exists(current.filter(risk_group__in=value))
        return queryset.filter(chosen | ~Exists(current) if UNCLASSIFIED in value else chosen)

    def with_theme(self, queryset: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        return queryset.filter(Exists(AlgorithmTheme.objects.filter(algorithm=OuterRef("pk"), theme__in=value)))


class ApplicabilityFilter(QueryFilterSet):
    outcome = django_filters.MultipleChoiceFilter(choices=Outcome.choices, distinct=False, label=_("Outcome"))

    class Meta:
        model = Applicability
        fields: list[str] = []


class ProposalFilter(QueryFilterSet):
    q = SearchFilter("name__icontains", "purpose__icontains", "department__icontains")
    status = django_filters.MultipleChoiceFilter(choices=Proposal.Status.choices, distinct=False, label=_("Status"))
    organisation = LinkedFilter(field_name="organisation", queryset=visible_organisations, label=_("Organisation"))

    class Meta:
        model = Proposal
        fields: list[str] = []


def visible_complained_about(request: Any) -> QuerySet[Algorithm]:
    """The algorithms this person sees about which something came in."""
    if request is None:
        return Algorithm.objects.none()
    return Algorithm.objects.visible_to(request.user).filter(Exists(Complaint.objects.filter(algorithm=OuterRef("pk"))))


class ComplaintFilter(QueryFilterSet):
    STATES = [("open", _("Open")), ("closed", _("Closed"))]

    q = SearchFilter("summary__icontains", "reference__icontains", "algorithm__name__icontains")
    kind = django_filters.MultipleChoiceFilter(choices=Complaint.Kind.choices, distinct=False, label=_("Kind"))
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Open or closed"))
    overdue = YesNoFilter(condition=lambda: Q(closed_on=None, due__lt=clock.today()), label=_("Overdue"))
    algorithm = django_filters.ModelChoiceFilter(queryset=visible_complained_about, label=_("Algorithm"))

    class Meta:
        model = Complaint
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(closed_on__isnull=value == "open")
