"""Organisations: which there are, and the page of one."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance import maturity, organisation_level
from governance import organisations as verbs
from governance import overview as overview_of
from governance.arranging_forms import OrganisationForm
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import OfficialBody, Organisation
from governance.positions import responsible
from governance.views.invitations import send_invitation

PAGE_SIZE = 50


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
    """The tree of the organisations that this person may see; for who adds them at the top, the names of all."""
    visible = Organisation.objects.visible_to(request.user).order_by("path")
    all_of_them = None
    if request.user.has_perm("governance.add_organisation"):
        named = Organisation.objects.select_related("parent").order_by("name", "pk")
        all_of_them = Paginator(named, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "governance/organisations.html",
        {
            "section": "organisations",
            "organisations": visible,
            "page": all_of_them,
            "may_add": _may_add(request.user),
        },
    )


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
            panels=[(panel, panel.about(organisation, request.user)) for panel in overview_of.panels],
            responsible=responsible(organisation),
            policies=overview_of.policies(organisation),
            vacant=overview_of.vacant_functions(organisation),
            standing=organisation_level.standing(arranged["accountable"]),
            latest=judged[-1] if judged else None,
            average=maturity.average(judged[-1]) if judged else None,
            courses=maturity.courses(judged[-6:]) if judged else [],
        ),
    )


def _may_add(user: Any) -> bool:
    return user.has_perm("governance.add_organisation") or user.has_perm("governance.add_part")


@login_required
def add(request: HttpRequest) -> HttpResponse:
    """A new organisation: at the top of the tree by the administrator of the installation, below theirs by others."""
    if not _may_add(request.user):
        raise PermissionDenied
    initial = {
        "parent": Organisation.objects.visible_to(request.user).filter(slug=request.GET.get("onder", "")).first()
    }
    form = OrganisationForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        administrator = form.cleaned_data.get("administrator")
        invitation = None
        try:
            if isinstance(administrator, str):
                name = form.cleaned_data["administrator_name"]
                organisation, *invitation = verbs.add_with_invitation(
                    form.values, email=administrator, name=name, by=request.user
                )
            else:
                organisation = verbs.add_organisation(form.values, administrator=administrator, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            told = _("%(item)s is added.") % {"item": organisation}
            if invitation is not None:
                told += " " + _("%(name)s becomes its administrator by accepting the invitation.") % {"name": name}
            elif administrator is not None:
                told += " " + _("%(person)s is its administrator.") % {"person": administrator}
            messages.success(request, told)
            if invitation is not None:
                send_invitation(request, *invitation)
            may_see = request.user.has_perm("governance.view_organisation", organisation)
            return redirect(organisation) if may_see else redirect("members", organisation.slug)
    context = {"section": "organisations", "form": form, "bodies": OfficialBody.objects.all()}
    return render(request, "governance/organisation_add.html", context)


@login_required
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug, "governance.revise_organisation")
    form = OrganisationForm(request.POST or None, user=request.user, organisation=organisation)
    meanwhile = None
    if request.method == "POST" and form.is_valid():
        try:
            verbs.revise_organisation(organisation, form.values, seen=form.cleaned_data["seen"], by=request.user)
        except Conflict as changed:
            meanwhile = changed.current
            form.now_seen(verbs.fingerprint(meanwhile))
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(item)s is saved.") % {"item": form.cleaned_data["name"]})
            return redirect(organisation)
    return render(
        request, "governance/organisation_edit.html", tab(organisation, "overview", form=form, meanwhile=meanwhile)
    )
