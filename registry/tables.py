"""Tables about algorithms and the work on them, to take along: what a row is, what is in it, which rows; see
`governance.tables` and, for what assurance adds, `registry.assurance_tables`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import organisation_level
from governance.models import Assessment, Evidence, MeasureWork, User
from governance.tables import Column, Memo, Table, columns_of
from registry import compliance
from registry.applicability import explain
from registry.filters import AlgorithmFilter
from registry.forms import DESCRIPTION
from registry.models import (
    Algorithm,
    AlgorithmEvidence,
    Applicability,
    Classification,
    Compliance,
    Letter,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
    Responsibility,
)
from registry.models.applicability import Outcome
from registry.responsibilities import name_of
from registry.table_filters import MeasureRowFilter, RequirementRowFilter, RowFilter
from registry.templatetags.registry import letter_word, risk_group_name

# Algorithms

COUNTED = ("applies", "claimed", "verified", "undetermined", "measures", "settled", "unassigned", "next_due")


def _joined(rows: Iterable[Any]) -> str:
    return ", ".join(str(row) for row in rows)


def _described(name: str) -> Column:
    if name in ("themes", "objectives"):
        title = _("themes") if name == "themes" else _("public values and objectives")
        return Column(title, lambda row: _joined(getattr(row, name).all()))
    return columns_of(Algorithm, name)[0]


def algorithm_columns() -> list[Column]:
    description = [name for _group, names in DESCRIPTION for name in names]
    return [
        *columns_of(Algorithm, "name", "organisation"),
        Column(_("risk group"), lambda row: risk_group_name(row.risk_group)),
        Column(_("Accountable"), lambda row: row.accountable),
        *columns_of(Compliance, *COUNTED, through="counted"),
        Column(_("overdue"), lambda row: row.counted.overdue if row.counted else None),
        *(_described(name) for name in description if name != "name"),
        *columns_of(Algorithm, "is_paused", "created"),
    ]


def add_to_algorithms(rows: Sequence[Any], memo: Memo) -> None:
    """`risk_group`, `accountable`, and `counted` with what is overdue; five queries."""
    keys = [row.pk for row in rows]
    current = Classification.objects.current().filter(algorithm__in=keys)
    groups = dict(current.values_list("algorithm", "risk_group"))
    held = Responsibility.objects.filling().for_the_whole().filter(algorithm__in=keys, letter=Letter.ACCOUNTABLE)
    accountable = {row.algorithm_id: row.person for row in held.select_related("person")}
    for row in rows:
        row.risk_group = groups.get(row.pk)
        row.accountable = accountable.get(row.pk)
        row.counted = getattr(row, "compliance", None)
    compliance.count_overdue(row.counted for row in rows if row.counted)


def _algorithms(user: User) -> QuerySet[Any]:
    return Algorithm.objects.visible_to(user)


# Requirements and measures of algorithms


def evidence_counts(rows: Sequence[Any], subject: str) -> Counter[tuple[int, int]]:
    """(algorithm, subject) → how much evidence counts for it now; one query."""
    used = AlgorithmEvidence.objects.current().filter(evidence__in=Evidence.objects.valid(), **_about(rows, subject))
    return Counter(used.values_list("algorithm_id", f"{subject}_id"))


def _about(rows: Sequence[Any], subject: str) -> dict[str, Any]:
    return {
        "algorithm__in": {row.algorithm_id for row in rows},
        f"{subject}__in": {getattr(row, f"{subject}_id") for row in rows},
    }


def _begun(work: Any, rows: Sequence[Any], subject: str, *people: str) -> dict[tuple[int, int], Any]:
    """(algorithm, subject) → the open row of work; one query."""
    found = work.objects.current().filter(**_about(rows, subject)).select_related("assignee", *people)
    return {(row.algorithm_id, getattr(row, f"{subject}_id")): row for row in found}


def add_to_requirements(rows: Sequence[Any], memo: Memo) -> None:
    """`standing` (the organisation's, where the algorithm inherits it), `is_inherited` and `evidence`; `work` is the
    same as `standing`, for who may see the organisation that it is of."""
    begun = _begun(RequirementAssessment, rows, "requirement", "claimed_by", "verified_by")
    evidence = evidence_counts(rows, "requirement")
    for row in rows:
        key = (row.algorithm_id, row.requirement_id)
        row.evidence, row.is_inherited = evidence[key], row.requirement.is_at_organisation_level
        row.work = row.standing = begun.get(key)
        if row.is_inherited:
            organisation = row.algorithm.organisation
            if organisation.pk not in memo:
                may_read = memo.reader.has_perm("governance.view_organisation", organisation.accountable())
                memo[organisation.pk] = organisation_level.inherited(organisation), may_read
            inherited, may_read = memo[organisation.pk]
            row.standing = inherited.assessments.get(row.requirement_id)
            row.work = row.standing if may_read else None


def requirement_columns() -> list[Column]:
    return [
        Column(_("algorithm"), lambda row: row.algorithm),
        Column(_("organisation"), lambda row: row.algorithm.organisation),
        Column(_("requirement"), lambda row: row.requirement.code),
        Column(_("title"), lambda row: row.requirement.title),
        Column(_("law"), lambda row: row.requirement.law),
        *columns_of(Applicability, "outcome"),
        Column(_("reason"), lambda row: explain(row.rule_outcome, row.reason)),
        *columns_of(Applicability, "overruling"),
        Column(_("level"), lambda row: _("organisation") if row.is_inherited else _("algorithm")),
        Column(_("status"), _requirement_status),
        *columns_of(
            Assessment, "explanation", "claimed_by", "claimed_at", "verified_by", "verified_at", through="work"
        ),
        Column(_("pieces of evidence"), lambda row: row.evidence),
        *columns_of(Assessment, "verify_again", "returned_reason", "assignee", "due", through="work"),
    ]


def _requirement_status(row: Any) -> str:
    """What the work says, of what applies; nothing for what asks for no work."""
    if row.outcome != Outcome.APPLIES:
        return ""
    return str(row.standing.get_status_display() if row.standing else Assessment.Status.OPEN.label)


def _requirements(user: User) -> QuerySet[Any]:
    rows = Applicability.objects.current().filter(algorithm__in=Algorithm.objects.visible_to(user))
    return rows.order_by("algorithm__name", "algorithm", "requirement__urn")


def add_to_measures(rows: Sequence[Any], memo: Memo) -> None:
    """`work` and `evidence`; two queries."""
    begun, evidence = _begun(MeasureStatus, rows, "measure", "by"), evidence_counts(rows, "measure")
    for row in rows:
        key = (row.algorithm_id, row.measure_id)
        row.work, row.evidence = begun.get(key), evidence[key]


def measure_columns() -> list[Column]:
    return [
        Column(_("algorithm"), lambda row: row.algorithm),
        Column(_("organisation"), lambda row: row.algorithm.organisation),
        Column(_("measure"), lambda row: row.measure.code),
        Column(_("title"), lambda row: row.measure.title),
        Column(_("choice"), lambda row: row.work.get_choice_display() if row.work else MeasureWork.Choice.OPEN.label),
        *columns_of(MeasureWork, "progress", "explanation", through="work"),
        Column(_("pieces of evidence"), lambda row: row.evidence),
        *columns_of(MeasureWork, "assignee", "due", through="work"),
        Column(_("last changed"), lambda row: row.work.since if row.work else None),
        Column(_("by"), lambda row: row.work.by if row.work else None),
    ]


def _measures(user: User) -> QuerySet[Any]:
    rows = Recommendation.objects.current().filter(algorithm__in=Algorithm.objects.visible_to(user))
    return rows.order_by("algorithm__name", "algorithm", "measure__urn")


# Responsibilities


def responsibility_columns() -> list[Column]:
    return [
        Column(_("algorithm"), lambda row: row.algorithm),
        Column(_("organisation"), lambda row: row.algorithm.organisation),
        Column(_("scope"), lambda row: name_of(row.scope)),
        Column(_("responsibility"), lambda row: letter_word(row.letter)),
        *columns_of(Responsibility, "person", "since", "until"),
    ]


TABLES = [
    Table(
        "algoritmes",
        gettext_lazy("Algorithms"),
        gettext_lazy("Every algorithm with its description, risk group, phase, who is Accountable, and how far it is."),
        algorithm_columns,
        _algorithms,
        AlgorithmFilter,
        lambda rows: rows.select_related("organisation", "phase", "compliance").prefetch_related(
            "themes", "objectives"
        ),
        add_to_algorithms,
    ),
    Table(
        "vereisten",
        gettext_lazy("Requirements per algorithm"),
        gettext_lazy(
            "Every algorithm with every requirement: whether it applies and why, what is claimed and verified."
        ),
        requirement_columns,
        _requirements,
        RequirementRowFilter,
        lambda rows: rows.select_related("algorithm__organisation", "requirement__law").prefetch_related(
            "requirement__phases"
        ),
        add_to_requirements,
    ),
    Table(
        "maatregelen",
        gettext_lazy("Measures per algorithm"),
        gettext_lazy("Every algorithm with every recommended measure: what was chosen, and how far that is."),
        measure_columns,
        _measures,
        MeasureRowFilter,
        lambda rows: rows.select_related("algorithm__organisation", "measure"),
        add_to_measures,
    ),
    Table(
        "verantwoordelijkheden",
        gettext_lazy("Responsibilities"),
        gettext_lazy("Who is Accountable, Responsible, Consulted, Informed or supports, for what, since when."),
        responsibility_columns,
        lambda user: Responsibility.objects.current().visible_to(user).order_by("algorithm__name", "algorithm", "pk"),
        RowFilter,
        lambda rows: rows.select_related("algorithm__organisation", "person", "phase", "requirement", "measure"),
    ),
]
