"""The dossier of an algorithm: all that is recorded about it, as it stood at a moment, with who says so.

Facts that are periods are read as of that moment; the description is put back from the audit trail. For the rest see
`registry.assurance_parts`.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import clock
from governance.decision_tree import tree_of
from governance.evidence_places import place_of
from governance.models import Fact, MeasureWork, OrganisationAssessment, User
from governance.models.periods import start_of
from governance.reports import Document, Grid, Part, Report, day_of
from governance.templatetags.governance import day as in_words
from registry.assurance_parts import assurance_parts
from registry.dossier_description import description_at
from registry.models import (
    Algorithm,
    AlgorithmEvidence,
    Applicability,
    Classification,
    Letter,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
    Responsibility,
    TeamMember,
)
from registry.models.applicability import Outcome
from registry.reasons import Reasons
from registry.responsibilities import NEEDED, name_of
from registry.templatetags.registry import in_letters, letter_word, risk_group_name


def end_of(day: date) -> datetime:
    """The last moment of that day, here."""
    return start_of(day + timedelta(days=1)) - timedelta(microseconds=1)


def moment_of(algorithm: Algorithm, day: date | None) -> datetime:
    """The moment of which the dossier tells: now, or the end of a past day. Raises `ValidationError`."""
    now = clock.now()
    if day is None:
        return now
    if day > clock.today():
        raise ValidationError(_("This day still has to come. Choose today or an earlier day."))
    if day < timezone.localdate(algorithm.created):
        raise ValidationError(_("The algorithm was not registered yet on that day. Choose a later day."))
    return min(end_of(day), now)


def dossier(algorithm: Algorithm, reader: User, day: date | None = None) -> Document:
    """Raises `ValidationError` for a day that cannot be told about."""
    moment = moment_of(algorithm, day)
    made = moment if day is None else clock.now()
    work = Work(algorithm, moment, reader)
    return Document(
        title=_("Dossier"),
        subtitle=algorithm.name,
        moment=moment,
        made=made,
        made_by=reader,
        filter=_("the algorithm %(name)s of %(organisation)s")
        % {"name": algorithm.name, "organisation": algorithm.organisation},
        parts=[
            *_description(algorithm, moment),
            _classification(algorithm, moment),
            work.figures(),
            work.requirements(),
            work.measures(),
            work.evidence(),
            _responsibilities(algorithm, moment),
            _team(algorithm, moment),
            *assurance_parts(algorithm, moment),
        ],
    )


def _description(algorithm: Algorithm, moment: datetime) -> list[Part]:
    first, *others = description_at(algorithm, moment)
    about = [
        (_("Organisation"), algorithm.organisation),
        (_("Registered"), algorithm.created),
        (_("Registered by"), algorithm.created_by),
    ]
    return [
        Part(_("General information"), facts=[*about, *first[1]]),
        *(Part(str(title), facts=rows) for title, rows in others if any(value for _label, value in rows)),
    ]


def _classification(algorithm: Algorithm, moment: datetime) -> Part:
    title = _("Classification")
    rows = Classification.objects.as_of(moment).filter(algorithm=algorithm)
    found = rows.select_related("tree", "by").first()
    if found is None:
        return Part(title, lead=_("The algorithm was not classified."))
    walk = tree_of(found.tree).walk(found.answers)
    yes_or_no = {True: _("Yes"), False: _("No"), None: _("not known yet")}
    return Part(
        title,
        lead=walk.conclusion.text if walk.conclusion else "",
        facts=[
            (_("Risk group"), risk_group_name(found.risk_group)),
            (_("Labels"), ", ".join(found.labels)),
            (_("Confirmed by"), found.by),
            (_("Confirmed on"), found.since),
            (_("Decision tree"), found.tree),
        ],
        grids=[
            Grid(
                _("Answers in the decision aid"),
                [_("Question"), _("Text"), _("Answer")],
                [[step.question.number, step.question.text, step.answer.text] for step in walk.steps],
            ),
            Grid(
                _("What other laws want to know"),
                [_("Fact"), _("Answer")],
                [[fact.label, yes_or_no[found.facts.get(fact.value)]] for fact in Fact if fact != Fact.ACQUIRED],
            ),
        ],
    )


class Work:
    """What applied to an algorithm at a moment, and what was done about it."""

    def __init__(self, algorithm: Algorithm, moment: datetime, reader: User) -> None:
        self.algorithm, self.moment = algorithm, moment
        self.reasons = Reasons(algorithm)
        self.applicabilities = list(
            Applicability.objects.as_of(moment)
            .filter(algorithm=algorithm)
            .select_related("requirement__law", "by")
            .prefetch_related("requirement__phases")
            .order_by("requirement__urn")
        )
        people = ("claimed_by", "verified_by", "assignee")
        own = RequirementAssessment.objects.as_of(moment).filter(algorithm=algorithm).select_related(*people)
        self.own = {row.requirement_id: row for row in own}
        accountable = algorithm.organisation.accountable()
        self.reads_inherited = reader.has_perm("governance.view_organisation", accountable)
        inherited = OrganisationAssessment.objects.as_of(moment).filter(organisation=accountable)
        self.inherited = {row.requirement_id: row for row in inherited.select_related(*people)}
        uses = AlgorithmEvidence.objects.as_of(moment).filter(algorithm=algorithm)
        self.uses = list(uses.with_places().select_related("evidence__stored_file"))

    def _evidence(self, subject: str, key: int) -> list[str]:
        return [str(use.evidence) for use in self.uses if getattr(use, f"{subject}_id") == key]

    def _work(self, row: Applicability) -> Any:
        rows = self.inherited if row.requirement.is_at_organisation_level else self.own
        return rows.get(row.requirement_id)

    def _with(self, outcome: str) -> list[Applicability]:
        return [row for row in self.applicabilities if row.outcome == outcome]

    def figures(self) -> Part:
        applying = [row for row in self._with(Outcome.APPLIES) if not row.requirement.is_at_organisation_level]
        work = [self._work(row) for row in applying]
        met = [row for row in work if row and row.status == "met"]
        of = _("%(n)s of %(total)s")
        total = len(applying)
        return Part(
            _("How far it is"),
            lead=_("Requirements of the algorithm itself; what the organisation arranges for all is not counted."),
            facts=[
                (_("Claimed met"), of % {"n": len(met), "total": total}),
                (_("Verified"), of % {"n": sum(row.verified_at is not None for row in met), "total": total}),
                (_("Undetermined"), len(self._with(Outcome.UNDETERMINED))),
                (_("Does not apply"), len(self._with(Outcome.DOES_NOT_APPLY))),
            ],
        )

    def requirements(self) -> Part:
        columns = [_("Requirement"), _("Why"), _("Status"), _("Claim and verification"), _("Explanation and evidence")]
        columns += [_("Assigned to"), _("Due date")]
        other = [_("Requirement"), _("Why")]
        return Part(
            _("Requirements"),
            grids=[
                Grid(
                    _("What applies"),
                    columns,
                    [self._requirement(row) for row in self._with(Outcome.APPLIES)],
                    _("No requirement applied."),
                ),
                Grid(
                    _("What is undetermined"),
                    other,
                    [[_named(row.requirement), self._why(row)] for row in self._with(Outcome.UNDETERMINED)],
                ),
                Grid(
                    _("What does not apply"),
                    other,
                    [[_named(row.requirement), self._why(row)] for row in self._with(Outcome.DOES_NOT_APPLY)],
                ),
            ],
        )

    def _why(self, row: Applicability) -> str:
        sentence = self.reasons.sentence(row)
        if not row.is_overruled:
            return sentence
        return _("Overruled by %(who)s: %(why)s (by the rule: %(rule)s)") % {
            "who": row.by or "–",
            "why": row.overruling,
            "rule": sentence,
        }

    def _requirement(self, row: Applicability) -> list[Any]:
        work = self._work(row)
        status = work.get_status_display() if work else RequirementAssessment.Status.OPEN.label
        if row.requirement.is_at_organisation_level:
            status = _("%(status)s (arranged by the organisation)") % {"status": status}
            work = work if self.reads_inherited else None
        return [
            _named(row.requirement),
            self._why(row),
            status,
            _claim(work) if work else "",
            "\n".join(filter(None, [_said(work), *self._evidence("requirement", row.requirement_id)])),
            work.assignee if work else None,
            work.due if work else None,
        ]

    def measures(self) -> Part:
        rows = Recommendation.objects.as_of(self.moment).filter(algorithm=self.algorithm).select_related("measure")
        own = MeasureStatus.objects.as_of(self.moment).filter(algorithm=self.algorithm).select_related("assignee", "by")
        done = {row.measure_id: row for row in own}
        cells = []
        for row in rows.order_by("measure__urn"):
            work = done.get(row.measure_id)
            cells.append(
                [
                    _named(row.measure),
                    work.get_choice_display() if work else MeasureWork.Choice.OPEN.label,
                    work.get_progress_display() if work else MeasureWork.Progress.TO_DO.label,
                    "\n".join(filter(None, [_said(work), *self._evidence("measure", row.measure_id)])),
                    work.assignee if work else None,
                    work.due if work else None,
                ]
            )
        columns = [_("Measure"), _("Choice"), _("Progress"), _("Explanation and evidence"), _("Assigned to")]
        grid = Grid(_("Recommended measures"), [*columns, _("Due date")], cells, _("No measure was recommended."))
        return Part(_("Measures"), grids=[grid])

    def evidence(self) -> Part:
        rows = [
            [
                use.evidence,
                place_of(use).name,
                use.evidence.url or use.evidence.name,
                use.evidence.stored_file.sha256 if use.evidence.stored_file else "",
                use.evidence.valid_until,
                use.since,
            ]
            for use in self.uses
        ]
        columns = [_("Evidence"), _("For"), _("File or link"), _("SHA-256 of the file"), _("Valid until"), _("Since")]
        return Part(_("Evidence"), grids=[Grid(_("What backs it"), columns, rows, _("No evidence was attached."))])


def _named(item: Any) -> str:
    return f"{item.code} {item.title}"


def _said(work: Any) -> str:
    """The explanation, with the links beside it."""
    if work is None:
        return ""
    links = [f"{link.get('title', '')} {link.get('url', '')}".strip() for link in work.links]
    return "\n".join(filter(None, [work.explanation, *links]))


def _claim(work: Any) -> list[str]:
    """Who claims it and who verified it, each with the day."""
    told = []
    if work.claimed_by:
        told.append(_("Claimed by %(who)s on %(day)s") % {"who": work.claimed_by, "day": in_words(work.claimed_at)})
    if work.verified_by:
        told.append(_("Verified by %(who)s on %(day)s") % {"who": work.verified_by, "day": in_words(work.verified_at)})
    elif work.status == "met":
        told.append(_("Not yet verified"))
    if work.verify_again:
        told.append(_("To be verified again: %(why)s") % {"why": work.get_verify_again_display()})
    if work.returned_reason:
        told.append(_("Returned: %(why)s") % {"why": work.returned_reason})
    return told


def _responsibilities(algorithm: Algorithm, moment: datetime) -> Part:
    held = Responsibility.objects.as_of(moment).filter(algorithm=algorithm)
    rows = list(held.select_related("person", "phase", "requirement", "measure").order_by("phase__number", "pk"))
    whole = {row.letter for row in rows if row.scope is None}
    missing = [Letter(letter) for letter in NEEDED if letter not in whole]
    cells = [[name_of(row.scope), letter_word(row.letter), row.person, row.since, row.until] for row in rows]
    columns = [_("For"), _("Responsibility"), _("Person"), _("Since"), _("Until")]
    return Part(
        _("Responsibilities"),
        facts=[(_("Vacant for the whole algorithm"), in_letters(missing))],
        grids=[Grid(_("Who is responsible for what"), columns, cells, _("Nobody was responsible."))],
    )


def _team(algorithm: Algorithm, moment: datetime) -> Part:
    members = TeamMember.objects.as_of(moment).filter(algorithm=algorithm).select_related("person", "discipline")
    held = algorithm.involvements.filter(recorded__lte=moment)
    involved = [row for row in held if row.withdrawn is None or row.withdrawn > moment]
    return Part(
        _("Team and stakeholders"),
        grids=[
            Grid(
                _("Team"),
                [_("Person"), _("Discipline"), _("What they do"), _("Since")],
                [[row.person, row.discipline, row.task, row.since] for row in members],
                _("Nobody was in the team."),
            ),
            Grid(
                _("Stakeholders involved"),
                [_("Who"), _("How"), _("When"), _("What came of it")],
                [[row.who, row.how, row.held_on, row.outcome] for row in involved],
                _("No stakeholders were involved."),
            ),
        ],
    )


def _asked(reader: User, parameters: Mapping[str, Any]) -> Document:
    visible = Algorithm.objects.visible_to(reader).select_related("organisation__parent", "phase", "created_by")
    return dossier(visible.get(pk=parameters["algorithm"]), reader, day_of(parameters))


REPORT = Report("dossier", gettext_lazy("Dossier"), _asked)
