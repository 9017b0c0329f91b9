from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock
from governance.forms import DateInput, SeenForm
from registry.models import Incident
from registry.record_forms import RecordForm


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class IncidentForm(RecordForm):
    class Meta:
        model = Incident
        fields = [
            "summary", "description", "happened_on", "known", "seriousness", "harm", "data_breach", "handler", "cause",
            "actions",
        ]  # fmt: skip
        labels = {"known": gettext_lazy("Known since"), "harm": gettext_lazy("Is one of these the case?")}
        help_texts = {
            "description": gettext_lazy("Without names or other data of the people concerned."),
            "known": gettext_lazy(
                "The moment on which somebody of the organisation found out. The terms for reporting count from here."
            ),
            "seriousness": gettext_lazy("Serious is also: it can happen again at any moment, or many people noticed."),
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 5}),
            "happened_on": DateInput(),
            "known": MomentInput(),
            "seriousness": forms.RadioSelect,
            "harm": forms.RadioSelect,
            "data_breach": forms.RadioSelect,
            "cause": forms.Textarea(attrs={"rows": 3}),
            "actions": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, may_assign: bool, **kwargs: Any) -> None:
        self.people = ("handler",) if may_assign else ()
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        for name, model in (
            ("seriousness", Incident.Seriousness),
            ("harm", Incident.Harm),
            ("data_breach", Incident.DataBreach),
        ):
            fields[name].choices = model.choices
        if not may_assign:
            del fields["handler"]
        if not self.instance.pk:
            fields["known"].initial = clock.now
            self.initial.pop("known", None)
            del fields["cause"], fields["actions"]

    def clean_known(self) -> datetime:
        """As it stands when the minute is the same: the field shows no seconds."""
        typed: datetime = self.cleaned_data["known"]
        known = self.instance.known
        return known if known and known.replace(second=0, microsecond=0) == typed else typed


class CloseForm(SeenForm):
    cause = forms.CharField(
        label=gettext_lazy("What caused it?"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    actions = forms.CharField(
        label=gettext_lazy("What was done?"),
        help_text=gettext_lazy("Also what keeps it from happening again."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class ReportForm(forms.Form):
    MADE, NOT_NEEDED = "made", "not_needed"

    outcome = forms.ChoiceField(
        label=gettext_lazy("Was it reported?"),
        choices=[(MADE, gettext_lazy("Yes, it was reported")), (NOT_NEEDED, gettext_lazy("No, that is not needed"))],
        widget=forms.RadioSelect,
    )
    reported = forms.DateTimeField(
        label=gettext_lazy("Reported at"), widget=MomentInput(), required=False, initial=clock.now
    )
    reference = forms.CharField(label=gettext_lazy("Number or reference of the report"), max_length=200, required=False)
    because = forms.CharField(
        label=gettext_lazy("Why is it not needed?"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("outcome") == self.MADE and not cleaned.get("reported") and "reported" not in self.errors:
            self.add_error("reported", _("Fill in the moment on which it was reported."))
        if cleaned.get("outcome") == self.NOT_NEEDED and not (cleaned.get("because") or "").strip():
            self.add_error("because", _("Say why it does not have to be reported."))
        return cleaned
