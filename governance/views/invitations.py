"""Sending an invitation, and the page behind its link."""

import logging
from http import HTTPStatus
from smtplib import SMTPException
from typing import Any

from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from governance import membership
from governance.member_forms import AcceptForm
from governance.models import Invitation, User

log = logging.getLogger(__name__)


def send_invitation(request: HttpRequest, invitation: Invitation, token: str) -> None:
    """Sends the link in the language of the invited person, where the register knows it, and says how that went."""
    account = membership.account_of(invitation)
    with translation.override(account.language if account and account.language else translation.get_language()):
        context = {
            "invitation": invitation,
            "address": request.build_absolute_uri(reverse("invitation", args=[token])),
            "days": membership.INVITATION_LASTS.days,
        }
        subject = _("Invitation for the algorithm register of %(organisation)s") % {
            "organisation": invitation.organisation
        }
        body = render_to_string("governance/email/invitation.txt", context)
    try:
        send_mail(subject, body, None, [invitation.email])
    except (SMTPException, OSError):
        log.exception("An invitation could not be sent.")
        messages.error(
            request,
            _("The invitation is recorded, but the e-mail could not be sent. Send it again later from the list below."),
        )
    else:
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Takes up the roles: with the account one is logged in with, or with a new one."""
    found = membership.invitation_of(token)
    if found is None:
        return render(request, "governance/invitation_expired.html", status=HTTPStatus.GONE)
    account = membership.account_of(found)
    if isinstance(request.user, User):
        return _with_own_account(request, found, is_theirs=account == request.user)
    if account is not None and (account.is_active or account.is_staff or account.is_superuser):
        return render(request, "governance/invitation.html", {"invitation": found, "logs_in": account.is_active})
    return _with_new_account(request, found)


def _with_own_account(request: HttpRequest, found: Invitation, *, is_theirs: bool) -> HttpResponse:
    user: Any = request.user
    if request.method == "POST" and is_theirs:
        try:
            membership.accept(found, by=user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Welcome at %(organisation)s.") % {"organisation": found.organisation})
        return redirect("home")
    return render(request, "governance/invitation.html", {"invitation": found, "is_theirs": is_theirs})


def _with_new_account(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = AcceptForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        typed = {name: form.cleaned_data[name] for name in ("name", "password")}
        try:
            person = membership.accept_with_account(found, **typed)
        except ValidationError as error:
            for name, errors in getattr(error, "error_dict", {None: [error]}).items():
                form.add_error(name if name in form.fields else None, errors)
        else:
            messages.success(request, _("Welcome at %(organisation)s.") % {"organisation": found.organisation})
            return perform_login(request, person, email_verification="none")
    return render(request, "governance/invitation.html", {"invitation": found, "form": form})
