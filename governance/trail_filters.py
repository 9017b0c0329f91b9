"""What the audit trail can be narrowed by."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from governance import trail
from governance.filters import QueryFilterSet, SearchFilter
from governance.forms import DateInput
from governance.models import AuditEvent, Organisation, User
from governance.permissions import AUDIT_READERS

CHANNELS = [("page", _("Pages")), ("admin", _("Administration pages")), ("api", _("API")), ("command", _("Commands"))]
GROUPS: list[tuple[str, Any]] = [
    ("log-in", _("Logging in and accounts")),
    ("roles", _("Roles and rights")),
    ("responsibility", _("Responsibilities and functions")),
    ("work", _("Requirements and measures")),
    ("policy", _("Policies")),
    ("organisation", _("The organisation, its values and knowledge")),
    ("comment", _("Comments")),
    ("algorithm", _("Algorithms and their classification")),
    ("evidence", _("Evidence and impact assessments")),
    ("decision", _("Decisions about algorithms")),
    ("risk", _("Risks, evaluations and incidents")),
    ("oversight", _("Findings, audits and checks")),
    ("catalogue", _("Catalogue and imports")),
    ("taken", _("Downloads and exports")),
]
VERBS: dict[str, set[str]] = {
    "log-in": {"user."},
    "roles": {"membership.", "invitation.", "grouprole.", "organisation.second_factor_required"},
    "responsibility": {"position."},
    "work": {
        "requirement.assessed",
        "requirement.verified",
        "requirement.returned",
        "requirement.to_verify_again",
        "measure.recorded",
    },
    "policy": {"policy.", "policyversion.", "readingrequest."},
    "organisation": {"organisation.", "objective.", "maturity.", "knowledge.", "training."},
    "comment": {"comment."},
    "algorithm": set(),
    "catalogue": {"framework.", "decision_tree.", "officialbody.", "requirement.", "measure.", "tool."},
    "evidence": {"evidence.", "proof."},
    "decision": set(),
    "risk": set(),
    "oversight": set(),
    "taken": {".downloaded", "export."},
}
"""By group the verbs in it: whole, their beginning up to the point, or (from a point on) their end."""


def belong(group: str, verbs: Iterable[str]) -> None:
    """States that these verbs, or what begins or ends so, are in the group."""
    VERBS[group] |= set(verbs)


def readable_organisations(request: Any) -> QuerySet[Organisation]:
    """The organisations whose trail this person reads."""
    if request is None:
        return Organisation.objects.none()
    return Organisation.objects.where_member_holds(request.user, AUDIT_READERS).order_by("name")


def _begin(day: date) -> datetime:
    return make_aware(datetime.combine(day, time()))


class TrailFilter(QueryFilterSet):
    q = SearchFilter("label__icontains")
    q.label = _("Name of the record")
    person = django_filters.CharFilter(method="by_person", label=_("Person"), max_length=200)
    organisation = django_filters.ModelChoiceFilter(
        queryset=readable_organisations, to_field_name="slug", method="within", label=_("Organisation")
    )
    since = django_filters.DateFilter(method="from_day", label=_("From (day)"), widget=DateInput())
    until = django_filters.DateFilter(method="up_to_day", label=_("Up to and including"), widget=DateInput())
    kind = django_filters.ChoiceFilter(field_name="subject_type", choices=trail.kinds, label=_("Kind of record"))
    done = django_filters.MultipleChoiceFilter(choices=GROUPS, method="in_group", label=_("What was done"))
    channel = django_filters.MultipleChoiceFilter(choices=CHANNELS, distinct=False, label=_("Through"))
    request_id = django_filters.CharFilter(label=_("Request"), max_length=36)
    record = django_filters.CharFilter(field_name="subject_id", label=_("Key of the record"), max_length=60)

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def within(self, queryset: QuerySet[Any], name: str, value: Organisation) -> QuerySet[Any]:
        """Of the organisation and of its parts."""
        parts = Organisation.objects.filter(path__startswith=value.path)
        return queryset.filter(organisation__in=parts.order_by().values("pk"))

    def by_person(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Done by, or on behalf of, somebody whose name or address has all of these words."""
        people = User.objects.all()
        for word in value.split():
            people = people.filter(Q(name__icontains=word) | Q(email__icontains=word))
        keys = people.order_by().values("pk")
        return queryset.filter(Q(actor__in=keys) | Q(on_behalf_of__in=keys))

    # Moments are compared as they are stored, so that their index is used.
    def from_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(moment__gte=_begin(value))

    def up_to_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(moment__lt=_begin(value + timedelta(days=1))) if value < date.max else queryset

    def in_group(self, queryset: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        fits = Q()
        for verb in {verb for group in value for verb in VERBS.get(group, ())}:
            if verb.endswith("."):
                fits |= Q(verb__startswith=verb)
            elif verb.startswith("."):
                fits |= Q(verb__endswith=verb)
            else:
                fits |= Q(verb=verb)
        return queryset.filter(fits) if value else queryset
