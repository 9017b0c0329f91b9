"""Organisations: which there are, and the page of one."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from governance.models import Organisation


def visible_organisation(
    request: HttpRequest, slug: str, permission: str = "governance.view_organisation"
) -> Organisation:
    """The organisation, which this person may see (else 404) and has the permission on (else 403)."""
    organisations = Organisation.objects.visible_to(request.user).select_related("parent__parent__parent")
    organisation = get_object_or_404(organisations, slug=slug)
    if not request.user.has_perm(permission, organisation):
        raise PermissionDenied
    return organisation


def tab(organisation: Organisation, here: str, **context: Any) -> Mapping[str, Any]:
    """What every page about one organisation needs; `here` is the name of the tab."""
    return {"section": "organisations", "organisation": organisation, "tab": here, **context}


@login_required
def organisations(request: HttpRequest) -> HttpResponse:
    """The tree of the organisations that this person may see."""
    visible = Organisation.objects.visible_to(request.user).order_by("path")
    return render(request, "governance/organisations.html", {"section": "organisations", "organisations": visible})


@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    children = Organisation.objects.visible_to(request.user).filter(parent=organisation)
    return render(request, "governance/organisation.html", tab(organisation, "overview", children=children))
