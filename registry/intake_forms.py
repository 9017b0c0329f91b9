from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms import name_the_blank
from governance.models import Organisation, User
from registry.forms import RegisterForm
from registry.intake import ACQUISITION
from registry.models import Algorithm, Proposal
from registry.models.intake import PROPOSES


class ProposalForm(forms.ModelForm):
    """A few plain questions, for somebody who knows the algorithm and not the register."""

    class Meta:
        model = Proposal
        fields = [
            "name", "purpose", "origin", "organisation", "department", "affects_people", "personal_data", "contact",
        ]  # fmt: skip
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 4}),
            "origin": forms.RadioSelect,
            "affects_people": forms.RadioSelect,
            "personal_data": forms.RadioSelect,
        }
        labels = {
            "name": _("What do you call it?"),
            "purpose": _("What does it do?"),
            "origin": _("Where does it come from?"),
            "organisation": _("For which organisation?"),
            "department": _("Who uses it, or is going to use it?"),
            "affects_people": _("Does the outcome matter to people or businesses?"),
            "personal_data": _("Does it use data about people?"),
            "contact": _("Who knows more about it?"),
        }
        help_texts = {
            "purpose": _("Two or three sentences: what goes in, what comes out, what do you do with that?"),
            "department": _("A team, a desk, a profession."),
            "affects_people": _("Such as: who is inspected, who gets help first, what somebody has to pay."),
            "personal_data": _("Names and addresses, and also number plates, images or customer numbers."),
            "contact": _("A colleague or supplier, with a telephone number or e-mail address if you have it."),
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        organisations = Organisation.objects.where_member_holds(by, PROPOSES)
        fields["organisation"].queryset = organisations
        name_the_blank(self, _("Choose…"))
        fields["origin"].choices = Proposal.Origin.choices
        if len(only := organisations[:2]) == 1:
            fields["organisation"].initial = only[0]


class RegisterProposalForm(RegisterForm):
    """The short form of registering, filled in with what the proposal says, within the tree of its organisation."""

    def __init__(self, *args: Any, proposal: Proposal, user: User, **kwargs: Any) -> None:
        taken_over = {
            "name": proposal.name,
            "description_short": proposal.purpose,
            "organisation": proposal.organisation_id,
            "department": proposal.department,
            "acquisition": ACQUISITION.get(Proposal.Origin(proposal.origin), ""),
            "contact_email": proposal.contact if "@" in proposal.contact or "//" in proposal.contact else "",
        }
        super().__init__(*args, user=user, initial=taken_over, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = field.queryset.filter(path__startswith=f"/{proposal.organisation.above[0]}/")


class MergeForm(forms.Form):
    algorithm = forms.ModelChoiceField(
        Algorithm.objects.none(),
        label=_("With which algorithm?"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": _("Choose the algorithm that this is about."),
            "invalid_choice": _("Choose one of these algorithms."),
        },
    )
    reason = forms.CharField(
        label=_("What do you want to tell the proposer?"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, algorithms: Any, offered: list[Algorithm], **kwargs: Any) -> None:
        """`algorithms` may be chosen; `offered` are those that the page shows to choose from."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["algorithm"]
        field.queryset = algorithms
        field.choices = [(row.pk, f"{row.name} ({row.organisation})") for row in offered]


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Why does this not come into the register?"),
        help_text=_("The proposer reads this."),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why this does not come into the register.")},
    )
