"""Working on an algorithm: its requirements and measures, one page each, one row written per change."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import slug_re
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from governance import organisation_level
from governance.conflict import Conflict
from governance.forms import add_errors
from governance.models import Assessment, LifecyclePhase, Measure, MeasureWork, Organisation, Requirement, Topic
from governance.views.work import save, save_verdict, work_form
from governance.work_forms import VerifyForm, WorkForm
from registry import working
from registry.forms import AssessmentForm, MeasureForm, OverruleForm
from registry.models import (
    Algorithm,
    Applicability,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
)
from registry.models.applicability import Outcome
from registry.reasons import Reasons
from registry.responsibilities import effective
from registry.views import bulk
from registry.views.algorithm import tab, visible_algorithm


@dataclass
class RequirementRow:
    requirement: Requirement
    applicability: Applicability
    reason: str
    assessment: Assessment | None
    """The organisation's where the algorithm inherits it."""
    measures: int = 0
    settled: int = 0


@login_required
def requirements(request: HttpRequest, pk: int) -> HttpResponse:
    """Every requirement with its outcome and reason: what applies first, then what is undetermined, then the rest."""
    algorithm = visible_algorithm(request, pk)
    applying = Applicability.objects.current().applying().filter(algorithm=algorithm)
    subjects = Requirement.objects.at_algorithm_level().filter(pk__in=applying.values("requirement"))
    bulk_form, saved = bulk.assign_work(request, algorithm, subjects)
    if saved:
        return redirect(request.get_full_path())
    rows = requirement_rows(algorithm, request.GET)
    levels: dict[str, list[RequirementRow]] = {"applies": [], "undetermined": [], "inherited": [], "does_not_apply": []}
    for row in rows:
        outcome = row.applicability.outcome
        inherited = row.requirement.is_at_organisation_level and outcome == Outcome.APPLIES
        levels["inherited" if inherited else outcome].append(row)
    return render(
        request,
        "registry/algorithm_requirements.html",
        tab(
            algorithm,
            "requirements",
            **levels,
            accountable=visible_accountable(request, algorithm),
            topics=Topic.objects.all(),
            phases=LifecyclePhase.objects.all(),
            statuses=Assessment.STATUSES,
            query=request.GET,
            bulk_form=bulk_form,
        ),
    )


def _slug(query: Any, name: str) -> str:
    """A value in the address to narrow by; empty when it cannot be a slug."""
    value = query.get(name, "")
    return value if slug_re.match(value) else ""


