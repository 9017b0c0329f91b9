"""What waits for a person, or for everybody in an organisation: one list out of many tables, counted and sorted in SQL.

A `Desk` has sections (overdue, to do, to decide…), each the union of arms: rows of one table, with the day by which
they are sorted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, Q, Value
from django.db.models.functions import Cast, TruncDate

from governance import clock
from governance.models import Membership, Organisation, PolicyVersion, Position, User
from governance.permissions import REGISTRAR
from registry.models import Algorithm, Complaint, Letter
from registry.work_in_use import held_by_nobody, in_use, in_use_of
from registry.work_lines import SOURCES, Arm, Line, Section, lines

Role = Membership.Role


@dataclass(frozen=True)
class Desk:
    arms: Sequence[Arm]

    def narrowed(self, kind: str) -> "Desk":
        """Only what is of this kind."""
        return Desk([arm for arm in self.arms if arm.of.kind == kind]) if kind else self

    def only(self, *sections: Section) -> "Desk":
        return Desk([arm for arm in self.arms if arm.section in sections])

    def counts(self) -> dict[str, int]:
        """How many rows each section has, in one query."""
        found: Counter[str] = Counter()
        for row in _union(
            arm.rows.order_by().values(in_section=_text(arm.section)).annotate(rows=Count("pk")) for arm in self.arms
        ):
            found[row["in_section"]] += row["rows"]
        return {arm.section: found[arm.section] for arm in self.arms}

    def counts_by(self, field: str) -> dict[tuple[Any, str], int]:
        """(value, section) → how many rows, in one query; `field` is `owner` or `holder` of the sources."""
        found: Counter[tuple[Any, str]] = Counter()
        for row in _union(
            arm.rows.order_by()
            .values(of_whom=F(getattr(arm.of, field)), in_section=_text(arm.section))
            .annotate(rows=Count("pk"))
            for arm in self.arms
            if getattr(arm.of, field)
        ):
            found[row["of_whom"], row["in_section"]] += row["rows"]
        return found

    def rows(self, section: str) -> Any:
        """(source, key, day) of a section's rows, the earliest day first and what has none last."""
        arms = [arm for arm in self.arms if arm.section == section]
        if not arms:
            return Algorithm.objects.none()
        parts = (arm.rows.order_by().values(in_source=_text(arm.source), key=F("pk"), day=arm.day) for arm in arms)
        return _union(parts).order_by(F("day").asc(nulls_last=True), "in_source", "key")

    def first(self, number: int) -> dict[str, list[Line]]:
        """The first rows of each section that has any; a query per section, and one for each table shown."""
        sections = dict.fromkeys(arm.section for arm in self.arms)
        found = {section: list(self.rows(section)[:number]) for section in sections}
        shown = lines((section, row) for section, rows in found.items() for row in rows)
        return {section: [line for line in shown if line.section == section] for section in sections}


def _text(value: str) -> Cast:
    return Cast(Value(str(value)), CharField(max_length=40))


def _union(parts: Iterable[Any]) -> Any:
    """All rows of these queries, which have the same columns."""
    first, *others = list(parts) or [Algorithm.objects.none().values("pk")]
    return first.union(*others, all=True) if others else first


