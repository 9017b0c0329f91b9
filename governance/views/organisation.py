"""Organisations: which there are, and the page of one."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from governance import maturity, organisation_level
from governance import overview as overview_of
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


def accountable_for(request: HttpRequest, organisation: Organisation) -> Mapping[str, Any]:
    """Who arranges the organisation level: `accountable`, `is_here`, and `may_go_there` for who may see it."""
    accountable = organisation.accountable()
    is_here = accountable == organisation
    return {
        "accountable": accountable,
        "is_here": is_here,
        "may_go_there": is_here or request.user.has_perm("governance.view_organisation", accountable),
    }


@login_required
def organisations(request: HttpRequest) -> HttpResponse:
    """The tree of the organisations that this person may see."""
    visible = Organisation.objects.visible_to(request.user).order_by("path")
    return render(request, "governance/organisations.html", {"section": "organisations", "organisations": visible})


@login_required
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    children = Organisation.objects.visible_to(request.user).filter(parent=organisation)
    arranged = accountable_for(request, organisation)
    judged = maturity.of(arranged["accountable"]) if arranged["may_go_there"] else []
    return render(
        request,
        "governance/organisation.html",
        tab(
            organisation,
            "overview",
            **arranged,
            children=children,
            responsible=overview_of.responsible(organisation),
            policies=overview_of.policies(organisation),
            vacant=overview_of.vacant_functions(organisation),
            standing=organisation_level.standing(arranged["accountable"]),
            latest=judged[-1] if judged else None,
            average=maturity.average(judged[-1]) if judged else None,
            courses=maturity.courses(judged[-6:]) if judged else [],
        ),
    )
