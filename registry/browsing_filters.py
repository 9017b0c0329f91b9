"""The one vocabulary by which rows of compliance are narrowed: in lists, overviews, the matrix, and their addresses."""

from collections.abc import Callable, Collection
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from governance.filters import QueryFilterSet
from governance.models import (
    AuditCriterion,
    Law,
    LifecyclePhase,
    Measure,
    Requirement,
    Topic,
    User,
)
from registry.browsing import MEASURES, NO_RISK_GROUP, NONE, REQUIREMENTS, Kind, Moment, visible_to, with_accountable
from registry.compliance import SETTLED
from registry.filters import RISK_GROUPS, OrganisationFilter, visible_organisations
from registry.models import (
    Algorithm,
    Applicability,
    Letter,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
    Responsibility,
)

DAY = "dag"
"""The past day, in an address."""
NARROWS = ("requirement", "measure", "algorithm", "criterion")
"""What keeps the rows of one record: a page that links here fills it in, and the list names it."""


def holding(rows: QuerySet[Any], condition: Q, wanted: bool = True) -> QuerySet[Any]:
    """The rows for which the condition holds; not wanted, those for which it does not, also where it is unknown."""
    is_so = Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())
    return rows.filter(Exact(is_so, int(wanted)))


def condition_of(kind: Kind, name: str) -> Callable[[Any], Q]:
    """The condition of a figure that has one, given the day."""
    condition = next(figure.condition for figure in kind.figures if figure.name == name)
    if condition is None:
        raise ValueError(f"{name} counts every row")
    return condition


class YesNo(django_filters.ChoiceFilter):
    """`true` keeps the rows for which a condition holds on the day that counts, `false` the others."""

    def __init__(self, condition: Callable[[Any], Q], label: Any, choices: Any = None) -> None:
        super().__init__(choices=choices or [("true", _("Yes")), ("false", _("No"))], label=label)
        self.condition = condition

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return holding(qs, self.condition(self.parent.moment.today), value == "true") if value else qs


class Verification(YesNo):
    """`true` keeps what was verified, `false` the claims that wait for it."""

    def __init__(self, condition: Callable[[Any], Q], label: Any) -> None:
        super().__init__(condition, label, [("true", _("Verified")), ("false", _("Claimed, waits for verification"))])

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        claimed = condition_of(REQUIREMENTS, "claimed")(self.parent.moment.today)
        return super().filter(holding(qs, claimed), value) if value else qs


class OfSubject(django_filters.ModelMultipleChoiceFilter):
    """Keeps the rows whose requirement or measure is linked to at least one of the chosen, or to none at all."""

    def __init__(self, link: str, *, nothing: Any, **kwargs: Any) -> None:
        super().__init__(to_field_name="slug", null_label=nothing, null_value=NONE, **kwargs)
        self.link = link

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        subject = self.parent.kind.subject
        items = {"requirement": Requirement, "measure": Measure}[subject].objects.order_by()
        chosen = [one.pk for one in value if one != NONE]
        keep = Q(**{f"{subject}__in": items.filter(**{f"{self.link}__in": chosen}).values("pk")})
        if NONE in value:
            linked = items.filter(**{f"{self.link}__isnull": False})
            keep |= ~Q(**{f"{subject}__in": linked.values("pk")})
        return qs.filter(keep)


class PersonFilter(django_filters.ModelChoiceFilter):
    """Keeps the rows of one person, or of nobody. Offers who had work, or answered, for an algorithm that the reader
    sees on that day."""

    def __init__(self, label: Any) -> None:
        super().__init__(queryset=User.objects.none(), label=label, null_label=_("Nobody"), null_value=NONE)

    def get_queryset(self, request: Any) -> QuerySet[User]:
        if request is None:
            return User.objects.none()
        kind, moment = self.parent.kind, self.parent.moment
        if self.field_name == "accountable":
            answering = Responsibility.objects.filter(letter=Letter.ACCOUNTABLE).for_the_whole()
            held = moment.of_periods(answering.visible_to(request.user)).values("person")
        else:
            work: Any = {"requirement": RequirementAssessment, "measure": MeasureStatus}[kind.subject]
            held = moment.of_periods(work.objects.visible_to(request.user)).values("assignee")
        return User.objects.filter(pk__in=held.order_by()).order_by("name", "pk")

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        if self.field_name == "accountable":
            qs = with_accountable(qs, self.parent.moment)
        return qs.filter(**{self.field_name: None if value == NONE else value.pk})


class SortRows(django_filters.ChoiceFilter):
    """Sorts by a column; what has no value comes last, equals by algorithm and subject."""

    COLUMNS: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "algorithm": (_("Algorithm"), (Lower("algorithm__name").asc(), "algorithm")),
        "subject": (_("Requirement or measure"), ()),
        "due": (_("Due date, earliest first"), (F("due").asc(nulls_last=True),)),
        "-due": (_("Due date, last first"), (F("due").desc(nulls_last=True),)),
    }

    def __init__(self, **more: tuple[Any, tuple[Any, ...]]) -> None:
        self.columns = {**self.COLUMNS, **more}
        super().__init__(
            choices=[(name, label) for name, (label, _fields) in self.columns.items()],
            label=_("Sort by"),
            empty_label=None,
        )

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        by = f"{self.parent.kind.subject}__urn"
        if value == "subject":
            return qs.order_by(by, Lower("algorithm__name"), "pk")
        fields = self.columns[value or "algorithm"][1]
        return qs.order_by(*fields, *([by] if value in ("", "algorithm") else ["algorithm__name", by]), "pk")


