"""The people of an organisation, for its administrators: who may come in, with which role, and who leaves."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from governance import group_roles, leaving, membership, second_factor
from governance.forms import add_errors
from governance.member_forms import FindForm, GroupRoleForm, InviteForm, RoleForm, SecondFactorForm
from governance.models import AuditEvent, GroupRole, Invitation, Membership, Organisation, User
from governance.positions import people_of
from governance.views.invitations import send_invitation
from governance.views.organisation import tab, visible_organisation

PAGE_SIZE = 50
COMES_BACK = gettext_lazy(
    "A role follows a group of the identity provider. If the account stays open, that role begins again at the next "
    "log-in. So take the person out of the group as well."
)


def _administered(request: HttpRequest, slug: str) -> Organisation:
    """The organisation, which this person may see (else 404) and whose people they arrange (else 403).

    The administrator of the installation arranges the people of each, without seeing its records.
    """
    if request.user.has_perm("governance.change_membership"):
        return get_object_or_404(Organisation, slug=slug)
    return visible_organisation(request, slug, "governance.manage_members")


@login_required
def organisations(request: HttpRequest) -> HttpResponse:
    """The organisations whose people one arranges; with only one, straight to its people."""
    user: Any = request.user
    arranged = membership.arranged_by(user)
    if not request.user.has_perm("governance.manage_members"):
        raise PermissionDenied
    if arranged.count() == 1:
        return redirect("members", arranged.get().slug)
    here = Membership.objects.current().filter(organisation=models.OuterRef("pk")).order_by()
    number = here.values("organisation").annotate(n=models.Count("user", distinct=True)).values("n")
    rows = arranged.annotate(people=models.Subquery(number)).select_related("parent").order_by("name", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "governance/member_organisations.html", {"section": "people", "page": page})


@login_required
def members(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = _administered(request, slug)
    find = FindForm(request.GET)
    people = organisation.people()
    here = Membership.objects.current().reaching(models.Value(organisation.path)).select_related("organisation")
    if find.is_valid():
        if text := find.cleaned_data["q"]:
            people = people.filter(models.Q(name__icontains=text) | models.Q(email__icontains=text))
        if role := find.cleaned_data["role"]:
            people = people.filter(models.Exists(here.filter(role=role, user=models.OuterRef("pk"))))
    page = Paginator(people.order_by("name", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    roles: dict[int, list[Membership]] = {}
    for row in here.filter(user__in=[person.pk for person in page]).order_by("since", "pk"):
        roles.setdefault(row.user_id, []).append(row)
    with_factor = second_factor.who_have_one([person.pk for person in page])
    for person in page:
        person.roles_here = roles.get(person.pk, [])
        person.has_second_factor = person.pk in with_factor
    invitations = Invitation.objects.open().filter(organisation=organisation)
    return render(
        request,
        "governance/members.html",
        tab(
            organisation,
            "members",
            page=page,
            find=find,
            is_filtered=bool(request.GET.get("q") or request.GET.get("role")),
            invitations=invitations.select_related("invited_by"),
        ),
    )


@login_required
def member(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One person: roles in the organisations that one administers and from above, what they hold; gives a role."""
    organisation = _administered(request, slug)
    person = get_object_or_404(organisation.people(former=True), pk=pk)
    is_here = organisation.people().filter(pk=pk).exists()
    user: Any = request.user
    form = RoleForm(request.POST or None)
    if request.method == "POST" and not is_here:
        messages.error(request, _("This person has no role here any more. Invite them again."))
        return redirect("member-invite", slug)
    if request.method == "POST" and form.is_valid():
        try:
            given = membership.give_role(person, organisation, form.cleaned_data["role"], by=user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            role = given.get_role_display()
            messages.success(request, _("%(person)s is now %(role)s here.") % {"person": person, "role": role.lower()})
            return redirect("member", slug, pk)
    arranged = membership.arranged_by(user)
    above = Membership.objects.current().reaching(models.Value(organisation.path))
    seen = models.Q(organisation__in=arranged) | models.Q(pk__in=above.values("pk"))
    rows = Membership.objects.filter(seen, user=person).select_related("organisation").order_by("-since", "-pk")
    current = set(Membership.objects.current().filter(user=person).values_list("pk", flat=True))
    ours = set(arranged.values_list("pk", flat=True))
    for row in rows:
        row.is_current = row.pk in current
        row.is_ours = row.organisation_id in ours
    return render(
        request,
        "governance/member.html",
        tab(
            organisation,
            "members",
            person=person,
            form=form,
            rows=rows,
            events=AuditEvent.objects.about_all(Membership, [row.pk for row in rows])[:PAGE_SIZE],
            is_here=is_here,
            may_leave=is_here and person != user and any(row.is_current and row.is_ours for row in rows),
            works_here=people_of(organisation, former=True).filter(pk=pk).exists(),
            has_second_factor=bool(second_factor.who_have_one([person])),
            holdings=_holdings(request, person, organisation),
        ),
    )


@login_required
def end_role(request: HttpRequest, slug: str, pk: int, membership_pk: int) -> HttpResponse:
    organisation = _administered(request, slug)
    current = Membership.objects.current().filter(organisation=organisation, user=pk)
    row = get_object_or_404(current.select_related("user", "organisation"), pk=membership_pk)
    user: Any = request.user
    if request.method == "POST":
        try:
            membership.end_role(row, by=user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("member", slug, pk)
        sentence = _("%(person)s is no longer %(role)s here.")
        messages.success(request, sentence % {"person": row.user, "role": row.get_role_display().lower()})
        still_administers = user.has_perm("governance.manage_members", organisation)
        return redirect("member", slug, pk) if still_administers else redirect("home")
    context = tab(organisation, "members", row=row, person=row.user)
    return render(request, "governance/member_role_end.html", context)


@login_required
def deactivate(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = _administered(request, slug)
    person = get_object_or_404(organisation.people(), pk=pk)
    user: Any = request.user
    arranged = membership.arranged_by(user)
    if request.method == "POST":
        try:
            departure = membership.deactivate(person, by=user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("member", slug, pk)
        messages.success(request, _("The roles of %(person)s in your organisations have ended.") % {"person": person})
        if departure.follows_a_group:
            messages.warning(request, COMES_BACK)
        if departure.vacant:
            sentence = translation.ngettext(
                "%(n)d thing is vacant now: hand it over to somebody else.",
                "%(n)d things are vacant now: hand them over to somebody else.",
                len(departure.vacant),
            )
            messages.warning(request, sentence % {"n": len(departure.vacant)})
        is_known = organisation.people(former=True).filter(pk=pk).exists()
        return redirect("member", slug, pk) if is_known else redirect("members", slug)
    rows = Membership.objects.current().filter(user=person, organisation__in=arranged)
    follows_a_group = rows.filter(source=Membership.Source.GROUP).exists()
    return render(
        request,
        "governance/member_deactivate.html",
        tab(
            organisation,
            "members",
            person=person,
            rows=rows.select_related("organisation").order_by("organisation__name", "role"),
            comes_back=COMES_BACK if follows_a_group else "",
            holdings=_holdings(request, person, organisation),
        ),
    )


def _holdings(request: HttpRequest, person: User, organisation: Organisation) -> list[leaving.Holding] | None:
    """What the person holds where one is administrator oneself; None for who may not see records here."""
    user: Any = request.user
    administered = membership.administered_by(user)
    return leaving.holdings(person, administered) if administered.filter(pk=organisation.pk).exists() else None


# Invitations


@login_required
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = _administered(request, slug)
    user: Any = request.user
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, token = membership.invite(organisation, **form.cleaned_data, by=user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            send_invitation(request, invitation, token)
            return redirect("members", slug)
    context = tab(organisation, "members", form=form, days=membership.INVITATION_LASTS.days)
    return render(request, "governance/member_invite.html", context)


@login_required
@require_POST
def resend(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    user: Any = request.user
    try:
        invitation, token = membership.invite_again(_open_invitation(request, slug, pk), by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        send_invitation(request, invitation, token)
    return redirect("members", slug)


@login_required
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    invitation = _open_invitation(request, slug, pk)
    user: Any = request.user
    if request.method == "POST":
        try:
            membership.withdraw(invitation, by=user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            sentence = _("The invitation of %(name)s is withdrawn; the link no longer works.")
            messages.success(request, sentence % {"name": invitation.name})
        return redirect("members", slug)
    context = tab(invitation.organisation, "members", invitation=invitation)
    return render(request, "governance/member_invitation_withdraw.html", context)


def _open_invitation(request: HttpRequest, slug: str, pk: int) -> Invitation:
    organisation = _administered(request, slug)
    rows = Invitation.objects.open().filter(organisation=organisation).select_related("organisation")
    return get_object_or_404(rows, pk=pk)


# What is asked of people, and what the identity provider decides


@login_required
def access(request: HttpRequest, slug: str) -> HttpResponse:
    """Which roles need a second factor, and which roles follow groups. The form that is sent says which it is."""
    organisation = _administered(request, slug)
    user: Any = request.user
    factor_sent, group_sent = "factor" in request.POST, "grouprole" in request.POST
    factor = SecondFactorForm(
        request.POST if factor_sent else None,
        initial={"roles": organisation.second_factor_roles},
        without_one=second_factor.without_one(organisation),
        user=user,
    )
    group = GroupRoleForm(request.POST if group_sent else None)
    sent = factor if factor_sent else group if group_sent else None
    if sent is not None and sent.is_valid():
        try:
            if factor_sent:
                second_factor.require(organisation, factor.cleaned_data["roles"], by=user)
            else:
                group_roles.give(organisation, **group.cleaned_data, by=user)
        except ValidationError as error:
            add_errors(sent, error)
        else:
            messages.success(request, _("This is saved."))
            return redirect("member-access", slug)
    return render(
        request,
        "governance/member_access.html",
        tab(
            organisation,
            "members",
            factor=factor,
            group=group,
            form=sent,
            group_roles=GroupRole.objects.filter(organisation=organisation),
        ),
    )


@login_required
@require_POST
def remove_group_role(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = _administered(request, slug)
    user: Any = request.user
    row = get_object_or_404(GroupRole.objects.select_related("organisation"), pk=pk, organisation=organisation)
    group_roles.take_away(row, by=user)
    messages.success(request, _("Members of this group lose the role at their next log-in."))
    return redirect("member-access", slug)
