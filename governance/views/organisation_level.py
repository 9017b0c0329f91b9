"""Working on the organisation level: the requirements and measures of phase 0, one page each.

The pages of a department show how far the organisation is that arranges it, and lead there.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from governance import organisation_level
from governance.models import (
    Measure,
    MeasureWork,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Requirement,
    Topic,
)
from governance.organisation_level import TrackedRow
from governance.views.organisation import accountable_for, tab, visible_organisation
from governance.views.work import save, save_verdict, work_form
from governance.work_forms import AssessmentForm, MeasureForm, VerifyForm, WorkForm

SHOWN: list[tuple[str, Any, Callable[[TrackedRow], bool]]] = [
    ("overdue", gettext_lazy("What is overdue"), lambda row: row.is_overdue),
    ("unassigned", gettext_lazy("What is assigned to nobody"), lambda row: row.is_unassigned),
    ("open", gettext_lazy("What is left to do"), lambda row: not row.is_settled),
    ("settled", gettext_lazy("What is settled"), lambda row: row.is_settled),
]
CLAIMS: list[tuple[str, Any, Callable[[TrackedRow], bool]]] = [
    ("to-verify", gettext_lazy("What waits to be verified"), lambda row: row.is_claimed and not row.is_verified),
    ("verified", gettext_lazy("What is verified"), lambda row: row.is_verified),
]

ALSO_ARRANGED_AT = {"aia-01": ("literacy", gettext_lazy("Go to AI literacy: what people have to know, and who does"))}
"""Code of a requirement → the page of the organisation on which it is worked at, and what leads there."""


def _narrowed(rows: list[TrackedRow], query: Any, shown: Any, code: str) -> list[TrackedRow]:
    """The rows with the `topic`, the status or choice, and the state in `query`."""
    if topic := query.get("topic"):
        rows = [row for row in rows if topic in {one.slug for one in row.item.topics.all()}]
    if wanted := query.get(code):
        rows = [row for row in rows if getattr(row, code) == wanted]
    for name, _label, holds in shown:
        if query.get("show") == name:
            rows = [row for row in rows if holds(row)]
    return rows


def _list(request: HttpRequest, slug: str, template: str, rows_of: Any, here: str, shown: Any, code: str) -> Any:
    organisation = visible_organisation(request, slug)
    arranged = accountable_for(request, organisation)
    shown = shown if arranged["may_go_there"] else []
    rows, set_aside = rows_of(arranged["accountable"])
    return render(
        request,
        template,
        tab(
            organisation,
            here,
            **arranged,
            total=len(rows),
            rows=_narrowed(rows, request.GET, shown, code),
            set_aside=_narrowed(set_aside, request.GET, shown, code) if arranged["is_here"] else [],
            standing=organisation_level.standing(arranged["accountable"]),
            topics=Topic.objects.all(),
            shown=shown,
            query=request.GET,
            statuses=OrganisationAssessment.STATUSES,
            choices=MeasureWork.Choice.choices,
        ),
    )


@login_required
def requirements(request: HttpRequest, slug: str) -> HttpResponse:
    rows_of = organisation_level.requirement_rows
    template = "governance/organisation_requirements.html"
    return _list(request, slug, template, rows_of, "requirements", SHOWN + CLAIMS, "status")


@login_required
def measures(request: HttpRequest, slug: str) -> HttpResponse:
    rows_of = organisation_level.measure_rows
    return _list(request, slug, "governance/organisation_measures.html", rows_of, "measures", SHOWN, "choice")


def _subject(request: HttpRequest, slug: str, kind: type[Any], item: str) -> tuple[Organisation, Any]:
    """The organisation and the item it works on: tracked there, or worked on before; 404 for every other."""
    organisation = visible_organisation(request, slug)
    if organisation.accountable() != organisation:
        raise Http404
    subject = get_object_or_404(kind.objects.filter(slug=item))
    if not organisation_level.is_tracked(organisation, subject):
        raise Http404
    return organisation, subject


def _form(request: HttpRequest, kind: type[WorkForm], row: Any, data: Any = None) -> WorkForm:
    return work_form(request, kind, row, row.organisation, "governance.assign_work", data)


@login_required
def requirement(request: HttpRequest, slug: str, item: str) -> HttpResponse:
    organisation, subject = _subject(request, slug, Requirement, item)
    assessment = organisation_level.current_assessment(organisation, subject)
    form = _form(request, AssessmentForm, assessment, request.POST or None)
    verb = partial(organisation_level.assess, organisation, subject)
    saved, conflict = save(request, form, "governance.assess_requirement", verb)
    if saved:
        messages.success(request, _("%(code)s is saved.") % {"code": subject.code})
        return redirect("organisation-requirement", slug, item)
    return _requirement_page(request, organisation, assessment, form=form, conflict=conflict)


def _requirement_page(
    request: HttpRequest, organisation: Organisation, assessment: OrganisationAssessment, **context: Any
) -> HttpResponse:
    subject = assessment.requirement
    history = OrganisationAssessment.objects.filter(organisation=organisation, requirement=subject)
    helping = organisation_level.tracked(Measure, organisation).filter(requirements=subject)
    return render(
        request,
        "governance/organisation_requirement.html",
        tab(
            organisation,
            "requirements",
            **{
                "requirement": subject,
                "assessment": assessment,
                "may_assess": request.user.has_perm("governance.assess_requirement", assessment),
                "may_verify": assessment.status == OrganisationAssessment.Status.MET
                and assessment.verified_at is None
                and request.user.has_perm("governance.verify_requirement", assessment),
                "verify_at": reverse("organisation-verify", args=[organisation.slug, subject.slug]),
                "verify_form": VerifyForm(initial={"seen": assessment.pk}),
                "rows": organisation_level.rows_about(helping, organisation),
                "tools": subject.tools.in_force(),
                "also_at": ALSO_ARRANGED_AT.get(subject.code),
                "history": history.exclude(until=None).select_related("by", "assignee")[:20],
            }
            | context,
        ),
    )


@login_required
@require_POST
def verify(request: HttpRequest, slug: str, item: str) -> HttpResponse:
    organisation, subject = _subject(request, slug, Requirement, item)
    assessment = organisation_level.current_assessment(organisation, subject)
    form = VerifyForm(request.POST)
    if save_verdict(request, form, assessment, "governance.verify_requirement", organisation_level.verify):
        return redirect("organisation-requirement", slug, item)
    assessment = organisation_level.current_assessment(organisation, subject)
    work = _form(request, AssessmentForm, assessment)
    return _requirement_page(request, organisation, assessment, form=work, verify_form=form)


@login_required
def measure(request: HttpRequest, slug: str, item: str) -> HttpResponse:
    organisation, subject = _subject(request, slug, Measure, item)
    status = organisation_level.current_measure_status(organisation, subject)
    form = _form(request, MeasureForm, status, request.POST or None)
    verb = partial(organisation_level.record_measure, organisation, subject)
    saved, conflict = save(request, form, "governance.record_measure", verb)
    if saved:
        messages.success(request, _("%(code)s is saved.") % {"code": subject.code})
        return redirect("organisation-measure", slug, item)
    history = OrganisationMeasureStatus.objects.filter(organisation=organisation, measure=subject)
    helped = organisation_level.tracked(Requirement, organisation).filter(measures=subject)
    return render(
        request,
        "governance/organisation_measure.html",
        tab(
            organisation,
            "measures",
            measure=subject,
            status=status,
            may_record=request.user.has_perm("governance.record_measure", status),
            form=form,
            conflict=conflict,
            serves=helped.order_by("urn"),
            tools=subject.tools.in_force(),
            history=history.exclude(until=None).select_related("by", "assignee")[:20],
        ),
    )
