"""One's own account, and the language of the pages."""

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance import audit_trail, second_factor
from governance.models import Membership, User

A_YEAR = 365 * 24 * 60 * 60


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Who one is here: roles, and how one logs in."""
    person = request.user
    return render(
        request,
        "governance/account.html",
        {
            "memberships": Membership.objects.current().filter(user=person).select_related("organisation"),
            "has_second_factor": bool(second_factor.who_have_one([person])),
            "identities": SocialAccount.objects.filter(user=person),
            "provider": settings.OIDC_NAME if settings.OIDC_SERVER_URL else "",
        },
    )


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remembers the chosen language, on the account of whoever is logged in and in a cookie, and goes back."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        languages = ", ".join(dict(settings.LANGUAGES))
        return HttpResponseBadRequest(_("Choose one of these languages: %(languages)s.") % {"languages": languages})
    if isinstance(request.user, User):
        _remember(request.user, chosen)
    response = HttpResponseRedirect(_own_address(request, request.POST.get("next", "")))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _remember(user: User, language: str) -> None:
    changes = audit_trail.changes_between({"language": user.language}, {"language": language})
    if changes:
        with transaction.atomic():
            user.language = language
            user.save(update_fields=["language"])
            audit_trail.record("user.language_chosen", user, changes)


def _own_address(request: HttpRequest, address: str) -> str:
    """The address when it is one of this site, else the front page."""
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_ours else resolve_url("home")
