"""Risks: of one algorithm, and across an organisation."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import AuditEvent
from governance.views.organisation import tab as organisation_tab
from governance.views.organisation import visible_organisation
from registry import risks
from registry.models import Algorithm, Risk
from registry.record_forms import ReasonForm
from registry.risk_forms import AcceptForm, ProposedForm, RiskForm
from registry.use_filters import RiskFilter
from registry.views.algorithm import PAGE_SIZE, tab, visible_algorithm
from registry.views.record_pages import form_page, visible_record

PROPOSALS = 20
"""So many proposals are on a page, each with a form of its own."""


def _parent(algorithm: Algorithm) -> tuple[str, str]:
    return reverse("algorithm-risks", args=[algorithm.pk]), _("Risks")


def _list(request: HttpRequest, found: RiskFilter, rows: Any) -> dict[str, Any]:
    """What the list of risks shows; `rows` are those of the whole page, before they are narrowed."""
    shown = found.rows.select_related("algorithm", "owner", "accepted_by")
    return {
        "filter": found,
        "page": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
        "figures": risks.figures(rows),
        "matrices": [risks.matrix(rows, "before"), risks.matrix(rows, "now")],
    }


@login_required
def of_algorithm(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    rows = Risk.objects.filter(algorithm=algorithm)
    found = RiskFilter(request.GET, queryset=rows, request=request)
    context = _list(request, found, rows) | {"proposals": len(risks.proposed(algorithm))}
    return render(request, "registry/algorithm_risks.html", tab(algorithm, "risks", **context))


@login_required
def of_organisation(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    rows = Risk.objects.visible_to(request.user).filter(algorithm__organisation__path__startswith=organisation.path)
    found = RiskFilter(request.GET, queryset=rows, request=request, within=organisation)
    context = _list(request, found, rows)
    return render(request, "registry/organisation_risks.html", organisation_tab(organisation, "risks", **context))


@login_required
def add(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.change_risk")
    form = RiskForm(request.POST or None, instance=Risk(algorithm=algorithm), organisation=algorithm.organisation)
    return form_page(
        request,
        algorithm,
        form,
        lambda form: risks.identify(algorithm, form.values, by=request.user),
        here="risks",
        title=_("Add a risk"),
        button=_("Save"),
        done=_("The risk is added: %(what)s"),
        parent=_parent(algorithm),
    )


@login_required
def proposals(request: HttpRequest, pk: int) -> HttpResponse:
    """The risks that the catalogue names, to take up, adapt or dismiss."""
    algorithm = visible_algorithm(request, pk, "registry.change_risk")
    page = Paginator(risks.proposed(algorithm), PROPOSALS).get_page(request.GET.get("page"))
    forms = [ProposedForm(request.POST or None, proposed=one) for one in page]
    sent = [form for form in forms if form.is_bound and f"{form.prefix}-choice" in form.data]
    error = ""
    wrong = [form for form in sent if not form.is_valid()]
    if request.method == "POST" and not wrong:
        try:
            counts = risks.answer(algorithm, [answer for form in sent if (answer := form.answer)], by=request.user)
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            messages.success(request, _answered(*counts))
            return redirect("risk-proposals" if risks.proposed(algorithm) else "algorithm-risks", pk)
    context = {"page": page, "forms": forms, "wrong": wrong, "error": error}
    return render(request, "registry/risk_proposals.html", tab(algorithm, "risks", **context))


def _answered(taken: int, dismissed: int) -> str:
    return " ".join(
        [
            ngettext("%(n)d risk taken up.", "%(n)d risks taken up.", taken) % {"n": taken},
            ngettext("%(n)d dismissed.", "%(n)d dismissed.", dismissed) % {"n": dismissed},
        ]
    )


def _risk(request: HttpRequest, pk: int, number: int, permission: str = "") -> Risk:
    rows = Risk.objects.select_related("owner", "accepted_by", "identified_by", "closed_by", "requirement", "measure")
    risk: Risk = visible_record(request, rows, pk, number, permission)
    return risk


@login_required
def risk(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    shown = _risk(request, pk, number)
    context = {
        "risk": shown,
        "may_change": request.user.has_perm("registry.change_risk", shown),
        "may_accept": request.user.has_perm("registry.accept_risk", shown) and shown.owner_id != request.user.pk,
        "treated_by": risks.treated_by(shown),
        "events": AuditEvent.objects.about(shown).select_related("actor")[:PAGE_SIZE],
    }
    return render(request, "registry/risk.html", tab(shown.algorithm, "risks", **context))


@login_required
def edit(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    changed = _risk(request, pk, number, "registry.change_risk")
    algorithm = changed.algorithm
    form = RiskForm(request.POST or None, instance=changed, organisation=algorithm.organisation)
    return form_page(
        request,
        algorithm,
        form,
        lambda form: risks.revise(changed, form.values, seen=form.cleaned_data["seen"], by=request.user),
        here="risks",
        title=_("Judge and treat the risk"),
        button=_("Save"),
        done=_("Saved: %(what)s"),
        parent=_parent(algorithm),
        record=changed,
        lead=_("What somebody accepted is no longer accepted when its text, judgement, treatment or owner changes.")
        if changed.accepted
        else "",
    )


@login_required
def accept(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    accepted = _risk(request, pk, number, "registry.accept_risk")

    def verb(form: Any) -> Risk:
        given = form.cleaned_data
        return risks.accept(
            accepted, until=given["until"], because=given["because"], seen=given["seen"], by=request.user
        )

    return form_page(
        request,
        accepted.algorithm,
        AcceptForm(request.POST or None, initial={"seen": accepted.version}),
        verb,
        here="risks",
        title=_("Accept the risk"),
        button=_("Accept"),
        done=_("The risk is accepted: %(what)s"),
        parent=_parent(accepted.algorithm),
        record=accepted,
        lead=_("You accept it as it stands now, with the treatment that is described. The owner goes on watching it."),
    )


@login_required
def close(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    closed = _risk(request, pk, number, "registry.change_risk")
    return _because(
        request, closed, risks.close, _("Close the risk"), _("Why is this no risk any more?"), _("Closed: %(what)s")
    )


@login_required
def reopen(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    opened = _risk(request, pk, number, "registry.change_risk")
    return _because(
        request, opened, risks.reopen, _("Open the risk again"), _("Why is it opened again?"), _("Open again: %(what)s")
    )


def _because(request: HttpRequest, about: Risk, verb: Any, title: str, question: str, done: str) -> HttpResponse:
    return form_page(
        request,
        about.algorithm,
        ReasonForm(request.POST or None, initial={"seen": about.version}, label=question),
        lambda form: verb(about, because=form.cleaned_data["because"], seen=form.cleaned_data["seen"], by=request.user),
        here="risks",
        title=title,
        button=title,
        done=done,
        parent=_parent(about.algorithm),
        record=about,
    )
