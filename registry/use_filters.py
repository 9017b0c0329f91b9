"""What the lists of risks, evaluations and incidents can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.filters import QueryFilterSet, SearchFilter, YesNoFilter
from governance.models import User
from registry.incidents import to_report
from registry.models import Algorithm, Evaluation, Incident, Risk
from registry.risks import IMPACT, LIKELIHOOD, Level


def with_record_in(name: str) -> Any:
    """The algorithms that this person sees and that have a record of that (related) name."""

    def algorithms(request: Any) -> QuerySet[Algorithm]:
        if request is None:
            return Algorithm.objects.none()
        having = Algorithm.objects.filter(**{f"{name}__isnull": False}).order_by().values("pk")
        return Algorithm.objects.visible_to(request.user).filter(pk__in=having)

    return algorithms


def numbered(scale: dict[int, Any]) -> list[tuple[str, Any]]:
    return [(str(number), word) for number, word in scale.items()]


class OfAlgorithmFilter(QueryFilterSet):
    """A list of records about algorithms; within one algorithm there is none to choose."""

    def __init__(self, *args: Any, within: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if within is None:
            del self.filters["algorithm"]
        else:
            field = self.form.fields["algorithm"]
            field.queryset = field.queryset.filter(organisation__path__startswith=within.path)


class MineFilter(YesNoFilter):
    """Keeps what is in the name of the person who looks, or of anybody else."""

    def __init__(self, field: str, **kwargs: Any) -> None:
        super().__init__(condition=None, **kwargs)
        self.person = field

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        me: User = self.parent.request.user
        mine = Q(**{self.person: me})
        return qs.filter(mine) if value == "true" else qs.exclude(mine)


class RiskFilter(OfAlgorithmFilter):
    STATES = [
        ("open", _("Open")),
        ("accepted", _("Accepted")),
        ("lapsed", _("Accepted until a day that has passed")),
        ("closed", _("Closed")),
    ]
    STAGES = [("now", _("As it stands now")), ("before", _("Without treatment"))]

    q = SearchFilter("title__icontains", "description__icontains", "algorithm__name__icontains")
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Open or closed"))
    level = django_filters.ChoiceFilter(choices=Level.choices, method="of_level", label=_("How high"))
    likelihood = django_filters.ChoiceFilter(choices=numbered(LIKELIHOOD), method="judged", label=_("Likelihood"))
    impact = django_filters.ChoiceFilter(choices=numbered(IMPACT), method="judged", label=_("Impact"))
    stage = django_filters.ChoiceFilter(choices=STAGES, method="at_stage", label=_("Likelihood and impact"))
    treatment = django_filters.ChoiceFilter(choices=Risk.Treatment.choices, label=_("Treatment"))
    mine = MineFilter("owner", label=_("Mine"))
    unowned = YesNoFilter(
        condition=lambda: Q(pk__in=Risk.objects.unowned().order_by().values("pk")),
        label=_("Nobody owns it, or the owner left"),
    )
    algorithm = django_filters.ModelChoiceFilter(queryset=with_record_in("risk_register"), label=_("Algorithm"))

    class Meta:
        model = Risk
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        today = clock.today()
        states = {
            "open": Q(closed=None),
            "accepted": Q(closed=None, accepted_until__gte=today),
            "lapsed": Q(closed=None, accepted_until__lt=today),
            "closed": Q(closed__isnull=False),
        }
        return queryset.filter(states[value])

    def of_level(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        limits = {
            Level.HIGH: Q(score__gte=Risk.HIGH),
            Level.MIDDLE: Q(score__gte=Risk.MIDDLE, score__lt=Risk.HIGH),
            Level.LOW: Q(score__lt=Risk.MIDDLE),
            Level.UNJUDGED: Q(score=None),
        }
        rows: QuerySet[Any] = queryset.with_score().filter(limits[Level(value)])
        return rows

    def judged(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        if self.data.get("stage") == "before":
            name = f"{name}_before"
        rows: QuerySet[Any] = queryset.as_judged().filter(**{name: int(value)})
        return rows

    def at_stage(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset


class EvaluationFilter(OfAlgorithmFilter):
    STATES = [("open", _("To be held")), ("held", _("Held"))]

    q = SearchFilter(
        "point__what__icontains", "trigger_note__icontains", "findings__icontains", "algorithm__name__icontains"
    )
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("To be held or held"))
    overdue = YesNoFilter(
        condition=lambda: Q(pk__in=Evaluation.objects.overdue().order_by().values("pk")), label=_("Overdue")
    )
    trigger = django_filters.MultipleChoiceFilter(
        choices=Evaluation.Trigger.choices, distinct=False, label=_("Because of")
    )
    outcome = django_filters.MultipleChoiceFilter(
        choices=Evaluation.Outcome.choices, distinct=False, label=_("Outcome")
    )
    mine = MineFilter("assignee", label=_("Mine"))
    algorithm = django_filters.ModelChoiceFilter(queryset=with_record_in("evaluations"), label=_("Algorithm"))

    class Meta:
        model = Evaluation
        fields: list[str] = []

    def in_state(self, queryset: Any, name: str, value: str) -> QuerySet[Any]:
        rows: QuerySet[Any] = queryset.open() if value == "open" else queryset.held()
        return rows


class IncidentFilter(OfAlgorithmFilter):
    STATES = [("open", _("Open")), ("closed", _("Closed"))]

    q = SearchFilter("summary__icontains", "description__icontains", "cause__icontains", "algorithm__name__icontains")
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Open or closed"))
    seriousness = django_filters.MultipleChoiceFilter(
        choices=Incident.Seriousness.choices, distinct=False, label=_("Seriousness")
    )
    to_report = YesNoFilter(condition=to_report, label=_("Must still be reported"))
    data_breach = django_filters.MultipleChoiceFilter(
        choices=Incident.DataBreach.choices, distinct=False, label=_("Personal data")
    )
    mine = MineFilter("handler", label=_("Mine"))
    algorithm = django_filters.ModelChoiceFilter(queryset=with_record_in("incidents"), label=_("Algorithm"))

    class Meta:
        model = Incident
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(closed__isnull=value == "open")
