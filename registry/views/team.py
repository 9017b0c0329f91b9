"""Who works on an algorithm, which disciplines are missing, and which stakeholders were involved."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.literacy import literacy_of
from registry import team as verbs
from registry.models import Involvement, TeamMember
from registry.responsibility_forms import EndForm, InvolvementForm, MemberForm, TaskForm
from registry.views.algorithm import tab, visible_algorithm

TEAM, INVOLVE = "registry.change_team", "registry.record_involvement"


@login_required
def team(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    members = TeamMember.objects.filter(algorithm=algorithm).select_related("person", "discipline")
    staffing = verbs.staffing_of(algorithm)
    return render(
        request,
        "registry/algorithm_team.html",
        tab(
            algorithm,
            "team",
            members=members.unended().order_by("discipline__pk", "person__name", "pk"),
            former=members.exclude(pk__in=members.unended().values("pk")).order_by("-until", "-pk")[:50],
            staffing=staffing,
            missing=[row.discipline for row in staffing if row.is_missing],
            literacy=literacy_of(verbs.people_of(algorithm), algorithm.organisation),
            involvements=Involvement.objects.filter(algorithm=algorithm).select_related("recorded_by"),
            may_change=request.user.has_perm(TEAM, algorithm),
            may_involve=request.user.has_perm(INVOLVE, algorithm),
        ),
    )


@login_required
def member_add(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, TEAM)
    form = MemberForm(request.POST or None, algorithm=algorithm)
    if request.method == "POST" and form.is_valid():
        try:
            member = verbs.join(algorithm, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(person)s is in the team.") % {"person": member.person})
            return redirect("algorithm-team", pk)
    return render(
        request,
        "registry/algorithm_team_form.html",
        tab(algorithm, "team", form=form, heading=_("Add somebody to the team")),
    )


@login_required
def member(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    """Another task for a member of the team, or their last day."""
    algorithm = visible_algorithm(request, pk, TEAM)
    rows = TeamMember.objects.unended().filter(algorithm=algorithm).select_related("person", "discipline")
    row = get_object_or_404(rows, pk=member)
    leaving = request.method == "POST" and "leave" in request.POST
    task_form = TaskForm(None if leaving else request.POST or None, initial={"task": row.task})
    end_form = EndForm(request.POST if leaving else None)
    form = end_form if leaving else task_form
    if request.method == "POST" and form.is_valid():
        try:
            if leaving:
                verbs.leave(row, form.cleaned_data["on"], by=request.user)
            else:
                verbs.give_task(row, form.cleaned_data["task"], by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("Somebody else changed this meanwhile. Here is how it stands now."))
            return redirect("algorithm-team", pk)
        else:
            messages.success(request, _("The team is changed."))
            return redirect("algorithm-team", pk)
    return render(
        request,
        "registry/algorithm_team_member.html",
        tab(algorithm, "team", row=row, task_form=task_form, end_form=end_form),
    )


@login_required
def involvement_add(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, INVOLVE)
    form = InvolvementForm(request.POST or None, instance=Involvement(algorithm=algorithm))
    if request.method == "POST" and form.is_valid():
        try:
            verbs.involve(algorithm, form.values(), by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("It is recorded who was involved."))
            return redirect("algorithm-team", pk)
    return render(
        request,
        "registry/algorithm_team_form.html",
        tab(algorithm, "team", form=form, heading=_("Record who was involved")),
    )


def _involvement(request: HttpRequest, pk: int, involvement: int) -> tuple[Any, Involvement]:
    algorithm = visible_algorithm(request, pk, INVOLVE)
    rows = Involvement.objects.filter(algorithm=algorithm, withdrawn=None)
    return algorithm, get_object_or_404(rows, pk=involvement)


@login_required
def involvement_edit(request: HttpRequest, pk: int, involvement: int) -> HttpResponse:
    algorithm, row = _involvement(request, pk, involvement)
    form = InvolvementForm(request.POST or None, instance=row)
    conflict = None
    if request.method == "POST" and form.is_valid():
        try:
            seen = form.cleaned_data["seen"] or row.version
            verbs.revise_involvement(row, form.values(), seen=seen, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        except Conflict as meanwhile:
            conflict = meanwhile.current
            if conflict.withdrawn:
                messages.warning(request, _("Somebody else withdrew this meanwhile."))
                return redirect("algorithm-team", pk)
            form.now_seen(conflict.version)
        else:
            messages.success(request, _("It is saved who was involved."))
            return redirect("algorithm-team", pk)
    return render(
        request,
        "registry/algorithm_team_form.html",
        tab(algorithm, "team", form=form, heading=_("Change who was involved"), conflict=conflict),
    )


@login_required
def involvement_withdraw(request: HttpRequest, pk: int, involvement: int) -> HttpResponse:
    """Withdraws what was recorded by mistake, after asking; it stays readable."""
    algorithm, row = _involvement(request, pk, involvement)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        if not seen.isdecimal():
            raise PermissionDenied
        try:
            verbs.withdraw_involvement(row, seen=int(seen), by=request.user)
        except Conflict:
            messages.warning(request, _("Somebody else changed this meanwhile. Here is how it stands now."))
        else:
            messages.success(request, _("It is withdrawn; it stays in the list as such."))
        return redirect("algorithm-team", pk)
    return render(request, "registry/algorithm_involvement_withdraw.html", tab(algorithm, "team", row=row))
