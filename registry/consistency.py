"""Consistency checks: what does not fit together in the register, why that matters and how to mend it.

Each check is a queryset of the records that deviate today; `registry.deviations` lists, counts and accepts them.
Another part of the application adds a check to `CHECKS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from governance import clock
from governance.models import (
    Evidence,
    OrganisationAssessment,
    OrganisationEvidence,
    OrganisationMeasureStatus,
    PolicyVersion,
)
from registry.assessments_needed import DPIA, IAMA, OF_HIGH_RISK
from registry.models import (
    Algorithm,
    AlgorithmEvidence,
    Classification,
    Condition,
    Evaluation,
    Finding,
    Gate,
    ImpactAssessment,
    IncidentReport,
    MeasureStatus,
    MonitoringPoint,
    RequirementAssessment,
    Responsibility,
    Risk,
)


@dataclass(frozen=True)
class Check:
    code: str
    title: Any
    why: Any
    """Why it matters."""
    mend: Any
    """What to do about it, at the record."""
    found: Callable[[], "QuerySet[Any]"]
    """The records that deviate today."""
    owner: str = "algorithm__organisation"
    """The path of fields from a record to its organisation."""
    algorithm: str = "algorithm"
    """The path to its algorithm; "pk" for an algorithm itself, empty for what is about none."""
    named_by: tuple[str, ...] = ("pk",)
    """The fields that name the record through its changes: the row of a period is another one after every change."""
    related: tuple[str, ...] = ("algorithm__organisation",)
    what: Callable[[Any], Any] = str
    """How the lists name a record."""
    route: str = ""
    """The page of its algorithm where it is mended; else it is the page of the record."""


# What the checks look for


def _in_use() -> "QuerySet[Any]":
    return Algorithm.objects.filter(status=Algorithm.Status.IN_USE)


def _living() -> "QuerySet[Any]":
    return Algorithm.objects.exclude(status=Algorithm.Status.OUT_OF_USE)


def _evidence(uses: Any, owner: str, subject: str) -> "QuerySet[Any]":
    """The evidence that is used for the owner and the requirement or measure of the outer row."""
    return uses.objects.current().filter(**{owner: OuterRef(owner), subject: OuterRef(subject)})


def measures_without_evidence() -> "QuerySet[Any]":
    """Measures that are recommended and said to be done, without a link or evidence that counts today."""
    done = MeasureStatus.objects.current().counting().filter(progress=MeasureStatus.Progress.DONE, links=[])
    uses = _evidence(AlgorithmEvidence, "algorithm", "measure")
    return done.filter(~Exists(uses.filter(evidence__in=Evidence.objects.valid())))


def measures_of_organisations_without_evidence() -> "QuerySet[Any]":
    """The same of the measures that organisations arrange once for all their algorithms."""
    done = OrganisationMeasureStatus.objects.current().filter(progress=MeasureStatus.Progress.DONE, links=[])
    uses = _evidence(OrganisationEvidence, "organisation", "measure")
    return done.filter(~Exists(uses.filter(evidence__in=Evidence.objects.valid())))


def _without_evidence(claims: "QuerySet[Any]", uses: "QuerySet[Any]") -> "QuerySet[Any]":
    """Claims on evidence of which none counts today, and claims on nothing at all."""
    claims = claims.filter(~Exists(uses.filter(evidence__in=Evidence.objects.valid())))
    return claims.filter(Q(Exists(uses)) | Q(explanation="", links=[]))


def claims_without_evidence() -> "QuerySet[Any]":
    """Requirements claimed met, or verified, that nothing proves any more.

    An impact assessment that is valid counts as evidence for the requirements that the catalogue links its tool to.
    """
    assessed = ImpactAssessment.objects.valid().filter(
        algorithm=OuterRef("algorithm"), tool__requirements=OuterRef("requirement")
    )
    claims = RequirementAssessment.objects.current().met().counting().filter(~Exists(assessed))
    return _without_evidence(claims, _evidence(AlgorithmEvidence, "algorithm", "requirement"))


def claims_of_organisations_without_evidence() -> "QuerySet[Any]":
    """The same of the requirements that organisations arrange once for all their algorithms."""
    claims = OrganisationAssessment.objects.current().met()
    return _without_evidence(claims, _evidence(OrganisationEvidence, "organisation", "requirement"))


def in_use_without_go() -> "QuerySet[Any]":
    went = Gate.objects.allowing().filter(kind=Gate.Kind.INTO_USE, algorithm=OuterRef("pk"))
    return _in_use().filter(~Exists(went))


def high_risk_without_impact_assessment() -> "QuerySet[Any]":
    """Neither a DPIA nor an IAMA is valid; what is out of use needs none any more."""
    high = Classification.objects.current().filter(OF_HIGH_RISK, algorithm=OuterRef("pk"))
    assessed = ImpactAssessment.objects.valid().filter(algorithm=OuterRef("pk"), tool__slug__in=[DPIA, IAMA])
    return _living().filter(Exists(high), ~Exists(assessed))


def accountable_who_left() -> "QuerySet[Any]":
    """Who is Accountable, for the whole or a part, with a closed account or without a role in the organisation."""
    held = Responsibility.objects.current().filter(letter="A", algorithm__in=_living().order_by().values("pk"))
    return held.exclude(pk__in=Responsibility.objects.filling().order_by().values("pk"))


def in_use_without_monitoring() -> "QuerySet[Any]":
    return _in_use().filter(~Exists(MonitoringPoint.objects.current().filter(algorithm=OuterRef("pk"))))


def _on_algorithm(route: str = "") -> dict[str, Any]:
    """How a check on algorithms themselves reads its records."""
    return {"owner": "organisation", "algorithm": "pk", "related": ("organisation",), "route": route}


OF_ORGANISATION: dict[str, Any] = {"owner": "organisation", "algorithm": ""}
"""How a check on what an organisation arranges itself reads its records."""

CHECKS: list[Check] = [
    Check(
        "measure_without_evidence",
        gettext_lazy("Measure done without evidence"),
        gettext_lazy("Somebody says that it is done, and nobody else can see that."),
        gettext_lazy("Add a file or link that shows it, or say that it is not done yet."),
        measures_without_evidence,
        named_by=("algorithm_id", "measure_id"),
        related=("algorithm__organisation", "measure"),
        what=lambda row: row.measure,
    ),
    Check(
        "claim_without_evidence",
        gettext_lazy("Requirement met without valid evidence"),
        gettext_lazy("A claim that rests on nothing, or on evidence that expired or was withdrawn, convinces nobody."),
        gettext_lazy("Add evidence that counts today, or take the claim back."),
        claims_without_evidence,
        named_by=("algorithm_id", "requirement_id"),
        related=("algorithm__organisation", "requirement"),
        what=lambda row: row.requirement,
    ),
    Check(
        "organisation_measure_without_evidence",
        gettext_lazy("Measure of the organisation done without evidence"),
        gettext_lazy("All its algorithms rest on what is arranged once, and nobody else can see that it is."),
        gettext_lazy("Add a file or link that shows it, or say that it is not done yet."),
        measures_of_organisations_without_evidence,
        named_by=("organisation_id", "measure_id"),
        related=("organisation", "measure"),
        what=lambda row: row.measure,
        **OF_ORGANISATION,
    ),
    Check(
        "organisation_claim_without_evidence",
        gettext_lazy("Requirement of the organisation met without valid evidence"),
        gettext_lazy("All its algorithms rest on this claim, and nothing proves it any more."),
        gettext_lazy("Add evidence that counts today, or take the claim back."),
        claims_of_organisations_without_evidence,
        named_by=("organisation_id", "requirement_id"),
        related=("organisation", "requirement"),
        what=lambda row: row.requirement,
        **OF_ORGANISATION,
    ),
    Check(
        "in_use_without_go",
        gettext_lazy("In use without a go"),
        gettext_lazy("Nobody can show who decided to put it into use, and on what grounds."),
        gettext_lazy("Record the decision to put it into use, or ask for one."),
        in_use_without_go,
        **_on_algorithm("algorithm-lifecycle"),
    ),
    Check(
        "high_risk_without_impact_assessment",
        gettext_lazy("High risk without a DPIA or IAMA"),
        gettext_lazy(
            "Of high-risk AI one must know what it does to people and their rights (AI Act art. 27, GDPR art. 35)."
        ),
        gettext_lazy("Carry out a DPIA or IAMA and record its outcome."),
        high_risk_without_impact_assessment,
        **_on_algorithm("algorithm-impact-assessments"),
    ),
    Check(
        "policy_past_review",
        gettext_lazy("Policy whose review date passed"),
        gettext_lazy("People work by a text of which nobody knows whether it still fits."),
        gettext_lazy("Look at it again: adopt a new version, or withdraw it."),
        lambda: PolicyVersion.objects.due_for_review(),
        owner="policy__organisation",
        algorithm="",
        related=("policy__organisation",),
        what=lambda row: row.policy,
    ),
    Check(
        "accountable_left",
        gettext_lazy("Accountable person who left"),
        gettext_lazy("Who answers for it works here no more, so nobody does."),
        gettext_lazy("Make somebody else accountable."),
        accountable_who_left,
        related=("algorithm__organisation", "person", "phase", "requirement", "measure"),
        what=lambda row: f"{row.person} ({row.scope})" if row.scope else row.person,
        route="algorithm-responsibilities",
    ),
    Check(
        "vacant_in_use",
        gettext_lazy("In use while a responsibility is vacant"),
        gettext_lazy(
            "Nobody is accountable for it, or nobody is responsible, while people have to do with its outcomes."
        ),
        gettext_lazy("Say who is accountable and who is responsible for the whole algorithm."),
        lambda: Algorithm.objects.vacant().filter(status=Algorithm.Status.IN_USE),
        **_on_algorithm("algorithm-responsibilities"),
    ),
    Check(
        "algorithm_past_review",
        gettext_lazy("Algorithm whose review date passed"),
        gettext_lazy("What is known of it may be out of date."),
        gettext_lazy("Look at its description and classification, and set a new review date."),
        lambda: _living().filter(review_date__lt=clock.today()),
        **_on_algorithm(),
    ),
    Check(
        "condition_overdue",
        gettext_lazy("Conditional go with an overdue condition"),
        gettext_lazy("The go was given for as long as the conditions are met; this one is late."),
        gettext_lazy("Do what the condition asks and say so, or put the decision to the manager again."),
        lambda: Condition.objects.open().filter(due__lt=clock.today(), gate__decision="conditional_go"),
        owner="gate__algorithm__organisation",
        algorithm="gate__algorithm",
        related=("gate__algorithm__organisation",),
    ),
    Check(
        "impact_assessment_due",
        gettext_lazy("Impact assessment that has to be done again"),
        gettext_lazy("Its next date has passed: the algorithm or the law may have changed since."),
        gettext_lazy("Carry it out again, or set a later date with the reason in its conclusion."),
        lambda: ImpactAssessment.objects.due(),
        related=("algorithm__organisation", "tool"),
    ),
    Check(
        "risk_acceptance_over",
        gettext_lazy("Risk whose acceptance lapsed"),
        gettext_lazy("The manager accepted it until a day that has passed; now nobody does."),
        gettext_lazy("Treat the risk, accept it anew, or close it."),
        lambda: Risk.objects.acceptance_over(),
    ),
    Check(
        "evaluation_overdue",
        gettext_lazy("Evaluation that is overdue"),
        gettext_lazy("Nobody looked whether the algorithm still does what it should."),
        gettext_lazy("Hold the evaluation and record its outcome."),
        lambda: Evaluation.objects.overdue(),
        related=("algorithm__organisation", "point"),
    ),
    Check(
        "in_use_without_monitoring",
        gettext_lazy("In use without a monitoring plan"),
        gettext_lazy("Without a plan it is chance whether somebody sees that the outcomes change."),
        gettext_lazy("Write down what is looked at, by whom and how often."),
        in_use_without_monitoring,
        **_on_algorithm("algorithm-monitoring"),
    ),
    Check(
        "incident_report_late",
        gettext_lazy("Incident of which the term for reporting passed"),
        gettext_lazy("The law sets a term for reporting it, and that is over."),
        gettext_lazy("Report it now, or say why that is not needed."),
        lambda: IncidentReport.objects.open().filter(deadline__lt=clock.now()),
        owner="incident__algorithm__organisation",
        algorithm="incident__algorithm",
        related=("incident__algorithm__organisation",),
        what=lambda row: f"{row.incident}: {row}",
    ),
    Check(
        "finding_overdue",
        gettext_lazy("Finding of an auditor that is overdue"),
        gettext_lazy("Management promised to do something about it before a day that has passed."),
        gettext_lazy("Tell what was done and ask the auditor to close it, or agree on another day."),
        lambda: Finding.objects.overdue(),
        owner="organisation",
        related=("organisation", "algorithm__organisation"),
    ),
]
