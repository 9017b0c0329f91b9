"""How mature the organisation judges itself to be, over time."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from governance import maturity as maturity_model
from governance.forms import add_errors
from governance.maturity_form import MaturityForm
from governance.models import MaturityAssessment
from governance.views.organisation import accountable_for, tab, visible_organisation

COMPARED = 6
"""How many assessments stand beside each other."""


@login_required
def maturity(request: HttpRequest, slug: str) -> HttpResponse:
    """The latest assessment beside the earlier ones; for a department, who does this for it."""
    organisation = visible_organisation(request, slug)
    arranged = accountable_for(request, organisation)
    assessments = maturity_model.of(organisation) if arranged["is_here"] else []
    compared = assessments[-COMPARED:]
    return render(
        request,
        "governance/maturity.html",
        tab(
            organisation,
            "maturity",
            **arranged,
            assessments=compared,
            earlier=list(reversed(assessments[:-COMPARED])),
            latest=compared[-1] if compared else None,
            courses=maturity_model.courses(compared),
            averages=[maturity_model.average(row) for row in compared],
            model=maturity_model.model(),
            may_add=request.user.has_perm("governance.add_maturityassessment", organisation),
        ),
    )


@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    organisation = visible_organisation(request, slug, "governance.add_maturityassessment")
    if organisation.accountable() != organisation:
        raise Http404
    latest: Any = MaturityAssessment.objects.filter(organisation=organisation).first()
    form = MaturityForm(request.POST or None, latest=latest)
    if request.method == "POST" and form.is_valid():
        try:
            assessment = maturity_model.judge(organisation, **form.values(), by=request.user)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The maturity assessment is saved."))
            return redirect("maturity-assessment", slug, assessment.pk)
    return render(request, "governance/maturity_add.html", tab(organisation, "maturity", form=form, latest=latest))


@login_required
def assessment(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    organisation = visible_organisation(request, slug)
    rows = MaturityAssessment.objects.filter(organisation=organisation).select_related("by")
    shown = get_object_or_404(rows, pk=pk)
    corrected_by = rows.filter(assessed_on=shown.assessed_on, pk__gt=shown.pk).first()
    known = maturity_model.model()
    judged = [(course, shown.notes.get(course.dimension.code, "")) for course in maturity_model.courses([shown])]
    return render(
        request,
        "governance/maturity_assessment.html",
        tab(
            organisation,
            "maturity",
            assessment=shown,
            judged=judged,
            ambition=known.level_name(shown.ambition),
            corrected_by=corrected_by,
        ),
    )
