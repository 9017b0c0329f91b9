"""What the lists of findings and audits can be narrowed by; see `registry.filters`."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.filters import QueryFilterSet, SearchFilter, YesNoFilter
from governance.models import AuditCriterion, User
from registry.models import Algorithm, Audit, Finding


def visible_findings(request: Any) -> QuerySet[Finding]:
    return Finding.objects.visible_to(request.user) if request else Finding.objects.none()


def audited(request: Any) -> QuerySet[Audit]:
    if request is None:
        return Audit.objects.none()
    found = visible_findings(request).filter(audit=OuterRef("pk"))
    audits: QuerySet[Audit] = Audit.objects.visible_to(request.user).filter(Exists(found))
    return audits


def found_in(request: Any) -> QuerySet[Algorithm]:
    if request is None:
        return Algorithm.objects.none()
    found = Finding.objects.filter(algorithm=OuterRef("pk"))
    return Algorithm.objects.visible_to(request.user).filter(Exists(found))


def tested(request: Any) -> QuerySet[AuditCriterion]:
    found = visible_findings(request).filter(criterion=OuterRef("pk"))
    return AuditCriterion.objects.filter(Exists(found)).select_related("framework")


def owners(request: Any) -> QuerySet[User]:
    return User.objects.filter(Exists(visible_findings(request).filter(owner=OuterRef("pk"))))


class FindingFilter(QueryFilterSet):
    STATES = [("open", _("Open")), ("closed", _("Closed"))]

    q = SearchFilter("title__icontains", "observation__icontains", "recommendation__icontains")
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Open or closed"))
    severity = django_filters.MultipleChoiceFilter(
        choices=Finding.Severity.choices, distinct=False, label=_("Severity")
    )
    unanswered = YesNoFilter(condition=Q(closed=None, responded=None), label=_("Waits for an answer"))
    asks_to_close = YesNoFilter(
        condition=lambda: Q(pk__in=Finding.objects.asking_to_close().order_by().values("pk")),
        label=_("The auditor is asked to close it"),
    )
    overdue = YesNoFilter(condition=lambda: Q(closed=None, due__lt=clock.today()), label=_("Overdue"))
    owner = django_filters.ModelChoiceFilter(queryset=owners, label=_("Owner"))
    audit = django_filters.ModelChoiceFilter(queryset=audited, label=_("Audit"))
    algorithm = django_filters.ModelChoiceFilter(queryset=found_in, label=_("Algorithm"))
    criterion = django_filters.ModelChoiceFilter(queryset=tested, label=_("Audit criterion"))

    class Meta:
        model = Finding
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(closed__isnull=value == "open")


class AuditFilter(QueryFilterSet):
    STATES = [("running", _("Running")), ("concluded", _("Concluded"))]

    q = SearchFilter("title__icontains", "scope__icontains")
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Running or concluded"))

    class Meta:
        model = Audit
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(concluded__isnull=value == "running")