def requirement_rows(algorithm: Algorithm, query: Any) -> list[RequirementRow]:
    """The rows for this algorithm, narrowed by `topic`, `phase` and `status` in `query`.

    What belongs to the organisation level alone comes with the organisation's assessment. As many queries however many
    rows.
    """
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
    assessments: dict[int, Any] = {row.requirement_id: row for row in work}
    from_organisation = organisation_level.inherited(algorithm.organisation).assessments
    counts = measure_counts(algorithm)
    reasons = Reasons(algorithm)
    found = [
        RequirementRow(
            row.requirement,
            row,
            reasons.sentence(row),
            (from_organisation if row.requirement.is_at_organisation_level else assessments).get(row.requirement_id),
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
    return work_form(request, kind, row, row.algorithm, "registry.assign_work", data)


def visible_accountable(request: HttpRequest, algorithm: Algorithm) -> Organisation | None:
    """The organisation that arranges the organisation level for the algorithm, where this person may see it."""
    accountable = algorithm.organisation.accountable()
    return accountable if request.user.has_perm("governance.view_organisation", accountable) else None


@login_required
def requirement(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    applicability = _applicability(request, algorithm, slug)
    subject = applicability.requirement
    assessment = working.current_assessment(algorithm, subject)
    if request.method == "POST" and subject.is_at_organisation_level:
        raise PermissionDenied
    form = _form(request, AssessmentForm, assessment, request.POST or None)
    verb = partial(working.assess, algorithm, subject)
    saved, conflict = save(request, form, "registry.assess_requirement", verb)
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
    is_inherited = subject.is_at_organisation_level
    history = RequirementAssessment.objects.filter(algorithm=algorithm, requirement=subject)
    if not is_inherited:
        history = history.exclude(until=None)
    accountable = algorithm.organisation.accountable()
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
                "is_inherited": is_inherited,
                "inherited": organisation_level.current_assessment(accountable, subject) if is_inherited else None,
                "accountable": visible_accountable(request, algorithm),
                "may_assess": request.user.has_perm("registry.assess_requirement", assessment),
                "verify_at": reverse("algorithm-verify", args=[algorithm.pk, subject.slug]),
                "may_verify": assessment.status == RequirementAssessment.Status.MET
                and assessment.verified_at is None
                and request.user.has_perm("registry.verify_requirement", assessment),
                "verify_form": VerifyForm(initial={"seen": assessment.pk}),
                "overrule_form": OverruleForm(initial={"seen": applicability.pk}),
                "measures": measure_rows(algorithm, subject),
                "effective": effective(algorithm, subject),
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
    form = VerifyForm(request.POST)
    if save_verdict(request, form, assessment, "registry.verify_requirement", working.verify):
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
    status: MeasureWork | None
    is_inherited: bool = False
    """Whether the organisation arranges it: then the status is the organisation's."""


def measure_rows(algorithm: Algorithm, subject: Requirement | None = None, query: Any = None) -> list[MeasureRow]:
    """Recommended measures, those somebody worked on and those that are inherited, of one requirement or of all, in the
    framework's order."""
    query = query or {}
    inherited = organisation_level.inherited(algorithm.organisation).statuses
    in_force = Measure.objects.for_organisation(algorithm.organisation).in_force().at_organisation_level()
    applying = Applicability.objects.current().applying().filter(algorithm=algorithm).values("requirement")
    helping = in_force.filter(Q(requirements=None) | Q(requirements__in=applying)) if subject is None else in_force
    arranged = set(helping.values_list("pk", flat=True))
    recommended = set(Recommendation.objects.current().filter(algorithm=algorithm).values_list("measure", flat=True))
    statuses = {
        row.measure_id: row
        for row in MeasureStatus.objects.current().filter(algorithm=algorithm).select_related("assignee")
    }
    measures = Measure.objects.for_organisation(algorithm.organisation).select_related("organisation")
    measures = measures.filter(pk__in=recommended | statuses.keys() | arranged)
    if subject is not None:
        measures = measures.filter(requirements=subject)
    if topic := _slug(query, "topic"):
        measures = measures.filter(topics__slug=topic)
    if phase := _slug(query, "phase"):
        measures = measures.filter(phases__slug=phase)
    rows = [
        MeasureRow(m, m.pk in recommended, inherited.get(m.pk), is_inherited=True)
        if m.pk in arranged
        else MeasureRow(m, m.pk in recommended, statuses.get(m.pk))
        for m in measures.order_by("slug")
    ]
    if choice := query.get("choice"):
        rows = [row for row in rows if (row.status.choice if row.status else "open") == choice]
    return rows


@login_required
def measures(request: HttpRequest, pk: int) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    recommended = Recommendation.objects.current().filter(algorithm=algorithm)
    subjects = Measure.objects.filter(pk__in=recommended.values("measure"))
    bulk_form, saved = bulk.assign_work(request, algorithm, subjects)
    if saved:
        return redirect(request.get_full_path())
    rows = measure_rows(algorithm, query=request.GET)
    return render(
        request,
        "registry/algorithm_measures.html",
        tab(
            algorithm,
            "measures",
            recommended=[row for row in rows if row.is_recommended],
            inherited=[row for row in rows if row.is_inherited],
            accountable=visible_accountable(request, algorithm),
            set_aside=[row for row in rows if not row.is_recommended and not row.is_inherited],
            topics=Topic.objects.all(),
            phases=LifecyclePhase.objects.all(),
            choices=MeasureStatus.Choice.choices,
            query=request.GET,
            bulk_form=bulk_form,
        ),
    )


@login_required
def measure(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    algorithm = visible_algorithm(request, pk)
    subject = get_object_or_404(Measure.objects.for_organisation(algorithm.organisation), slug=slug)
    status = working.current_measure_status(algorithm, subject)
    is_recommended = Recommendation.objects.current().filter(algorithm=algorithm, measure=subject).exists()
    is_inherited = subject.is_at_organisation_level
    if request.method == "POST" and is_inherited:
        raise PermissionDenied
    form = _form(request, MeasureForm, status, request.POST or None)
    verb = partial(working.record_measure, algorithm, subject)
    saved, conflict = save(request, form, "registry.record_measure", verb)
    if saved:
        messages.success(request, _("%(code)s is saved.") % {"code": subject.code})
        return redirect("algorithm-measure", pk, slug)
    applying = Applicability.objects.current().applying().filter(algorithm=algorithm, requirement__measures=subject)
    history = MeasureStatus.objects.filter(algorithm=algorithm, measure=subject)
    if not is_inherited:
        history = history.exclude(until=None)
    accountable = algorithm.organisation.accountable()
    return render(
        request,
        "registry/algorithm_measure.html",
        tab(
            algorithm,
            "measures",
            measure=subject,
            status=status,
            is_recommended=is_recommended,
            is_inherited=is_inherited,
            inherited=organisation_level.current_measure_status(accountable, subject) if is_inherited else None,
            accountable=visible_accountable(request, algorithm),
            may_record=request.user.has_perm("registry.record_measure", status),
            form=form,
            conflict=conflict,
            serves=applying.select_related("requirement").order_by("requirement__urn"),
            effective=effective(algorithm, subject),
            tools=subject.tools.in_force(),
            history=history.select_related("by", "assignee")[:20],
        ),
    )
