"""The forms of the work on requirements and measures, the same at both levels."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from governance.forms import DateInput, LinkLines, SeenForm, name_the_blank
from governance.models import Organisation, OrganisationAssessment, OrganisationMeasureStatus
from governance.permissions import WORKING


class WorkForm(SeenForm, forms.ModelForm):
    """What every piece of work has: explanation, links, due date, assignee, and the row that was seen."""

    links = LinkLines(label=gettext_lazy("Links to evidence"), needs_address=True)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        fields = ["explanation", "links", "due", "assignee"]
        widgets = {"due": DateInput(), "explanation": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, organisation: Organisation, may_assign: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.pk
        if may_assign:
            self.fields["assignee"].queryset = organisation.people(WORKING)
            name_the_blank(self, gettext_lazy("Nobody"))
        else:
            del self.fields["assignee"], self.fields["due"]

    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def _post_clean(self) -> None:
        """The verb validates and writes; the instance of the form stays as it was read."""


class AssessmentForm(WorkForm):
    class Meta(WorkForm.Meta):
        model = OrganisationAssessment
        fields = ["status", *WorkForm.Meta.fields]
        widgets = {**WorkForm.Meta.widgets, "status": forms.RadioSelect}
        help_texts = {
            "status": gettext_lazy("“Met” is your claim, with your name and today's date; a colleague verifies it."),
            "explanation": gettext_lazy(
                "How is it met, or what is still missing? An auditor wants to be able to follow it without you."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = self.instance.STATUSES


class MeasureForm(WorkForm):
    class Meta(WorkForm.Meta):
        model = OrganisationMeasureStatus
        fields = ["choice", "progress", *WorkForm.Meta.fields]
        widgets = {**WorkForm.Meta.widgets, "choice": forms.RadioSelect, "progress": forms.RadioSelect}
        help_texts = {
            "choice": gettext_lazy("A measure is a recommendation: apply it, replace it, or explain why not."),
            "progress": gettext_lazy("Counts for a chosen or own measure."),
            "explanation": gettext_lazy(
                "What exactly is done, which own measure replaces it, or why it is not applied?"
            ),
        }


class VerifyForm(forms.Form):
    """Stands beside the form of the work itself; the ids of its fields are its own."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label=gettext_lazy("Your verdict"),
        choices=[("confirm", gettext_lazy("I confirm the claim")), ("return", gettext_lazy("I return the claim"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        help_text=gettext_lazy("Needed when you return the claim."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="verify_%s", **kwargs)
