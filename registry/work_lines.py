"""The rows of the lists of work: out of which tables they come, and how each reads on the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import DateField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from governance.models import (
    OrganisationAssessment,
    OrganisationMeasureStatus,
    PolicyVersion,
    Position,
    ReadingRequest,
    RoleAssignment,
)
from governance.notifying import address_of
from registry.models import (
    Algorithm,
    Complaint,
    Condition,
    Evaluation,
    Finding,
    Gate,
    ImpactAssessment,
    Incident,
    IncidentReport,
    MeasureStatus,
    Proposal,
    RequirementAssessment,
    Responsibility,
    Risk,
)


class Section(models.TextChoices):
    OVERDUE = "overdue", _("Overdue")
    DUE = "due", _("To do")
    DECISION = "decision", _("Waiting for a decision")
    WAITING = "waiting", _("Waiting for others")
    RESPONSIBLE = "responsible", _("Responsible for")
    VACANT = "vacant", _("Held by nobody")
    UNASSIGNED = "unassigned", _("Assigned to nobody")


class Kind(models.TextChoices):
    REQUIREMENT = "requirement", _("Requirement")
    MEASURE = "measure", _("Measure")
    POLICY = "policy", _("Policy")
    READING = "reading", _("Policy to read")
    IMPACT_ASSESSMENT = "impact_assessment", _("Impact assessment")
    COMPLAINT = "complaint", _("Complaint or question")
    RISK = "risk", _("Risk")
    EVALUATION = "evaluation", _("Evaluation")
    INCIDENT = "incident", _("Incident")
    FINDING = "finding", _("Finding")
    PROPOSAL = "proposal", _("Proposed algorithm")
    GATE = "gate", _("Decision about an algorithm")
    CONDITION = "condition", _("Condition of a decision")
    ALGORITHM = "algorithm", _("Algorithm")
    FUNCTION = "function", _("Function")


@dataclass(frozen=True)
class Source:
    """A table that gives rows to sections; `owner` and `holder` are the fields to the organisation and the person."""

    model: Any
    kind: Kind
    owner: str
    holder: str
    related: tuple[str, ...]


SOURCES: dict[str, Source] = {
    "assessment": Source(
        RequirementAssessment,
        Kind.REQUIREMENT,
        "algorithm__organisation",
        "assignee",
        ("algorithm__organisation", "requirement", "assignee", "claimed_by"),
    ),
    "measure": Source(
        MeasureStatus,
        Kind.MEASURE,
        "algorithm__organisation",
        "assignee",
        ("algorithm__organisation", "measure", "assignee"),
    ),
    "organisation_assessment": Source(
        OrganisationAssessment,
        Kind.REQUIREMENT,
        "organisation",
        "assignee",
        ("organisation", "requirement", "assignee", "claimed_by"),
    ),
    "organisation_measure": Source(
        OrganisationMeasureStatus, Kind.MEASURE, "organisation", "assignee", ("organisation", "measure", "assignee")
    ),
    "version": Source(
        PolicyVersion,
        Kind.POLICY,
        "policy__organisation",
        "policy__owner",
        ("policy__organisation", "policy__owner", "submitted_by"),
    ),
    "reading": Source(
        ReadingRequest,
        Kind.READING,
        "policy_version__policy__organisation",
        "person",
        ("policy_version__policy__organisation", "person"),
    ),
    "impact_assessment": Source(
        ImpactAssessment,
        Kind.IMPACT_ASSESSMENT,
        "algorithm__organisation",
        "assignee",
        ("algorithm__organisation", "tool", "assignee"),
    ),
    "complaint": Source(Complaint, Kind.COMPLAINT, "organisation", "handler", ("organisation", "algorithm", "handler")),
    "risk": Source(Risk, Kind.RISK, "algorithm__organisation", "owner", ("algorithm__organisation", "owner")),
    "evaluation": Source(
        Evaluation,
        Kind.EVALUATION,
        "algorithm__organisation",
        "assignee",
        ("algorithm__organisation", "point", "assignee"),
    ),
    "incident": Source(
        Incident, Kind.INCIDENT, "algorithm__organisation", "handler", ("algorithm__organisation", "handler")
    ),
    "incident_report": Source(
        IncidentReport,
        Kind.INCIDENT,
        "incident__algorithm__organisation",
        "incident__handler",
        ("incident__algorithm__organisation", "incident__handler"),
    ),
    "gate": Source(
        Gate,
        Kind.GATE,
        "algorithm__organisation",
        "requested_by",
        ("algorithm__organisation", "to_phase", "requested_by"),
    ),
    "condition": Source(
        Condition,
        Kind.CONDITION,
        "gate__algorithm__organisation",
        "assignee",
        ("gate__algorithm__organisation", "assignee"),
    ),
    "finding": Source(
        Finding, Kind.FINDING, "organisation", "owner", ("organisation", "algorithm", "owner", "raised_by")
    ),
    "proposal": Source(Proposal, Kind.PROPOSAL, "organisation", "proposed_by", ("organisation", "proposed_by")),
    "responsibility": Source(
        Responsibility,
        Kind.ALGORITHM,
        "algorithm__organisation",
        "person",
        ("algorithm__organisation", "phase", "requirement", "measure", "person"),
    ),
    "function": Source(
        RoleAssignment, Kind.FUNCTION, "position__organisation", "person", ("position__organisation", "person")
    ),
    "position": Source(Position, Kind.FUNCTION, "organisation", "", ("organisation",)),
    "algorithm": Source(Algorithm, Kind.ALGORITHM, "organisation", "", ("organisation", "compliance")),
}


NO_DAY = Cast(Value(None), DateField())


@dataclass(frozen=True)
class Arm:
    """The rows that a source gives to a section, and the day by which they are sorted there."""

    section: Section
    source: str
    rows: Any
    day: Any = NO_DAY

    @property
    def of(self) -> Source:
        return SOURCES[self.source]


ASKED_BY = {
    "proposal": "proposed_by",
    "version": "submitted_by",
    "gate": "requested_by",
    "risk": "owner",
    "finding": "raised_by",
}
"""Of what waits for a decision the field that says who asks for it; of a claim it is `claimed_by`."""


@dataclass(frozen=True)
class Line:
    """A row as the page shows it; `day` is the due date, or since when it waits."""

    section: str
    source: str
    day: date | None
    record: Any

    @property
    def kind(self) -> Kind:
        return SOURCES[self.source].kind

    @property
    def what(self) -> str:
        record = self.record
        match self.source:
            case "assessment" | "organisation_assessment":
                return str(record.requirement)
            case "measure" | "organisation_measure":
                return str(record.measure)
            case "reading":
                return str(record.policy_version.policy)
            case "complaint":
                return f"{record.get_kind_display()}: {Truncator(record.summary).words(12)}"
            case "incident_report":
                return f"{Truncator(record.incident.summary).words(12)}: {record}"
            case "condition":
                return Truncator(record.text).words(20)
            case "responsibility":
                scope = record.scope or gettext("the whole algorithm")
                return f"{record.get_letter_display()} – {scope}"
            case "function":
                name = record.position.name
                return gettext("%(function)s (deputy)") % {"function": name} if record.is_deputy else name
            case "algorithm" if self.section == Section.UNASSIGNED:
                number = record.compliance.unassigned
                told = ngettext("%(name)s: %(n)d open piece of work", "%(name)s: %(n)d open pieces of work", number)
                return told % {"name": record.name, "n": number}
        return str(record)

    @property
    def where(self) -> str:
        """The algorithm it is about, or else the organisation."""
        if self.source == "algorithm":
            return str(record_organisation(self.record, self.source))
        return str(getattr(self.record, "algorithm", None) or record_organisation(self.record, self.source))

    @property
    def url(self) -> str:
        record = self.record
        if self.source in ("version", "reading"):
            record = record.policy if self.source == "version" else record.policy_version.policy
        elif self.source == "responsibility":
            record = record.algorithm
        elif self.source in ("function", "position"):
            there = reverse("positions", args=[record_organisation(record, self.source).slug])
            return f"{there}?vacant=true" if self.source == "position" else there
        return address_of(record)

    @property
    def who(self) -> str:
        """Whose it is, or who asks for the decision."""
        record = self.record
        field = SOURCES[self.source].holder
        if self.section == Section.DECISION:
            field = ASKED_BY.get(self.source, "claimed_by")
        for name in field.split("__") if field else []:
            record = getattr(record, name, None)
        return str(record) if field and record else ""


def record_organisation(record: Any, source: str) -> Any:
    for name in SOURCES[source].owner.split("__"):
        record = getattr(record, name)
    return record


def lines(rows: Iterable[tuple[str, dict[str, Any]]]) -> list[Line]:
    """The lines of these (section, row of `Desk.rows`), in their order; one query for each table."""
    wanted = list(rows)
    keys: dict[str, set[int]] = {}
    for _section, row in wanted:
        keys.setdefault(row["in_source"], set()).add(row["key"])
    records: dict[str, dict[int, Any]] = {}
    for name, found in keys.items():
        source = SOURCES[name]
        records[name] = source.model._default_manager.select_related(*source.related).in_bulk(found)
    return [
        Line(section, row["in_source"], row["day"], records[row["in_source"]][row["key"]])
        for section, row in wanted
        if row["key"] in records[row["in_source"]]
    ]
