from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms import DateInput, SeenForm, name_the_blank
from governance.models import LifecyclePhase, Membership, Organisation
from registry.filters import RISK_GROUPS
from registry.models import Algorithm, Audit


class AuditForm(SeenForm, forms.ModelForm):
    """What is audited. The verb checks and writes."""

    class Meta:
        model = Audit
        fields = ["title", "scope", "frameworks", "period_from", "period_to", "lead"]
        widgets = {
            "scope": forms.Textarea(attrs={"rows": 5}),
            "frameworks": forms.CheckboxSelectMultiple,
            "period_from": DateInput(),
            "period_to": DateInput(),
        }
        help_texts = {
            "scope": _("What you look at and what not, and with which question."),
            "period_from": _("The period that the audit is about."),
        }

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["lead"].queryset = organisation.people([Membership.Role.AUDITOR])
        name_the_blank(self, _("Nobody"))
        if self.instance.pk:
            fields["seen"].initial = self.instance.version
        else:
            del fields["seen"]

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        return found | {"frameworks": list(found["frameworks"])}

    def _post_clean(self) -> None:
        pass


class SampleForm(SeenForm):
    """Out of which algorithms is drawn, and how many; nothing chosen means all."""

    status = forms.MultipleChoiceField(
        label=_("Status"), choices=Algorithm.Status.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    risk_group = forms.MultipleChoiceField(
        label=_("Risk group"), choices=RISK_GROUPS, required=False, widget=forms.CheckboxSelectMultiple
    )
    phase = forms.MultipleChoiceField(label=_("Lifecycle phase"), required=False, widget=forms.CheckboxSelectMultiple)
    size = forms.IntegerField(label=_("How many algorithms?"), min_value=1, initial=5)
    seed = forms.CharField(
        label=_("Seed"),
        required=False,
        max_length=40,
        help_text=_("Leave it empty to have one made. Give the same seed to draw the same sample again."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["phase"].choices = [
            (phase.slug, f"{phase.number}. {phase}") for phase in LifecyclePhase.objects.exclude(number=0)
        ]

    @property
    def narrowed(self) -> dict[str, list[str]]:
        return {name: self.cleaned_data[name] for name in ("status", "risk_group", "phase")}


class ReportForm(SeenForm):
    conclusion = forms.CharField(
        label=_("Report"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 20}),
        help_text=_("In Markdown: # heading, - list, [words](https://address)."),
    )
