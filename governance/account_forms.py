"""The forms of logging in and of passwords: those of allauth, with the labels and hints of this register."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.mfa.base import forms as factor_forms
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.webauthn import forms as key_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from governance.models import User

PASSWORD_HINT = _("At least 12 characters. Not only digits, and not a password that many people use.")


class PlainFields(forms.Form):
    """Labels instead of placeholders, and one sentence instead of a list of rules."""

    labels: dict[str, Any] = {}
    help_texts: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.help_texts.get(name, "")


class LogInForm(PlainFields, allauth_forms.LoginForm):
    labels = {"login": _("E-mail address"), "password": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {"type": "email", "autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        self.fields["login"].widget.attrs.update(attributes)


class ResetPasswordForm(PlainFields, allauth_forms.ResetPasswordForm):
    labels = {"email": _("E-mail address")}

    def clean_email(self) -> str:
        """Finds the open account by the address it has now, and by no other; the screen says the same either way.

        An account without a password is left out: its person comes in through the identity provider, which shuts out
        whoever leaves there, and a password of its own would go on working.
        """
        found = User.objects.filter(email__iexact=self.cleaned_data["email"], is_active=True)
        self.users = [person for person in found if person.has_usable_password()]
        return self.cleaned_data["email"]


class NewPasswordForm(PlainFields, allauth_forms.ResetPasswordKeyForm):
    labels = {"password1": _("New password"), "password2": _("New password, once more")}
    help_texts = {"password1": PASSWORD_HINT}


class ChangePasswordForm(PlainFields, allauth_forms.ChangePasswordForm):
    labels = {"oldpassword": _("Current password"), **NewPasswordForm.labels}
    help_texts = NewPasswordForm.help_texts


class FirstPasswordForm(PlainFields, allauth_forms.SetPasswordForm):
    labels = NewPasswordForm.labels
    help_texts = NewPasswordForm.help_texts


class ReauthenticateForm(PlainFields, allauth_forms.ReauthenticateForm):
    labels = {"password": _("Password")}


class CodeForm(PlainFields, factor_forms.AuthenticateForm):
    labels = {"code": _("Code")}


class CodeAgainForm(PlainFields, factor_forms.ReauthenticateForm):
    labels = {"code": _("Code")}


class AppForm(PlainFields, totp_forms.ActivateTOTPForm):
    labels = {"code": _("Code")}


class KeyForm(PlainFields, key_forms.AddWebAuthnForm):
    labels = {"name": _("Name of the key"), "passwordless": _("A passkey: log in with this key alone, no password")}


class KeyNameForm(PlainFields, key_forms.EditWebAuthnForm):
    labels = {"name": _("Name of the key")}
