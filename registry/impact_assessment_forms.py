from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms import DateInput, SeenForm, name_the_blank
from governance.models import Tool
from governance.permissions import WORKING
from registry.impact_assessments import instruments
from registry.models import Algorithm, ImpactAssessment

FIELDS = ["assignee", "carried_out_on", "carried_out_by", "outcome", "conclusion", "next_on"]


class RecordForm(SeenForm, forms.ModelForm):
    """How far an impact assessment is. The verb checks and writes; the instance of the form stays as it was read."""

    class Meta:
        model = ImpactAssessment
        fields = FIELDS
        widgets = {
            "carried_out_on": DateInput(),
            "next_on": DateInput(),
            "outcome": forms.RadioSelect,
            "conclusion": forms.Textarea(attrs={"rows": 5}),
        }
        help_texts = {
            "carried_out_by": _("The people or the firm that did it."),
            "conclusion": _("What came out of it, and what must be done because of it."),
            "next_on": _("From this day it is overdue in the work of whoever it is assigned to."),
        }

    def __init__(self, *args: Any, algorithm: Algorithm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["assignee"].queryset = algorithm.organisation.people(WORKING)
        name_the_blank(self, _("Nobody"))
        fields["outcome"].choices = ImpactAssessment.Outcome.choices
        if self.instance.pk:
            self.initial["seen"] = self.instance.version
        else:
            del fields["seen"]

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def _post_clean(self) -> None:
        pass


class BeginForm(RecordForm):
    """Which instrument, and who does it; what was done already can be recorded at once."""

    field_order = ["tool", *FIELDS]

    tool = forms.ModelChoiceField(Tool.objects.none(), label=_("Instrument"))

    class Meta(RecordForm.Meta):
        fields = ["tool", *FIELDS]

    def __init__(self, *args: Any, algorithm: Algorithm, **kwargs: Any) -> None:
        super().__init__(*args, algorithm=algorithm, **kwargs)
        field: Any = self.fields["tool"]
        field.queryset = instruments(algorithm.organisation)
        groups = groupby(field.queryset, key=lambda tool: tool.meant)
        titles = {0: _("Impact assessments"), 1: _("Other instruments")}
        field.choices = [
            ("", "---------"),
            *((titles[meant], [(tool.pk, tool.title) for tool in tools]) for meant, tools in groups),
        ]


class WithdrawForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
