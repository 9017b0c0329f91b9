"""Tables about what assures: evidence, gates, risks, evaluations, incidents, findings, policies and complaints; see
`registry.tables`.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.evidence_places import place_of
from governance.models import Evidence, Policy, PolicyVersion, User
from governance.models.evidence import kinds_of_use
from governance.tables import Column, Memo, Table, columns_of
from registry.models import (
    Audit,
    Complaint,
    Evaluation,
    Finding,
    Gate,
    Incident,
    Risk,
)
from registry.table_filters import (
    ComplaintTableFilter,
    EvaluationTableFilter,
    EvidenceTableFilter,
    FindingTableFilter,
    IncidentTableFilter,
    PolicyTableFilter,
    RiskTableFilter,
    RowFilter,
)


def _of_algorithm() -> list[Column]:
    return [
        Column(_("algorithm"), lambda row: row.algorithm),
        Column(_("organisation"), lambda row: row.algorithm.organisation),
    ]


# Evidence


def evidence_columns() -> list[Column]:
    return [
        *columns_of(Evidence, "organisation", "title", "description", "url", "name", "valid_until"),
        Column(_("counts now"), lambda row: row.counts),
        Column(_("used for"), lambda row: "\n".join(row.used_for)),
        *columns_of(Evidence, "added", "added_by", "withdrawn", "withdrawn_because"),
    ]


def add_uses(rows: Sequence[Any], memo: Memo) -> None:
    """`used_for`: what the evidence is attached to now, where the reader sees it; a query for each kind of use."""
    uses: dict[int, list[str]] = {row.pk: [] for row in rows}
    for model in kinds_of_use():
        for use in model.objects.current().visible_to(memo.reader).filter(evidence__in=uses).with_places():
            uses[use.evidence_id].append(place_of(use).name)
    for row in rows:
        row.used_for = uses[row.pk]


# Decisions, risks, evaluations, incidents


def gate_columns() -> list[Column]:
    return [
        *_of_algorithm(),
        *columns_of(Gate, "kind", "from_phase", "to_phase", "request", "requested_by", "requested", "decision"),
        *columns_of(Gate, "decided_by", "decided_on", "reason"),
        Column(_("open at that moment"), lambda row: len(row.open_items)),
        Column(_("conditions"), lambda row: len(row.conditions.all())),
        Column(_("conditions still open"), lambda row: sum(one.settled is None for one in row.conditions.all())),
    ]


def risk_columns() -> list[Column]:
    return [
        *_of_algorithm(),
        *columns_of(Risk, "title", "description", "likelihood_before", "impact_before", "likelihood_after"),
        *columns_of(Risk, "impact_after"),
        Column(_("score (1 to 25)"), _score),
        *columns_of(Risk, "treatment", "treatment_note"),
        Column(_("treated by"), lambda row: ", ".join(measure.code for measure in row.measures.all())),
        *columns_of(Risk, "owner", "accepted_by", "accepted_until", "accepted_because", "identified", "closed"),
        *columns_of(Risk, "closed_because"),
    ]


def _score(risk: Risk) -> int | None:
    """Likelihood times impact, after treatment where that was judged."""
    if risk.likelihood_after is not None and risk.impact_after is not None:
        return risk.likelihood_after * risk.impact_after
    if risk.likelihood_before is not None and risk.impact_before is not None:
        return risk.likelihood_before * risk.impact_before
    return None


def evaluation_columns() -> list[Column]:
    names = ("point", "trigger", "trigger_note", "due", "assignee", "held_on", "held_by", "outcome", "findings")
    return [*_of_algorithm(), *columns_of(Evaluation, *names)]


def incident_columns() -> list[Column]:
    return [
        *_of_algorithm(),
        *columns_of(Incident, "summary", "description", "happened_on", "known", "seriousness", "harm", "data_breach"),
        *columns_of(Incident, "handler", "cause", "actions"),
        Column(_("duties to report"), lambda row: "\n".join(_report(report) for report in row.reports.all())),
        *columns_of(Incident, "recorded", "recorded_by", "closed", "closed_by"),
    ]


def _report(report: Any) -> str:
    if report.lapsed:
        state = _("lapsed")
    elif report.reported:
        state = _("reported")
    else:
        state = _("not needed") if report.not_needed else _("still to be reported")
    return f"{report}: {state}"


# Findings, policies, complaints


def finding_columns() -> list[Column]:
    names = (
        "organisation", "algorithm", "audit", "criterion", "requirement", "measure", "policy", "title", "severity",
        "norm", "observation", "cause", "consequence", "recommendation", "raised", "raised_by", "response",
        "response_text", "responded_by", "owner", "due", "closed", "closed_by", "closed_because",
    )  # fmt: skip
    return columns_of(Finding, *names)


def policy_columns() -> list[Column]:
    return [
        *columns_of(Policy, "organisation", "title", "kind", "summary", "owner"),
        Column(_("topics"), lambda row: ", ".join(str(topic) for topic in row.topics.all())),
        Column(_("version in force"), lambda row: row.version_in_force.number if row.version_in_force else None),
        *columns_of(PolicyVersion, "authority", "in_force_from", "review_date", through="version_in_force"),
        *columns_of(Policy, "is_public"),
    ]


def complaint_columns() -> list[Column]:
    names = (
        "algorithm", "organisation", "kind", "received_on", "channel", "reference", "summary", "handler", "due",
        "outcome", "response", "closed_on",
    )  # fmt: skip
    return columns_of(Complaint, *names)


def _about_algorithms(model: Any) -> Any:
    """The visible rows of a model, algorithm by algorithm in the order of their names."""

    def visible(user: User) -> QuerySet[Any]:
        rows: QuerySet[Any] = model.objects.visible_to(user).order_by("algorithm__name", "algorithm", "pk")
        return rows

    return visible


def _related(*names: str) -> Any:
    return lambda rows: rows.select_related("algorithm__organisation", *names)


def _findings(user: User) -> QuerySet[Any]:
    """Those a person sees; each names its audit where they see that as well."""
    audits = Prefetch("audit", Audit.objects.visible_to(user))
    rows: QuerySet[Any] = Finding.objects.visible_to(user).prefetch_related(audits)
    return rows


FINDING = ("criterion__framework", "requirement", "measure", "policy", "raised_by", "responded_by", "owner")

TABLES = [
    Table(
        "bewijs",
        gettext_lazy("Evidence"),
        gettext_lazy("Every file and link that backs something, what it is used for, and whether it still counts."),
        evidence_columns,
        lambda user: Evidence.objects.visible_to(user),
        EvidenceTableFilter,
        lambda rows: rows.select_related("organisation", "added_by"),
        add_uses,
    ),
    Table(
        "beslismomenten",
        gettext_lazy("Gates"),
        gettext_lazy("What was asked, what was decided, by whom and why, and the conditions that are still open."),
        gate_columns,
        _about_algorithms(Gate),
        RowFilter,
        lambda rows: _related("from_phase", "to_phase", "requested_by", "decided_by")(rows).prefetch_related(
            "conditions"
        ),
    ),
    Table(
        "risicos",
        gettext_lazy("Risks"),
        gettext_lazy(
            "What can go wrong, how bad that would be, what is done about it, and who accepted it until when."
        ),
        risk_columns,
        _about_algorithms(Risk),
        RiskTableFilter,
        lambda rows: _related("owner", "accepted_by")(rows).prefetch_related("measures"),
    ),
    Table(
        "evaluaties",
        gettext_lazy("Evaluations"),
        gettext_lazy("When algorithms in use were or will be looked at, because of what, with what outcome."),
        evaluation_columns,
        _about_algorithms(Evaluation),
        EvaluationTableFilter,
        _related("point", "assignee", "held_by"),
    ),
    Table(
        "incidenten",
        gettext_lazy("Incidents"),
        gettext_lazy("What went wrong, how serious it was, what had to be reported, and what was done."),
        incident_columns,
        _about_algorithms(Incident),
        IncidentTableFilter,
        lambda rows: _related("handler", "recorded_by", "closed_by")(rows).prefetch_related("reports"),
    ),
    Table(
        "bevindingen",
        gettext_lazy("Findings"),
        gettext_lazy("What auditors found, what management answered, and what is still open."),
        finding_columns,
        _findings,
        FindingTableFilter,
        lambda rows: rows.select_related("organisation", "algorithm", "closed_by", *FINDING),
    ),
    Table(
        "beleid",
        gettext_lazy("Policies"),
        gettext_lazy("Every policy, the version in force, on whose authority, and when it is looked at again."),
        policy_columns,
        lambda user: Policy.objects.visible_to(user),
        PolicyTableFilter,
        lambda rows: rows.select_related("organisation", "owner").prefetch_related(
            "topics", Prefetch("versions", PolicyVersion.objects.defer("body"))
        ),
    ),
    Table(
        "klachten",
        gettext_lazy("Complaints and questions"),
        gettext_lazy("What came in about algorithms, who handles it, and how it ended."),
        complaint_columns,
        lambda user: Complaint.objects.visible_to(user),
        ComplaintTableFilter,
        lambda rows: rows.select_related("algorithm", "organisation", "handler"),
    ),
]