def visible_algorithms(request: Any) -> QuerySet[Algorithm]:
    return Algorithm.objects.visible_to(request.user) if request else Algorithm.objects.none()


def visible_requirements(request: Any) -> QuerySet[Requirement]:
    return Requirement.objects.visible_to(request.user) if request else Requirement.objects.none()


def visible_measures(request: Any) -> QuerySet[Measure]:
    return Measure.objects.visible_to(request.user) if request else Measure.objects.none()


class BrowsingFilter(QueryFilterSet):
    """What both kinds of rows are narrowed by."""

    kind: Kind

    organisation = OrganisationFilter(
        field_name="algorithm__organisation", queryset=visible_organisations, label=_("Organisation")
    )
    topic = OfSubject("topics", queryset=Topic.objects.all(), label=_("Topic"), nothing=_("Without a topic"))
    phase = OfSubject(
        "phases",
        queryset=LifecyclePhase.objects.all(),
        label=_("Lifecycle phase"),
        nothing=_("Without a phase"),
    )
    risk_group = django_filters.MultipleChoiceFilter(
        choices=[*RISK_GROUPS, (NO_RISK_GROUP, _("No risk group"))], distinct=False, label=_("Risk group")
    )
    algorithm = django_filters.ModelChoiceFilter(queryset=visible_algorithms, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, request: Any, moment: Moment, given: Collection[str] = ()) -> None:
        """`given`: the filters that the page itself has filled in, because it is about that."""
        self.moment, self.given = moment, given
        rows = visible_to(self.kind.rows(moment), request.user)
        super().__init__(data, queryset=rows, request=request)

    @property
    def is_filtered(self) -> bool:
        """Whether something narrows the rows of the page; what the page is about does not, nor does the order."""
        names = self.filters.keys() - {"sort", *self.given}
        return not self.is_valid() or any(name in self.data for name in names)

    def only(self) -> list[Any]:
        """The single records to which the rows are kept: an algorithm, a requirement or measure, a criterion."""
        if not self.is_valid():
            return []
        chosen = [self.form.cleaned_data.get(name) for name in NARROWS]
        return [record for record in chosen if record]


class RequirementRowFilter(BrowsingFilter):
    kind = REQUIREMENTS

    law = OfSubject("law", queryset=Law.objects.all(), label=_("Law"), nothing=_("Without a law"))
    status = django_filters.MultipleChoiceFilter(
        choices=RequirementAssessment.STATUSES, method="with_status", label=_("Status")
    )
    claimed = YesNo(condition_of(REQUIREMENTS, "claimed"), _("Claimed met"))
    verified = Verification(condition_of(REQUIREMENTS, "verified"), _("Verification"))
    overdue = YesNo(condition_of(REQUIREMENTS, "overdue"), _("Overdue"))
    unassigned = YesNo(condition_of(REQUIREMENTS, "unassigned"), _("Open and assigned to nobody"))
    assignee = PersonFilter(_("Assigned to"))
    accountable = PersonFilter(_("Accountable for the algorithm"))
    requirement = django_filters.ModelChoiceFilter(
        queryset=visible_requirements, to_field_name="slug", widget=forms.HiddenInput
    )
    sort = SortRows(
        claimed=(_("Claimed, newest first"), (F("claimed_at").desc(nulls_last=True),)),
        verified=(_("Verified, newest first"), (F("verified_at").desc(nulls_last=True),)),
    )

    class Meta:
        model = Applicability
        fields: list[str] = []

    def with_status(self, queryset: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        return _with_code(queryset, "status", value)


class MeasureRowFilter(BrowsingFilter):
    kind = MEASURES

    law = OfSubject(
        "requirements__law", queryset=Law.objects.all(), label=_("Law"), nothing=_("Without a law")
    )  # fmt: skip
    choice = django_filters.MultipleChoiceFilter(
        choices=MeasureStatus.Choice.choices, method="with_choice", label=_("Choice")
    )
    progress = django_filters.MultipleChoiceFilter(
        choices=MeasureStatus.Progress.choices, distinct=False, label=_("Progress")
    )
    settled = YesNo(lambda day: SETTLED, _("Settled: done, or not applied with a reason"))
    overdue = YesNo(condition_of(MEASURES, "overdue"), _("Overdue"))
    unassigned = YesNo(condition_of(MEASURES, "unassigned"), _("Open and assigned to nobody"))
    assignee = PersonFilter(_("Assigned to"))
    accountable = PersonFilter(_("Accountable for the algorithm"))
    measure = django_filters.ModelChoiceFilter(
        queryset=visible_measures, to_field_name="slug", widget=forms.HiddenInput
    )
    criterion = django_filters.ModelChoiceFilter(
        queryset=AuditCriterion.objects.select_related("framework"), method="of_criterion", widget=forms.HiddenInput
    )
    sort = SortRows()

    class Meta:
        model = Recommendation
        fields: list[str] = []

    def with_choice(self, queryset: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        return _with_code(queryset, "choice", value)

    def of_criterion(self, queryset: QuerySet[Any], name: str, value: AuditCriterion) -> QuerySet[Any]:
        return queryset.filter(measure__in=value.measures.order_by().values("pk"))


def _with_code(rows: QuerySet[Any], name: str, codes: list[str]) -> QuerySet[Any]:
    """Those with one of these codes; where nobody has begun, it is open."""
    kept = Q(**{f"{name}__in": codes})
    return rows.filter(kept | Q(**{name: None}) if "open" in codes else kept)


FILTERS: dict[str, type[BrowsingFilter]] = {"requirements": RequirementRowFilter, "measures": MeasureRowFilter}
