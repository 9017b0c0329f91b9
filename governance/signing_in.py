"""Logging in, as the register wants it of allauth: whom it lets in, what it says, what goes to the audit trail."""

import logging
from collections.abc import Iterable
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_added, social_account_removed
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import audit_trail, openid_connect
from governance.membership import home_of
from governance.models import User

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        # What is wrong is not said: that would tell who has an account.
        "email_password_mismatch": gettext_lazy(
            "This e-mail address and this password do not belong together. Check both."
        ),
        "too_many_login_attempts": gettext_lazy("Too many attempts. Wait five minutes and try again."),
        "rate_limited": gettext_lazy("Too many attempts. Wait a minute and try again."),
        "incorrect_password": gettext_lazy("This password is not right."),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "incorrect_code": gettext_lazy("This code is not right. Check that it is the newest one."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, require_https=self.request.is_secure())

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        messages.error(request, _("This account is closed. Ask the administrator of your organisation."))
        return HttpResponseRedirect(reverse("account_login"))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends; a mail server that does not answer stops nobody's work, but is logged."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError):
            log.exception("E-mail %s could not be sent.", template_prefix)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Records whose account it was about, or the address that nobody has; never the password.

        The limit on attempts (`ACCOUNT_RATE_LIMITS`) is also one on how fast strangers fill the audit trail.
        """
        address = credentials.get("email", "")
        person = User.objects.filter(email__iexact=address).first()
        home = home_of(person) if person else None
        audit_trail.record("user.log_in_failed", person or User(email=address), organisation=home)
        log.warning("Failed attempt to log in.")

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        methods = [entry["method"] for entry in request.session.get("account_authentication_methods", [])]
        identity = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        with audit_trail.on_behalf_of(user):
            changes = {"method": [None, ", ".join(methods)]}
            audit_trail.record("user.logged_in", user, changes, organisation=home_of(user))
            if identity is not None:
                openid_connect.follow_groups(user, identity)
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, User):
            audit_trail.record("user.logged_out", request.user, organisation=home_of(request.user))
        super().logout(request)

    def set_password(self, user: Any, password: str) -> None:
        """Sets it, and writes that the password changed, never which it was."""
        with transaction.atomic(), audit_trail.on_behalf_of(user):
            super().set_password(user, password)
            audit_trail.record("user.password_changed", user)


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        ended = list(sessions)
        super().end_sessions(ended)
        if ended:
            person = ended[0].user
            changes = {"sessions": [None, len(ended)]}
            audit_trail.record("user.sessions_ended", person, changes, organisation=home_of(person))


def record_second_factor(verb: str) -> Any:
    """A receiver of one of allauth's signals, its only way to tell of second factors."""

    def receive(sender: Any, user: User, authenticator: Authenticator | None = None, **kwargs: Any) -> None:
        with audit_trail.on_behalf_of(user):
            kind = {"kind": [None, authenticator.type]} if authenticator else {}
            audit_trail.record(verb, user, kind, organisation=home_of(user))

    return receive


def record_joined(sender: Any, sociallogin: SocialLogin, **kwargs: Any) -> None:
    person: Any = sociallogin.user
    with audit_trail.on_behalf_of(person):
        audit_trail.record("user.identity_joined", person, {"identity": [None, sociallogin.account.uid]})


def record_separated(sender: Any, socialaccount: SocialAccount, **kwargs: Any) -> None:
    person: Any = socialaccount.user
    with audit_trail.on_behalf_of(person):
        audit_trail.record("user.identity_separated", person, {"identity": [socialaccount.uid, None]})


def listen() -> None:
    """Connects the receivers, once at the start."""
    social_account_added.connect(record_joined, dispatch_uid="user.identity_joined")
    social_account_removed.connect(record_separated, dispatch_uid="user.identity_separated")
    for signal, verb in (
        (authenticator_added, "user.second_factor_added"),
        (authenticator_removed, "user.second_factor_removed"),
        (authenticator_reset, "user.second_factor_renewed"),
        (authentication_failed, "user.second_factor_failed"),
    ):
        signal.connect(record_second_factor(verb), weak=False, dispatch_uid=verb)
