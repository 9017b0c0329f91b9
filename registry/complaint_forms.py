from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.forms import DateInput, SeenForm, name_the_blank
from governance.models import Organisation
from governance.permissions import WORKING
from registry.models import Complaint


class ComplaintForm(SeenForm, forms.ModelForm):
    """What came in. The verb checks and writes; the instance of the form stays as it was read."""

    class Meta:
        model = Complaint
        fields = ["kind", "received_on", "channel", "reference", "summary", "handler", "due"]
        widgets = {
            "kind": forms.RadioSelect,
            "received_on": DateInput(),
            "due": DateInput(),
            "summary": forms.Textarea(attrs={"rows": 5}),
        }
        help_texts = {
            "channel": _("Such as: by telephone, website, counter, letter, social media."),
            "summary": _(
                "Do not write names, addresses, numbers or other data of the sender: those belong in your case system."
            ),
            "due": _(
                "Leave it empty for the usual term: two weeks for a question, six weeks for a complaint (Awb art. 9:11)"
                " or an objection (Awb art. 7:10), four weeks for a signal."
            ),
        }

    def __init__(self, *args: Any, organisation: Organisation, may_assign: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["kind"].choices = Complaint.Kind.choices
        if may_assign:
            fields["handler"].queryset = organisation.people(WORKING)
            name_the_blank(self, _("Nobody"))
        else:
            del fields["handler"]
        if self.instance.pk:
            fields["seen"].initial = self.instance.version
            fields["due"].help_text = ""
        else:
            del fields["seen"]

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def _post_clean(self) -> None:
        pass


class HandleForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label=_("How did it end?"), choices=Complaint.Outcome.choices, widget=forms.RadioSelect)
    response = forms.CharField(
        label=_("What was answered and done?"),
        help_text=_("Also what changes about the algorithm because of it. Without data of the sender."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    closed_on = forms.DateField(label=_("Closed on"), initial=timezone.localdate, widget=DateInput())


class ReopenForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why is it opened again?"), widget=forms.Textarea(attrs={"rows": 2}))
