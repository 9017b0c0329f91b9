from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.forms import DateInput, SeenForm
from registry.models import Evaluation, MonitoringPoint
from registry.monitoring import BY_HAND
from registry.record_forms import RecordForm


class PointForm(RecordForm):
    people = ("assignee",)

    class Meta:
        model = MonitoringPoint
        fields = ["what", "how", "every_months", "next_on", "assignee"]
        help_texts = {
            "what": _("Such as: the share of wrong outcomes, the use by staff, complaints, the costs."),
            "how": _("Where the figures come from, and from which value somebody has to do something."),
            "every_months": _("12 is once a year."),
        }
        widgets = {"how": forms.Textarea(attrs={"rows": 3}), "next_on": DateInput()}


class AskForm(RecordForm):
    """Something gives rise to an evaluation."""

    people = ("assignee",)

    class Meta:
        model = Evaluation
        fields = ["trigger", "trigger_note", "due", "assignee"]
        help_texts = {"due": _("Leave it empty for the usual term: a month, two weeks after an incident.")}
        widgets = {"trigger_note": forms.Textarea(attrs={"rows": 3}), "due": DateInput(), "trigger": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["trigger"].choices = [(trigger.value, trigger.label) for trigger in BY_HAND]
        fields["trigger"].initial = None
        self.initial.pop("trigger", None)
        fields["trigger_note"].required = True
        fields["due"].required = False


class EvaluationForm(RecordForm):
    people = ("assignee",)

    class Meta:
        model = Evaluation
        fields = ["due", "assignee"]
        widgets = {"due": DateInput()}


class HoldForm(SeenForm):
    held_on = forms.DateField(label=_("Held on"), initial=clock.today, widget=DateInput())
    findings = forms.CharField(
        label=_("What was seen?"),
        help_text=_("Figures, examples, and what staff and others say."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    outcome = forms.ChoiceField(
        label=_("What does it lead to?"), choices=Evaluation.Outcome.choices, widget=forms.RadioSelect
    )
