"""The page behind the link of an invitation."""

from http import HTTPStatus
from typing import Any

from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from governance import membership
from governance.member_forms import AcceptForm
from governance.models import Invitation, User


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
