"""The forms of evidence: adding, revising and withdrawing it, and what its list can be narrowed by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance import clock, stored_files
from governance.filters import QueryFilterSet, SearchFilter, YesNoFilter
from governance.forms import DateInput, SeenForm
from governance.models import Evidence
from governance.models.evidence import kinds_of_use


class NewEvidenceForm(forms.Form):
    """A file or a link; the verb checks which."""

    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("How colleagues and auditors recognise it. Left empty, it is the name of the file or the link."),
    )
    file = forms.FileField(label=_("File"), required=False)
    url = forms.URLField(label=_("Or a link"), max_length=1000, required=False, assume_scheme="https")
    description = forms.CharField(
        label=_("What does it show?"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    valid_until = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=DateInput(),
        help_text=_("The last day it counts. After that, what was verified on it has to be verified again."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = stored_files.taken()

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb, but for the file."""
        return {name: value for name, value in self.cleaned_data.items() if name != "file"}


class EvidenceForm(SeenForm):
    title = forms.CharField(label=_("Title"), max_length=200)
    description = NewEvidenceForm.base_fields["description"]
    valid_until = NewEvidenceForm.base_fields["valid_until"]

    def __init__(self, *args: Any, evidence: Evidence, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "description", "valid_until"):
            self.initial[name] = getattr(evidence, name)
        self.initial["seen"] = evidence.version

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


def _used() -> Q:
    used = Q()
    for use in kinds_of_use():
        used |= Q(Exists(use.objects.current().filter(evidence=OuterRef("pk"))))
    return used


class EvidenceFilter(QueryFilterSet):
    STATES = [("valid", _("Valid")), ("expired", _("Expired")), ("withdrawn", pgettext_lazy("evidence", "Withdrawn"))]
    KINDS = [("file", _("File")), ("link", _("Link"))]

    q = SearchFilter("title__icontains", "description__icontains", "name__icontains", "url__icontains")
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Status"))
    kind = django_filters.ChoiceFilter(choices=KINDS, method="of_kind", label=_("File or link"))
    unused = YesNoFilter(condition=lambda: ~_used(), label=_("Used nowhere"))

    class Meta:
        model = Evidence
        fields: list[str] = []

    def in_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        today = clock.today()
        match value:
            case "valid":
                return queryset.filter(Q(valid_until=None) | Q(valid_until__gte=today), withdrawn=None)
            case "expired":
                return queryset.filter(valid_until__lt=today, withdrawn=None)
        return queryset.exclude(withdrawn=None)

    def of_kind(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(stored_file__isnull=value == "link")
