"""Proposing an algorithm, and deciding what becomes of a proposal."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import AuditEvent, Organisation
from registry import intake
from registry.filters import ProposalFilter
from registry.intake_forms import DeclineForm, MergeForm, ProposalForm, RegisterProposalForm
from registry.models import Algorithm, Proposal
from registry.models.intake import READS_INTAKE
from registry.views.algorithm import PAGE_SIZE

FOUND = 20


@login_required
def add(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("registry.add_proposal"):
        raise PermissionDenied
    form = ProposalForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        organisation = fields.pop("organisation")
        try:
            proposal = intake.propose(organisation, fields, by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Thank you. You are told what becomes of it; you can follow it here."))
            return redirect(proposal)
    return render(request, "registry/proposal_add.html", {"section": "proposals", "form": form})


@login_required
def proposals(request: HttpRequest) -> HttpResponse:
    found = ProposalFilter(request.GET, queryset=Proposal.objects.visible_to(request.user), request=request)
    rows = found.rows.select_related("organisation", "proposed_by", "decided_by", "algorithm")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "registry/proposals.html",
        {
            "section": "proposals",
            "filter": found,
            "page": page,
            "reads_all": Organisation.objects.where_member_holds(request.user, READS_INTAKE).exists(),
            "waiting": intake.decidable_by(request.user).undecided().count(),
        },
    )


def _visible_proposal(request: HttpRequest, pk: int, permission: str = "registry.view_proposal") -> Proposal:
    """The proposal, which this person may see (else 404) and has the permission on (else 403)."""
    rows = Proposal.objects.visible_to(request.user)
    proposal = get_object_or_404(rows.select_related("organisation", "proposed_by", "decided_by", "algorithm"), pk=pk)
    if not request.user.has_perm(permission, proposal):
        raise PermissionDenied
    return proposal


@login_required
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _visible_proposal(request, pk)
    may_decide = proposal.status == Proposal.Status.NEW and request.user.has_perm("registry.decide_proposal", proposal)
    alike = intake.likely_duplicates(proposal, intake.candidates(proposal, request.user)) if may_decide else []
    visible = Algorithm.objects.visible_to(request.user)
    return render(
        request,
        "registry/proposal.html",
        {
            "section": "proposals",
            "proposal": proposal,
            "may_decide": may_decide,
            "alike": alike,
            "algorithm": visible.filter(pk=proposal.algorithm_id).first(),
            "events": AuditEvent.objects.about(proposal)[:PAGE_SIZE],
        },
    )


def _decide(request: HttpRequest, proposal: Proposal, form: Any, verb: Callable[[], Any], sentence: str) -> Any:
    """What the verb gives; None when it refuses (the form says why); a way back when a colleague was first."""
    try:
        done = verb()
    except ValidationError as error:
        add_errors(form, error)
        return None
    except Conflict as meanwhile:
        sentence = _("%(who)s decided about this meanwhile. Here is what was decided; yours was not saved.")
        messages.warning(request, sentence % {"who": meanwhile.current.decided_by or _("Somebody else")})
        return redirect(proposal)
    messages.success(request, sentence % {"name": proposal.name})
    return redirect(done)


def _page(request: HttpRequest, template: str, proposal: Proposal, **context: Any) -> HttpResponse:
    return render(request, template, {"section": "proposals", "proposal": proposal, **context})


@login_required
def register(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _visible_proposal(request, pk, "registry.decide_proposal")
    if request.method != "POST" and proposal.status != Proposal.Status.NEW:
        return redirect(proposal)
    form = RegisterProposalForm(request.POST or None, proposal=proposal, user=request.user)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        organisation = fields.pop("organisation")
        sentence = _("%(name)s is registered. Now find out what applies to it.")
        answer = _decide(
            request,
            proposal,
            form,
            lambda: intake.register(proposal, organisation, fields, by=request.user),
            sentence,
        )
        if answer is not None:
            return answer
    return _page(request, "registry/proposal_register.html", proposal, form=form)


@login_required
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Choosing the algorithm that the proposal is about: likely ones, or those in which the search words occur."""
    proposal = _visible_proposal(request, pk, "registry.decide_proposal")
    if request.method != "POST" and proposal.status != Proposal.Status.NEW:
        return redirect(proposal)
    algorithms = intake.candidates(proposal, request.user)
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    if words:
        found = algorithms
        for word in words.split():
            found = found.filter(Q(name__icontains=word) | Q(description_short__icontains=word))
        offered = list(found[:FOUND])
    else:
        offered = intake.likely_duplicates(proposal, algorithms)
    chosen = request.POST.get("algorithm") or request.GET.get("algorithm") or ""
    if chosen.isdecimal() and int(chosen) not in {row.pk for row in offered}:
        offered = [*algorithms.filter(pk=chosen), *offered]
    initial = {"algorithm": chosen} if chosen else {}
    form = MergeForm(request.POST or None, algorithms=algorithms, offered=offered, initial=initial)
    if request.method == "POST" and form.is_valid():
        target, reason = form.cleaned_data["algorithm"], form.cleaned_data["reason"]
        answer = _decide(
            request,
            proposal,
            form,
            lambda: intake.merge(proposal, target, reason=reason, by=request.user),
            _("%(name)s is merged with an algorithm that was there already."),
        )
        if answer is not None:
            return answer
    return _page(request, "registry/proposal_merge.html", proposal, form=form, words=words, offered=offered)


@login_required
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _visible_proposal(request, pk, "registry.decide_proposal")
    if request.method != "POST" and proposal.status != Proposal.Status.NEW:
        return redirect(proposal)
    form = DeclineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _decide(
            request,
            proposal,
            form,
            lambda: intake.decline(proposal, reason=form.cleaned_data["reason"], by=request.user),
            _("%(name)s is declined. The proposer is told why."),
        )
        if answer is not None:
            return answer
    return _page(request, "registry/proposal_decline.html", proposal, form=form)
