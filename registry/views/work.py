"""Working on an algorithm: its requirements and measures, one page each, one row written per change."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import slug_re
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import LifecyclePhase, Measure, Requirement, Topic
from registry import working
from registry.forms import AssessmentForm, MeasureForm, OverruleForm, VerifyForm, WorkForm
from registry.models import (
    Algorithm,
    Applicability,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)
from registry.models.applicability import Outcome
from registry.reasons import Reasons
from registry.views.algorithm import tab, visible_algorithm


@dataclass
class RequirementRow:
    requirement: Requirement
    applicability: Applicability
    reason: str
    assessment: RequirementAssessment | None
    measures: int = 0
    settled: int = 0

    @property
    def is_for_the_organisation(self) -> bool:
        return [phase.number for phase in self.requirement.phases.all()] == [0]


@login_required
def requirements(request: HttpRequest, pk: int) -> HttpResponse:
    """Every requirement with its outcome and reason: what applies first, then what is undetermined, then the rest."""
    algorithm = visible_algorithm(request, pk)
    rows = requirement_rows(algorithm, request.GET)
    levels: dict[str, list[RequirementRow]] = {"applies": [], "undetermined": [], "inherited": [], "does_not_apply": []}
    for row in rows:
        outcome = row.applicability.outcome
        inherited = row.is_for_the_organisation and outcome == Outcome.APPLIES
        levels["inherited" if inherited else outcome].append(row)
    return render(
        request,
        "registry/algorithm_requirements.html",
        tab(
            algorithm,
            "requirements",
            **levels,
            topics=Topic.objects.all(),
            phases=LifecyclePhase.objects.all(),
            statuses=RequirementAssessment.STATUSES,
            query=request.GET,
        ),
    )


def _slug(query: Any, name: str) -> str:
    """A value in the address to narrow by; empty when it cannot be a slug."""
    value = query.get(name, "")
    return value if slug_re.match(value) else ""


def requirement_rows(algorithm: Algorithm, query: Any) -> list[RequirementRow]:
    """The rows for this algorithm, narrowed by `topic`, `phase` and `status` in `query`; five queries."""
    rows = (
        Applicability.objects.current()
        .filter(algorithm=algorithm)
        .select_related("requirement__law", "requirement__organisation")
        .prefetch_related(
            Prefetch("requirement__phases", LifecyclePhase.objects.only("number", "slug", "title_nl", "title_en"))
        )
        .order_by("requirement__urn")
    )
    if topic := _slug(query, "topic"):
        rows = rows.filter(requirement__topics__slug=topic)
    if phase := _slug(query, "phase"):
        rows = rows.filter(requirement__phases__slug=phase)
    work = RequirementAssessment.objects.current().filter(algorithm=algorithm).select_related("assignee", "claimed_by")
    assessments = {row.requirement_id: row for row in work}
    counts = measure_counts(algorithm)
    reasons = Reasons(algorithm)
    found = [
        RequirementRow(
            row.requirement,
            row,
            reasons.sentence(row),
            assessments.get(row.requirement_id),
            *counts.get(row.requirement_id, (0, 0)),
        )
        for row in rows
    ]
    if status := query.get("status"):
        found = [row for row in found if (row.assessment.status if row.assessment else "open") == status]
    return found


def measure_counts(algorithm: Algorithm) -> dict[int, tuple[int, int]]:
    """requirement → (recommended measures, of which settled)."""
    recommended = Recommendation.objects.current().filter(algorithm=algorithm).values("measure")
    settled = set(
        MeasureStatus.objects.current().settled().filter(algorithm=algorithm).values_list("measure", flat=True)
    )
    links = Measure.requirements.through.objects.filter(measure__in=recommended)
    counts: dict[int, tuple[int, int]] = {}
    for measure_id, requirement_id in links.values_list("measure_id", "requirement_id"):
        total, done = counts.get(requirement_id, (0, 0))
        counts[requirement_id] = (total + 1, done + (measure_id in settled))
    return counts


def _applicability(request: HttpRequest, algorithm: Algorithm, slug: str) -> Applicability:
    rows = Applicability.objects.current().filter(algorithm=algorithm).select_related("requirement__law", "by")
    return get_object_or_404(rows, requirement__slug=slug)


def _form(request: HttpRequest, kind: type[WorkForm], row: Any, data: Any = None) -> WorkForm:
    """The form for a piece of work; who may not assign work gets no fields for that."""
    algorithm = row.algorithm
    may_assign = request.user.has_perm("registry.assign_work", algorithm)
    return kind(data, instance=row, organisation=algorithm.organisation, may_assign=may_assign)


def _save(request: HttpRequest, form: WorkForm, permission: str, verb: Any) -> tuple[bool, Any]:
    """Calls the verb with what was posted: (whether it is saved, the row as it stands after a conflict)."""
    if request.method != "POST":
        return False, None
    if not request.user.has_perm(permission, form.instance):
        raise PermissionDenied
    if not form.is_valid():
        return False, None
    try:
        verb(form.values(), seen=form.cleaned_data["seen"], by=request.user)
    except ValidationError as error:
        add_errors(form, error)
        return False, None
    except Conflict as meanwhile:
        form.data = form.data.copy()
        form.data["seen"] = str(meanwhile.current.pk) if meanwhile.current else ""
        return False, meanwhile.current
    return True, None


@login_required
def requirement(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    applicability = _applicability(request, algorithm, slug)
    subject = applicability.requirement
    assessment = working.current_assessment(algorithm, subject)
    form = _form(request, AssessmentForm, assessment, request.POST or None)
    verb = partial(working.assess, algorithm, subject)
    saved, conflict = _save(request, form, "registry.assess_requirement", verb)
    if saved:
        messages.success(request, _("%(code)s is saved.") % {"code": subject.code})
        return redirect("algorithm-requirement", pk, slug)
    return _requirement_page(request, algorithm, applicability, assessment, form=form, conflict=conflict)


def _requirement_page(
    request: HttpRequest,
    algorithm: Algorithm,
    applicability: Applicability,
    assessment: RequirementAssessment,
    **context: Any,
) -> HttpResponse:
    subject = applicability.requirement
    reasons = Reasons(algorithm)
    history = RequirementAssessment.objects.filter(algorithm=algorithm, requirement=subject).exclude(until=None)
    return render(
        request,
        "registry/algorithm_requirement.html",
        tab(
            algorithm,
            "requirements",
            **{
                "requirement": subject,
                "applicability": applicability,
                "reason": reasons.sentence(applicability),
                "question": reasons.question(applicability),
                "assessment": assessment,
                "may_assess": request.user.has_perm("registry.assess_requirement", assessment),
                "may_verify": assessment.status == RequirementAssessment.Status.MET
                and assessment.verified_at is None
                and request.user.has_perm("registry.verify_requirement", assessment),
                "verify_form": VerifyForm(initial={"seen": assessment.pk}),
                "overrule_form": OverruleForm(initial={"seen": applicability.pk}),
                "measures": measure_rows(algorithm, subject),
                "tools": subject.tools.in_force(),
                "history": history.select_related("by", "assignee")[:20],
            }
            | context,
        ),
    )


@login_required
@require_POST
def verify(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    applicability = _applicability(request, algorithm, slug)
    assessment = working.current_assessment(algorithm, applicability.requirement)
    if not request.user.has_perm("registry.verify_requirement", assessment):
        raise PermissionDenied
    form = VerifyForm(request.POST)
    if form.is_valid():
        assessment.pk = form.cleaned_data["seen"]
        try:
            working.verify(
                assessment,
                confirmed=form.cleaned_data["verdict"] == "confirm",
                reason=form.cleaned_data["reason"],
                by=request.user,
            )
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("The claim changed while you looked at it. Here is how it stands now."))
            return redirect("algorithm-requirement", pk, slug)
        else:
            messages.success(
                request, _("Your verdict on %(code)s is saved.") % {"code": applicability.requirement.code}
            )
            return redirect("algorithm-requirement", pk, slug)
    return _redisplay(request, algorithm, applicability, verify_form=form)


@login_required
@require_POST
def overrule(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    algorithm = visible_algorithm(request, pk, "registry.overrule_applicability")
    applicability = _applicability(request, algorithm, slug)
    form = OverruleForm(request.POST)
    if form.is_valid():
        decided, seen = form.cleaned_data["outcome"], form.cleaned_data["seen"]
        subject = applicability.requirement
        try:
            if decided == "rule":
                working.follow_rule(algorithm, subject, seen=seen, by=request.user)
            else:
                working.overrule(
                    algorithm,
                    subject,
                    applies=decided == "applies",
                    reason=form.cleaned_data["reason"],
                    seen=seen,
                    by=request.user,
                )
        except ValidationError as error:
            add_errors(form, error)
        except Conflict:
            messages.warning(request, _("The outcome changed while you looked at it. Here is how it stands now."))
            return redirect("algorithm-requirement", pk, slug)
        else:
            messages.success(request, _("Your decision on %(code)s is saved.") % {"code": subject.code})
            return redirect("algorithm-requirement", pk, slug)
    return _redisplay(request, algorithm, applicability, overrule_form=form)


def _redisplay(request: HttpRequest, algorithm: Algorithm, applicability: Applicability, **forms: Any) -> HttpResponse:
    """The requirement's page with one of its side forms shown again, as it was filled in."""
    assessment = working.current_assessment(algorithm, applicability.requirement)
    form = _form(request, AssessmentForm, assessment)
    return _requirement_page(request, algorithm, applicability, assessment, form=form, **forms)


