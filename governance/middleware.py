import uuid
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import translation
from django.utils.translation import gettext as _

from governance import audit_trail, second_factor
from governance.api.problems import problem_response
from governance.models import User


class PersonalLocaleMiddleware(LocaleMiddleware):
    """The language a person chose: on their account, else in their cookie, else Dutch (never the browser's guess)."""

    def process_request(self, request: HttpRequest) -> None:
        chosen = getattr(request.user, "language", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = language


class AuditMiddleware:
    """Says who is acting, for everything a request records."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path
        channel = "api" if path.startswith("/api/") else "admin" if path.startswith("/beheer/") else "page"
        user = request.user if request.user.is_authenticated else None
        with audit_trail.acting(user, channel, str(uuid.uuid4()), address=visitors_address(request)):
            return self.get_response(request)


def visitors_address(request: HttpRequest) -> str | None:
    """From where the request came; behind proxies (`BEHIND_PROXY`) what the outermost trusted one says.

    What visitors themselves send as X-Forwarded-For counts for nothing.
    """
    trusted, forwarded = settings.ALLAUTH_TRUSTED_PROXY_COUNT, request.headers.get("x-forwarded-for")
    stations = [*(forwarded.split(",") if forwarded else []), request.META.get("REMOTE_ADDR", "")]
    try:
        return str(ip_address(stations[-1 - trusted if forwarded else -1].strip().partition("%")[0]))
    except (IndexError, ValueError):
        return None


class SecondFactorMiddleware:
    """Sends whoever must have a second factor and has none to where it is set up, until they have one."""

    OPEN = {"language", "account_logout", "account_reauthenticate", "account_set_password", "invitation"}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        page = request.resolver_match.url_name or "" if request.resolver_match else ""
        if not isinstance(request.user, User) or page in self.OPEN or page.startswith("mfa_"):
            return None
        methods = [entry["method"] for entry in request.session.get("account_authentication_methods", [])]
        if not second_factor.lacks(request.user, methods):
            return None
        sentence = _("Your role asks for a second factor when you log in. Set one up first.")
        if request.path.startswith("/api/"):
            return problem_response(403, sentence)
        return HttpResponseRedirect(reverse("mfa_index"))


class ButtonMiddleware:
    """Addresses that only a button leads to: explains them to who opens one, and lets no log-in end there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/api/"):
            return response
        if response.status_code == 405:
            return self._explained(request, response)
        log_in = reverse("account_login")
        came_from = _own_path(request)
        if request.method == "POST" and came_from and getattr(response, "url", "").startswith(f"{log_in}?next="):
            messages.warning(request, _("You were logged out, so nothing was done. Log in and do it again."))
            return redirect_to_login(came_from, log_in)
        return response

    def _explained(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        above = _page_above(request.path)
        if request.method == "GET" and above and _own_path(request).startswith(reverse("account_login")):
            messages.warning(request, _("You were logged out, so nothing was done. Press the button again."))
            return redirect(above)
        explained = render(request, "405.html", {"above": above}, status=405)
        explained["Allow"] = response["Allow"]
        return explained


def _own_path(request: HttpRequest) -> str:
    """The path of the page of ours from which the request came, with its query; else nothing."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.get_host():
        return ""
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def _page_above(path: str) -> str:
    """The nearest address above this one that leads to something; nothing when only the front page does."""
    parts = path.strip("/").split("/")
    for length in range(len(parts) - 1, 0, -1):
        above = f"/{'/'.join(parts[:length])}/"
        try:
            resolve(above)
        except Resolver404:
            continue
        return above
    return ""
