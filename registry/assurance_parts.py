"""The parts of a dossier about decisions, risks, use, findings and the audit trail, as far as recorded at a moment.

What was recorded by then is in it. Of what is changed in place since, the contents are those of now: the part says so.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from governance import timeline
from governance.models import AuditEvent
from governance.reports import Grid, Part
from registry.models import (
    Algorithm,
    Complaint,
    Condition,
    Evaluation,
    Finding,
    Gate,
    ImpactAssessment,
    Incident,
    LifecyclePeriod,
    MonitoringPoint,
    Risk,
)

EVENTS = 50
"""How many of the latest events of the audit trail are in it."""


def assurance_parts(algorithm: Algorithm, moment: datetime) -> list[Part]:
    return [
        _lifecycle(algorithm, moment),
        _risks(algorithm, moment),
        _impact_assessments(algorithm, moment),
        _monitoring(algorithm, moment),
        _incidents(algorithm, moment),
        _complaints(algorithm, moment),
        _findings(algorithm, moment),
        _trail(algorithm, moment),
    ]


def _by_then(moment: datetime | None, of: datetime) -> datetime | None:
    """A moment at which something ended, when it had ended by then."""
    return moment if moment is not None and moment <= of else None


def _recorded_later(rows: Any, verb: str, moment: datetime) -> set[str]:
    """The keys, as the audit trail writes them, of the rows of which this was recorded after the moment; one query."""
    events = AuditEvent.objects.about_all(rows.model, rows.values_list("pk", flat=True))
    return set(events.filter(verb=verb, moment__gt=moment).values_list("subject_id", flat=True))


def _contents_of_now() -> str:
    return _("What was recorded by then. Texts and judgements that were changed later are those of now.")


def _lifecycle(algorithm: Algorithm, moment: datetime) -> Part:
    periods = LifecyclePeriod.objects.filter(algorithm=algorithm, since__lte=moment).select_related("phase")
    gates = Gate.objects.filter(algorithm=algorithm, requested__lte=moment).select_related("decided_by", "requested_by")
    gates = gates.select_related("from_phase", "to_phase").prefetch_related(
        Prefetch("conditions", Condition.objects.select_related("assignee")), "accepted_items"
    )
    decisions, conditions = [], []
    for gate in gates.order_by("requested", "pk"):
        is_decided = _by_then(gate.decided, moment) is not None
        decision = gate.get_decision_display() if is_decided else _("not decided")
        if not is_decided and _by_then(gate.taken_back, moment):
            decision = _("taken back")
        decisions.append(
            [
                gate,
                gate.requested_by,
                gate.requested,
                decision,
                gate.decided_by if is_decided else None,
                gate.decided_on if is_decided else None,
                gate.reason if is_decided else "",
                len(gate.open_items),
                len(gate.accepted_items.all()),
            ]
        )
        for row in gate.conditions.all() if is_decided else []:
            settled = _by_then(row.settled, moment)
            conditions.append([row.text, row.due, row.assignee, settled, row.result if settled else ""])
    columns = [_("What"), _("Asked for by"), _("Asked for"), _("Decision"), _("Decided by"), _("Decided on")]
    columns += [_("Reasons"), _("Open items"), _("Accepted open")]
    return Part(
        _("Lifecycle and gates"),
        note=_contents_of_now() if decisions else "",
        grids=[
            Grid(
                _("Phases and use"),
                [_("Phase"), _("Status"), _("Paused"), _("Since"), _("Until")],
                [
                    [row.phase, row.get_status_display(), row.is_paused, row.since, _by_then(row.until, moment)]
                    for row in periods.order_by("since", "pk")
                ],
            ),
            Grid(_("Gates"), columns, decisions, _("No gate was asked for.")),
            Grid(
                _("Conditions"),
                [_("Condition"), _("Due date"), _("Assigned to"), _("Settled"), _("What was done")],
                conditions,
            ),
        ],
    )


def _scale(likelihood: int | None, impact: int | None) -> str:
    if likelihood is None or impact is None:
        return ""
    return _("%(score)s (likelihood %(likelihood)s, impact %(impact)s)") % {
        "score": likelihood * impact,
        "likelihood": likelihood,
        "impact": impact,
    }


def _risks(algorithm: Algorithm, moment: datetime) -> Part:
    risks = Risk.objects.filter(algorithm=algorithm, identified__lte=moment)
    rows = [
        [
            row.title,
            _scale(row.likelihood_before, row.impact_before),
            _scale(row.likelihood_after, row.impact_after),
            "\n".join(filter(None, [row.get_treatment_display(), row.treatment_note])),
            row.owner,
            row.accepted_by if _by_then(row.accepted, moment) else None,
            row.accepted_until if _by_then(row.accepted, moment) else None,
            _by_then(row.closed, moment),
        ]
        for row in risks.select_related("owner", "accepted_by").order_by("identified", "pk")
    ]
    columns = [_("What can go wrong"), _("Before treatment"), _("After treatment"), _("Treatment"), _("Owner")]
    columns += [_("Accepted by"), _("Accepted until"), _("Closed")]
    grid = Grid(_("Risks, with scores of 1 to 25"), columns, rows, _("No risk was recorded."))
    return Part(_("Risks"), grids=[grid], note=_contents_of_now() if rows else "")


def _impact_assessments(algorithm: Algorithm, moment: datetime) -> Part:
    found = ImpactAssessment.objects.filter(algorithm=algorithm, recorded__lte=moment).select_related("tool")
    later = _recorded_later(found, "impactassessment.carried_out", moment)
    rows = []
    for row in found:
        if _by_then(row.withdrawn, moment):
            continue
        concluded: list[Any] = [row.carried_out_on, row.carried_out_by, row.get_outcome_display()]
        concluded += [row.conclusion, row.next_on]
        rows.append([row.tool.title, *([None] * len(concluded) if str(row.pk) in later else concluded)])
    columns = [_("Instrument"), _("Carried out on"), _("By"), _("Outcome"), _("Conclusion"), _("Again on")]
    grid = Grid(_("Impact assessments"), columns, rows, _("No impact assessment was recorded."))
    return Part(_("Impact assessments"), grids=[grid], note=_contents_of_now() if rows else "")


def _monitoring(algorithm: Algorithm, moment: datetime) -> Part:
    plan = MonitoringPoint.objects.filter(algorithm=algorithm, added__lte=moment).select_related("assignee")
    held = Evaluation.objects.filter(algorithm=algorithm, created__lte=moment)
    later, day = _recorded_later(held, "evaluation.held", moment), timezone.localdate(moment)
    evaluations = []
    for row in held.select_related("point", "assignee", "held_by").order_by("due", "pk"):
        was_held = row.held_on is not None and row.held_on <= day and str(row.pk) not in later
        seen = [row.held_on, row.held_by, row.get_outcome_display(), row.findings]
        told = seen if was_held else [None, row.assignee, "", ""]
        evaluations.append([row, row.get_trigger_display(), row.due, *told])
    points = [
        [row.what, row.how, row.assignee, row.every_months, row.next_on]
        for row in plan
        if not _by_then(row.ended, moment)
    ]
    return Part(
        _("Monitoring and evaluations"),
        note=_contents_of_now() if points or evaluations else "",
        grids=[
            Grid(
                _("Monitoring plan"),
                [_("What is looked at"), _("How"), _("By whom"), _("Every … months"), _("Next on")],
                points,
                _("There was no monitoring plan."),
            ),
            Grid(
                _("Evaluations"),
                [_("What"), _("Because of"), _("Due date"), _("Held on"), _("By"), _("Outcome"), _("What was seen")],
                evaluations,
                _("No evaluation was planned or held."),
            ),
        ],
    )


def _incidents(algorithm: Algorithm, moment: datetime) -> Part:
    found = Incident.objects.filter(algorithm=algorithm, recorded__lte=moment).select_related("handler")
    rows, duties = [], []
    for row in found.prefetch_related("reports").order_by("known", "pk"):
        closed = _by_then(row.closed, moment)
        state = [row.summary, row.get_seriousness_display(), row.known, row.handler, row.cause, row.actions, closed]
        rows.append(state)
        duties += [
            [row.summary, report, report.deadline, _by_then(report.reported, moment), report.not_needed]
            for report in row.reports.all()
            if not _by_then(report.lapsed, moment)
        ]
    columns = [_("What happened"), _("Seriousness"), _("Known since"), _("Handled by"), _("Cause"), _("What was done")]
    return Part(
        _("Incidents"),
        note=_contents_of_now() if rows else "",
        grids=[
            Grid(_("Incidents"), [*columns, _("Closed")], rows, _("No incident was recorded.")),
            Grid(
                _("Duties to report"),
                [_("Incident"), _("Duty"), _("Deadline"), _("Reported"), _("Not needed because")],
                duties,
            ),
        ],
    )


def _complaints(algorithm: Algorithm, moment: datetime) -> Part:
    found = Complaint.objects.filter(algorithm=algorithm, recorded__lte=moment)
    day = timezone.localdate(moment)
    total: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for kind, closed_on in found.order_by().values_list("kind", "closed_on"):
        total[kind] += 1
        closed[kind] += closed_on is not None and closed_on <= day
    rows: list[Any] = [
        [label, total[kind], closed[kind], total[kind] - closed[kind]]
        for kind, label in Complaint.Kind.choices
        if total[kind]
    ]
    columns = [_("Kind"), _("Received"), _("Closed"), _("Open")]
    grid = Grid(_("How many came in"), columns, rows, _("No complaint or question was recorded."))
    return Part(_("Complaints and questions"), grids=[grid])


def _findings(algorithm: Algorithm, moment: datetime) -> Part:
    found = Finding.objects.filter(algorithm=algorithm, raised__lte=moment).select_related("raised_by", "owner")
    rows = []
    for row in found.select_related("criterion__framework").order_by("raised", "pk"):
        answer: list[Any] = ["\n".join([row.get_response_display(), row.response_text]), row.owner, row.due]
        is_answered = _by_then(row.responded, moment) is not None
        about = [row.title, row.criterion, row.get_severity_display(), row.observation, row.recommendation]
        rows.append([*about, *(answer if is_answered else ["", None, None]), _by_then(row.closed, moment)])
    columns = [_("Finding"), _("Criterion"), _("Severity"), _("Observation"), _("Recommendation"), _("Response")]
    columns += [_("Owner"), _("Due date"), _("Closed")]
    grid = Grid(_("Findings of auditors"), columns, rows, _("No finding was recorded."))
    return Part(_("Findings"), grids=[grid], note=_contents_of_now() if rows else "")


def _trail(algorithm: Algorithm, moment: datetime) -> Part:
    events = AuditEvent.objects.about(algorithm).filter(moment__lte=moment).select_related("actor", "seal")
    total = events.count()
    rows = [
        [event.moment, event.actor or _("The system"), timeline.told(event), _changes(event), _seal(event)]
        for event in events[:EVENTS]
    ]
    columns = [_("When"), _("Who"), _("What"), _("Changes"), _("Number and hash in the chain")]
    return Part(
        _("Audit trail"),
        lead=_("The latest %(n)s of %(total)s events.") % {"n": len(rows), "total": total},
        grids=[Grid(_("Who did what"), columns, rows)],
    )


def _changes(event: AuditEvent) -> list[str]:
    return [f"{field}: {old} → {new}" for field, old, new in timeline.changed_fields(event)]


def _seal(event: AuditEvent) -> str:
    seal = getattr(event, "seal", None)
    return f"{seal.number} {seal.hash}" if seal else ""
