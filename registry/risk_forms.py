from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.forms import DateInput, SeenForm
from registry.models import Risk
from registry.record_forms import RecordForm
from registry.risks import IMPACT, LIKELIHOOD, Answer, Proposed, measures_for


def choices_of(scale: dict[int, Any]) -> list[tuple[Any, str]]:
    """The numbers of a scale, each with what it means."""
    return [("", _("Not judged yet")), *((number, f"{number} – {word}") for number, word in scale.items())]


def scale_field(scale: dict[int, Any], label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=lambda: choices_of(scale), coerce=int, empty_value=None, required=False, label=label
    )


class RiskForm(RecordForm):
    people = ("owner",)

    likelihood_before = scale_field(LIKELIHOOD, gettext_lazy("How likely is it, without treatment?"))
    impact_before = scale_field(IMPACT, gettext_lazy("How bad would it be, without treatment?"))
    likelihood_after = scale_field(LIKELIHOOD, gettext_lazy("How likely is it, with the treatment?"))
    impact_after = scale_field(IMPACT, gettext_lazy("How bad would it be, with the treatment?"))

    class Meta:
        model = Risk
        fields = [
            "title", "description", "likelihood_before", "impact_before", "treatment", "treatment_note", "measures",
            "likelihood_after", "impact_after", "owner",
        ]  # fmt: skip
        labels = {"measures": gettext_lazy("Which measures treat it?")}
        help_texts = {
            "title": gettext_lazy("In one sentence: what happens, and to whom."),
            "measures": gettext_lazy("Measures that are recommended for this algorithm, or that somebody works on."),
            "owner": gettext_lazy("Who keeps an eye on the risk and sees to its treatment."),
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 4}),
            "treatment_note": forms.Textarea(attrs={"rows": 3}),
            "measures": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["treatment"].choices = [("", _("Not decided yet")), *Risk.Treatment.choices]
        fields["measures"].queryset = measures_for(self.instance)
        if not fields["measures"].queryset.exists():
            del fields["measures"]


class AcceptForm(SeenForm):
    until = forms.DateField(
        label=gettext_lazy("Accepted until"),
        help_text=gettext_lazy("After that day the acceptance lapses, and somebody has to look at it again."),
        widget=DateInput(),
    )
    because = forms.CharField(
        label=gettext_lazy("Why can it be accepted?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=5000
    )


class ProposedForm(forms.Form):
    """What to do with one risk that the catalogue names."""

    LATER, TAKE, DISMISS = "later", "take", "dismiss"

    choice = forms.ChoiceField(
        label=gettext_lazy("What do you do with it?"),
        choices=[
            (LATER, gettext_lazy("Decide later")),
            (TAKE, gettext_lazy("Take it up")),
            (DISMISS, gettext_lazy("No risk here")),
        ],
        widget=forms.RadioSelect,
        initial=LATER,
    )
    title = forms.CharField(label=gettext_lazy("What can go wrong, here"), max_length=200, required=False)
    description = forms.CharField(
        label=gettext_lazy("Cause and consequence, here"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it is no risk here"), widget=forms.Textarea(attrs={"rows": 2}), required=False
    )

    def __init__(self, data: Any, *, proposed: Proposed) -> None:
        super().__init__(
            data,
            prefix=proposed.key,
            initial={"title": proposed.title, "description": proposed.text},
        )
        self.proposed = proposed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("choice") == self.DISMISS and not (cleaned.get("reason") or "").strip():
            self.add_error("reason", _("Say why this is no risk here."))
        return cleaned

    @property
    def answer(self) -> Answer | None:
        """None for what is decided later."""
        given = self.cleaned_data
        if given["choice"] == self.LATER:
            return None
        return Answer(
            self.proposed.key,
            given["choice"] == self.TAKE,
            title=given["title"],
            description=given["description"],
            reason=given["reason"],
        )