@dataclass
class MeasureRow:
    measure: Measure
    is_recommended: bool
    status: MeasureStatus | None


def measure_rows(algorithm: Algorithm, subject: Requirement | None = None, query: Any = None) -> list[MeasureRow]:
    """Recommended measures and those somebody worked on, of one requirement or of all, in the framework's order."""
    query = query or {}
    recommended = set(Recommendation.objects.current().filter(algorithm=algorithm).values_list("measure", flat=True))
    statuses = {
        row.measure_id: row
        for row in MeasureStatus.objects.current().filter(algorithm=algorithm).select_related("assignee")
    }
    measures = Measure.objects.for_organisation(algorithm.organisation).select_related("organisation")
    measures = measures.filter(pk__in=recommended | statuses.keys())
    if subject is not None:
        measures = measures.filter(requirements=subject)
    if topic := _slug(query, "topic"):
        measures = measures.filter(topics__slug=topic)
    if phase := _slug(query, "phase"):
        measures = measures.filter(phases__slug=phase)
    rows = [MeasureRow(m, m.pk in recommended, statuses.get(m.pk)) for m in measures.order_by("slug")]
    if choice := query.get("choice"):
        rows = [row for row in rows if (row.status.choice if row.status else "open") == choice]
    return rows


@login_required
def measures(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    rows = measure_rows(algorithm, query=request.GET)
    return render(
        request,
        "registry/algorithm_measures.html",
        tab(
            algorithm,
            "measures",
            recommended=[row for row in rows if row.is_recommended],
            set_aside=[row for row in rows if not row.is_recommended],
            topics=Topic.objects.all(),
            phases=LifecyclePhase.objects.filter(number__gt=0),
            choices=MeasureStatus.Choice.choices,
            query=request.GET,
        ),
    )


@login_required
def measure(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    subject = get_object_or_404(Measure.objects.for_organisation(algorithm.organisation), slug=slug)
    status = working.current_measure_status(algorithm, subject)
    is_recommended = Recommendation.objects.current().filter(algorithm=algorithm, measure=subject).exists()
    form = _form(request, MeasureForm, status, request.POST or None)
    verb = partial(working.record_measure, algorithm, subject)
    saved, conflict = _save(request, form, "registry.record_measure", verb)
    if saved:
        messages.success(request, _("%(code)s is saved.") % {"code": subject.code})
        return redirect("algorithm-measure", pk, slug)
    applying = Applicability.objects.current().applying().filter(algorithm=algorithm, requirement__measures=subject)
    history = MeasureStatus.objects.filter(algorithm=algorithm, measure=subject).exclude(until=None)
    return render(
        request,
        "registry/algorithm_measure.html",
        tab(
            algorithm,
            "measures",
            measure=subject,
            status=status,
            is_recommended=is_recommended,
            may_record=request.user.has_perm("registry.record_measure", status),
            form=form,
            conflict=conflict,
            serves=applying.select_related("requirement").order_by("requirement__urn"),
            tools=subject.tools.in_force(),
            history=history.select_related("by", "assignee")[:20],
        ),
    )
