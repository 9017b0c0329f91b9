from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from governance.account_forms import PASSWORD_HINT
from governance.forms import name_the_blank
from governance.models import GroupRole, Membership, User

WHAT_ROLES_DO = _(
    "An administrator arranges who may come in. An algorithm officer and a manager change everything, an auditor reads "
    "everything, a contributor does the work that is assigned, a reader reads."
)


class FindForm(forms.Form):
    q = forms.CharField(label=_("Name or e-mail address"), required=False)
    role = forms.ChoiceField(label=_("Role"), required=False, choices=[("", _("All")), *Membership.Role.choices])


class InviteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail address"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Membership.Role.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=WHAT_ROLES_DO,
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"), choices=[("", _("Choose a role")), *Membership.Role.choices], help_text=WHAT_ROLES_DO
    )


class SecondFactorForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("These roles need a second factor"),
        choices=Membership.Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who has none yet can do nothing after you save this, until it is set up."),
    )

    def __init__(self, *args: Any, without_one: Mapping[str, set[int]], user: User, **kwargs: Any) -> None:
        """`without_one`: role → the keys of who has no second factor yet."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["roles"].choices = [
            (role, f"{label} ({told})" if (told := self._told(without_one.get(role, set()), user)) else label)
            for role, label in Membership.Role.choices
        ]

    @staticmethod
    def _told(people: set[int], user: User) -> str:
        if not people:
            return ""
        if user.pk in people:
            sentence = ngettext("you have none yet", "%(n)d people have none yet, you among them", len(people))
        else:
            sentence = ngettext("%(n)d person has none yet", "%(n)d people have none yet", len(people))
        return sentence % {"n": len(people)}


class GroupRoleForm(forms.ModelForm):
    class Meta:
        model = GroupRole
        fields = ["group", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_the_blank(self, _("Choose…"))


class AcceptForm(forms.Form):
    """Of a person who has no account yet."""

    name = forms.CharField(label=_("Your name"), max_length=150)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password, once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", _("This is not the same password. Type it twice."))
        return cleaned
