"""Errors of the API as problem details (RFC 9457), with a sentence in the reader's language."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The answer for an error; `errors` names each query parameter that is wrong, and why."""
    if isinstance(exc, Http404):
        exc = NotFound(_("There is nothing here, or nothing that you may see."))
    response = exception_handler(exc, context)
    if response is None:
        return None
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
    }
    if set(response.data) == {"detail"}:
        body["detail"] = response.data["detail"]
    else:
        body["detail"] = _("Some parameters cannot be used as they are.")
        body["errors"] = [
            {"parameter": name, "detail": " ".join(sentences)} for name, sentences in response.data.items()
        ]
    response.data = body
    response.content_type = "application/problem+json"
    return response


def problem_response(status: int, detail: str) -> JsonResponse:
    """A problem that is answered before the API is reached."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")
