from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.forms import DateInput, SeenForm, name_the_blank
from governance.models import AuditCriterion, Measure, Organisation, Policy, Requirement, User
from governance.permissions import WORKING
from registry.models import Algorithm, Audit, Finding

TEXTS = ["norm", "observation", "cause", "consequence", "recommendation"]
LINKS = ["criterion", "requirement", "measure", "policy"]


class FindingForm(SeenForm, forms.ModelForm):
    """What the auditor saw. The verb checks and writes; what it is about is chosen once, when it is raised."""

    class Meta:
        model = Finding
        fields = ["title", "severity", *TEXTS, "audit", "algorithm", *LINKS]
        widgets = {"severity": forms.RadioSelect} | {name: forms.Textarea(attrs={"rows": 4}) for name in TEXTS}
        help_texts = {
            "title": _("In one sentence, as it stands in the list."),
            "observation": _("What you saw, and where. Without judgement."),
            "cause": _("Why it came to be so, as far as you know."),
            "consequence": _("What can go wrong because of it, and for whom."),
            "recommendation": _("What you advise to do."),
            "algorithm": _("Leave it empty if it is about the organisation as a whole."),
        }

    def __init__(self, *args: Any, organisation: Organisation, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["severity"].choices = Finding.Severity.choices
        fields["criterion"].queryset = AuditCriterion.objects.filter(
            Q(withdrawn_in=None) | Q(pk=self.instance.criterion_id)
        ).select_related("framework")
        fields["requirement"].queryset = Requirement.objects.for_organisation(organisation)
        fields["measure"].queryset = Measure.objects.for_organisation(organisation)
        policies = Policy.objects.visible_to(user).for_organisation(organisation)
        fields["policy"].queryset = policies
        if self.instance.policy_id and not policies.filter(pk=self.instance.policy_id).exists():
            del fields["policy"]  # what this person cannot see stays as it is
        if self.instance.pk:
            del fields["audit"], fields["algorithm"]
            fields["seen"].initial = self.instance.version
        else:
            del fields["seen"]
            fields["audit"].queryset = Audit.objects.visible_to(user).filter(
                organisation__in=organisation.above, concluded=None
            )
            fields["algorithm"].queryset = Algorithm.objects.within(organisation)
        name_the_blank(self, _("None"))

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the verb that are its text and its links."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("seen", "audit", "algorithm")}

    def _post_clean(self) -> None:
        pass


class ActForm(SeenForm):
    """Something that is done about a finding as it was seen; `values` go to the verb."""

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}


class ResponseForm(ActForm):
    response = forms.ChoiceField(
        label=_("Does management agree?"), choices=Finding.Response.choices, widget=forms.RadioSelect
    )
    response_text = forms.CharField(
        label=_("What does management think of it, and do about it?"), widget=forms.Textarea(attrs={"rows": 5})
    )
    owner: forms.Field = forms.ModelChoiceField(
        None, label=_("Who does it?"), required=False, help_text=_("Not needed if management does not agree.")
    )
    due = forms.DateField(
        label=_("By when?"),
        required=False,
        widget=DateInput(),
        help_text=_("Not needed if management does not agree."),
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = organisation.people(WORKING)  # type: ignore[attr-defined]
        name_the_blank(self, _("Nobody"))


class FollowUpForm(ActForm):
    text = forms.CharField(label=_("What was done?"), widget=forms.Textarea(attrs={"rows": 4}))
    asks_to_close = forms.BooleanField(label=_("This is solved: ask the auditor to close the finding"), required=False)


class CloseForm(ActForm):
    reason = forms.CharField(label=_("Why can it be closed?"), widget=forms.Textarea(attrs={"rows": 3}))


class KeepOpenForm(ActForm):
    reason = forms.CharField(label=_("What still has to be done?"), widget=forms.Textarea(attrs={"rows": 3}))


class ReopenForm(ActForm):
    reason = forms.CharField(label=_("Why is it opened again?"), widget=forms.Textarea(attrs={"rows": 3}))