def my_desk(person: User, within: Organisation | None = None) -> Desk:
    """What waits for this person, in the organisations they see (or in `within` and below it)."""
    visible = _below(Organisation.objects.visible_to(person), within)
    registered = _below(Organisation.objects.where_member_holds(person, REGISTRAR), within)
    served = _below(Organisation.objects.where_member_holds(person, [Role.OFFICER]), within)
    managed = _below(Organisation.objects.where_member_holds(person, [Role.MANAGER]), within)
    unowned = _owned("version", registered).due_for_review().unowned()
    unassigned = _owned("impact_assessment", registered).due().filter(assignee=None)
    mine = Q(authors=person) | Q(submitted_by=person)
    drafts = PolicyVersion.objects.filter(pk__in=_in_review(visible).filter(mine).values("pk"))
    return Desk(
        [
            *_work(visible, person),
            Arm(Section.OVERDUE, "version", unowned, F("review_date")),
            Arm(Section.OVERDUE, "impact_assessment", unassigned, F("next_on")),
            *_decisions(registered, visible, served, managed, person),
            *in_use_of(person, visible, registered, managed),
            *_findings(visible, person),
            *_findings_to_decide(
                managed, _below(Organisation.objects.where_member_holds(person, [Role.AUDITOR]), within)
            ),
            *_claims(visible, Section.WAITING, lambda rows: rows.filter(claimed_by=person)),
            Arm(Section.WAITING, "version", drafts, TruncDate("submitted_at")),
            Arm(Section.WAITING, "gate", _gates(visible).filter(requested_by=person), TruncDate("requested")),
            Arm(Section.WAITING, "proposal", _proposals(visible).filter(proposed_by=person), TruncDate("proposed")),
            *_responsible(visible, person),
        ]
    )


def organisation_desk(organisation: Organisation, person: User | None = None) -> Desk:
    """What is overdue, to do, undecided, vacant and unassigned in the organisation and below; of one person there
    what they have to do and are responsible for."""
    below = _below(Organisation.objects.all(), organisation)
    if person is not None:
        return Desk(
            [
                *_work(below, person),
                *in_use(below, person),
                *_findings(below, person),
                *_responsible(below, person),
            ]
        )
    return Desk([*_work(below, None), *in_use(below, None), *_findings(below, None), *everybodys(below)])


def everybodys(organisations: Any) -> list[Arm]:
    """What is undecided, vacant or unassigned in these organisations."""
    unassigned = Section.UNASSIGNED
    due = F("due")
    complaints = Complaint.objects.unhandled().filter(organisation__in=organisations, handler=None)
    algorithms = Algorithm.objects.filter(organisation__in=organisations)
    return [
        *_decisions(organisations, organisations, organisations, organisations, None),
        *_findings_to_decide(organisations, organisations),
        *held_by_nobody(organisations),
        Arm(Section.VACANT, "position", Position.objects.vacant().filter(organisation__in=organisations)),
        Arm(Section.VACANT, "algorithm", algorithms.vacant()),
        Arm(unassigned, "algorithm", algorithms.filter(compliance__unassigned__gt=0), F("compliance__next_due")),
        *(
            Arm(unassigned, source, _owned(source, organisations).open().unassigned(), due)
            for source in ("organisation_assessment", "organisation_measure")
        ),
        Arm(unassigned, "complaint", complaints, due),
        Arm(unassigned, "condition", _owned("condition", organisations).open().filter(assignee=None), due),
    ]


def managers_desk(organisations: Any) -> Desk:
    """The figures a manager sees first, for these organisations."""
    everything = [*_work(organisations, None), *in_use(organisations, None), *_findings(organisations, None)]
    overdue = [arm for arm in everything if arm.section == Section.OVERDUE]
    return Desk([*overdue, *everybodys(organisations)])


def _below(organisations: Any, within: Organisation | None) -> Any:
    return organisations.filter(path__startswith=within.path) if within else organisations


def _owned(source: str, organisations: Any) -> Any:
    of = SOURCES[source]
    return of.model.objects.filter(**{f"{of.owner}__in": organisations})


