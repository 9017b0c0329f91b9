import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from governance import audit_trail


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
        with audit_trail.acting(user, channel, str(uuid.uuid4())):
            return self.get_response(request)