def _work(organisations: Any, person: User | None) -> list[Arm]:
    """What is overdue and what is to do: of one person, or of everybody."""
    today = clock.today()
    ahead = Q(due=None) | Q(due__gte=today)
    arms = []
    for source in ("assessment", "measure", "organisation_assessment", "organisation_measure"):
        rows = _owned(source, organisations)
        if person is not None:
            rows = rows.assigned_to(person)
        arms.append(Arm(Section.OVERDUE, source, rows.overdue(today), F("due")))
        arms.append(Arm(Section.DUE, source, rows.open().filter(ahead), F("due")))
    complaints, readings = _owned("complaint", organisations).unhandled(), _owned("reading", organisations)
    conditions = _owned("condition", organisations).open()
    if person is not None:
        complaints = complaints.filter(handler=person)
        conditions = conditions.filter(assignee=person)
        # A policy of an organisation above is read below it as well.
        above = Organisation.objects.counting_for(person)
        readings = _owned("reading", above).filter(person=person)
    for source, rows in (
        ("complaint", complaints), ("condition", conditions), ("reading", readings.unconfirmed()),
    ):  # fmt: skip
        arms.append(Arm(Section.OVERDUE, source, rows.filter(due__lt=today), F("due")))
        arms.append(Arm(Section.DUE, source, rows.filter(ahead), F("due")))
    assessments = _owned("impact_assessment", organisations)
    if person is not None:
        assessments = assessments.filter(assignee=person)
    arms.append(Arm(Section.OVERDUE, "impact_assessment", assessments.due(today), F("next_on")))
    arms.append(Arm(Section.DUE, "impact_assessment", assessments.being_done()))
    passed = _owned("version", organisations).due_for_review(today)
    if person is not None:
        passed = passed.filter(policy__owner=person)
    return [*arms, Arm(Section.OVERDUE, "version", passed, F("review_date"))]


def _claims(organisations: Any, section: Section, narrow: Any) -> list[Arm]:
    return [
        Arm(section, source, narrow(_owned(source, organisations).unverified()), TruncDate("claimed_at"))
        for source in ("assessment", "organisation_assessment")
    ]


def _in_review(organisations: Any) -> Any:
    return _owned("version", organisations).filter(status=PolicyVersion.Status.IN_REVIEW)


def _proposals(organisations: Any) -> Any:
    return _owned("proposal", organisations).undecided()


def _gates(organisations: Any) -> Any:
    return _owned("gate", organisations).waiting()


def _decisions(verified: Any, adopted: Any, triaged: Any, gated: Any, person: User | None) -> list[Arm]:
    """Claims to verify, policies to adopt, proposals to triage and what was asked about algorithms, each in the
    organisations where they are decided.

    Of a person only what they may decide: nobody verifies a claim of their own.
    """
    texts = _owned("version", adopted).waiting_for(person) if person else _in_review(adopted)
    return [
        *_claims(verified, Section.DECISION, lambda rows: rows.exclude(claimed_by=person) if person else rows),
        Arm(Section.DECISION, "version", texts, TruncDate("submitted_at")),
        Arm(Section.DECISION, "proposal", _proposals(triaged), TruncDate("proposed")),
        Arm(Section.DECISION, "gate", _gates(gated), TruncDate("requested")),
    ]


def _findings(organisations: Any, person: User | None) -> list[Arm]:
    """Findings that their owners do something about, and those of which they asked the auditor to close them."""
    findings = _owned("finding", organisations).open().exclude(owner=None)
    if person is not None:
        findings = findings.filter(owner=person)
    asked = Q(pk__in=_owned("finding", organisations).asking_to_close().order_by().values("pk"))
    passed = Q(due__lt=clock.today())
    arms = [
        Arm(Section.OVERDUE, "finding", findings.filter(passed).exclude(asked), F("due")),
        Arm(Section.DUE, "finding", findings.exclude(passed).exclude(asked), F("due")),
    ]
    return [*arms, Arm(Section.WAITING, "finding", findings.filter(asked), F("due"))] if person else arms


def _findings_to_decide(managed: Any, audited: Any) -> list[Arm]:
    """Findings that wait for the managers' answer, and those that an auditor is asked to close."""
    unanswered, asked = _owned("finding", managed).unanswered(), _owned("finding", audited).asking_to_close()
    return [Arm(Section.DECISION, "finding", rows, TruncDate("raised")) for rows in (unanswered, asked)]


def _responsible(organisations: Any, person: User) -> list[Arm]:
    letters = [Letter.ACCOUNTABLE, Letter.RESPONSIBLE]
    held = _owned("responsibility", organisations).current().filter(person=person, letter__in=letters)
    functions = _owned("function", organisations).current().filter(person=person, position__ended=None)
    return [
        Arm(Section.RESPONSIBLE, "function", functions),
        Arm(Section.RESPONSIBLE, "responsibility", held),
    ]
