"""Evaluating algorithms in use: the monitoring plan, evaluations that follow from it, and what gives rise to others.

Each line of a plan has one evaluation that is still to be held; holding it plans the next. A complaint that is upheld,
a serious incident and changed law ask for one by themselves, so that nobody has to remember.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext as _

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.literacy import months_after
from governance.models import AuditEvent, FrameworkRelease, Membership, Notification, User
from governance.notifying import in_each_language, tell_all
from governance.permissions import WORKING
from registry import versioned
from registry.classifying import hold
from registry.models import Algorithm, Applicability, Complaint, Evaluation, Incident, MonitoringPoint, Responsibility

Trigger = Evaluation.Trigger

TERM: dict[str, timedelta] = {Trigger.INCIDENT: timedelta(days=14)}
USUAL_TERM = timedelta(days=30)
"""Within how long an evaluation is held that something gives rise to, unless somebody sets another day."""
BY_HAND = [Trigger.DRIFT, Trigger.CHANGED_DATA, Trigger.COMPLAINT, Trigger.INCIDENT, Trigger.CHANGED_LAW, Trigger.OTHER]


# The plan


def plan(algorithm: Algorithm, fields: Mapping[str, Any], *, by: User) -> MonitoringPoint:
    """A line of the plan, with its first evaluation; who holds that is told.

    `fields`: what, how, assignee, every_months, next_on. Raises `ValidationError` naming the fields.
    """
    with transaction.atomic():
        hold([algorithm.pk])
        point: MonitoringPoint = versioned.add(
            MonitoringPoint(algorithm=algorithm, added_by=by), fields, "monitoringpoint.added", check=_check(fields)
        )
        _open(point, by=by)
    return point


def revise_point(point: MonitoringPoint, fields: Mapping[str, Any], *, seen: int, by: User) -> MonitoringPoint:
    """The line with these fields changed, and its open evaluation with it.

    Raises `Conflict`, and `ValidationError` naming the fields.
    """
    with transaction.atomic():
        hold([point.algorithm_id])
        fresh: MonitoringPoint = versioned.held(point, seen)
        _refuse_ended(fresh)
        changes = versioned.change(fresh, fields, "monitoringpoint.revised", check=_check(fields))
        if changes.keys() & {"next_on", "assignee"}:
            waiting = fresh.evaluations.select_related("algorithm__organisation").get(held_on=None)
            values = {"due": fresh.next_on, "assignee": fresh.assignee}
            if "assignee" in versioned.change(waiting, values, "evaluation.revised", check=_check({})):
                _tell(waiting, by)
    return fresh


def end_point(point: MonitoringPoint, *, because: str, seen: int, by: User) -> MonitoringPoint:
    """Nobody looks at this any more; its open evaluation is dropped. Raises `Conflict`, and `ValidationError`."""
    if not because.strip():
        raise ValidationError({"because": _("Say why nobody has to look at this any more.")})
    with transaction.atomic():
        hold([point.algorithm_id])
        fresh: MonitoringPoint = versioned.held(point, seen)
        _refuse_ended(fresh)
        versioned.change(
            fresh, {"ended": clock.now()}, "monitoringpoint.ended", check=_check({}), reason=because.strip()
        )
    return fresh


def _refuse_ended(point: MonitoringPoint) -> None:
    if point.ended is not None:
        raise ValidationError(_("This line of the plan has ended and can no longer be changed."))


def _open(point: MonitoringPoint, *, by: User | None) -> Evaluation:
    evaluation: Evaluation = versioned.add(
        Evaluation(algorithm=point.algorithm, point=point, created_by=by),
        {"due": point.next_on, "assignee": point.assignee},
        "evaluation.asked",
        check=_check({}),
    )
    _tell(evaluation, by)
    return evaluation


def _check(changed: Mapping[str, Any]) -> Any:
    """What raises `ValidationError` naming the fields that cannot be so."""

    def check(record: Any) -> None:
        months = changed.get("every_months", 1)
        if months is None or not 1 <= months <= 60:
            raise ValidationError({"every_months": _("Fill in a number of months from 1 to 60.")})
        record.full_clean(exclude=["added_by", "created_by", "held_by"])
        assignee = changed.get("assignee")
        people = versioned.organisation_of(record).people(WORKING)
        if assignee is not None and not people.filter(pk=assignee.pk).exists():
            raise ValidationError({"assignee": _("Choose somebody who works for this organisation.")})

    return check


# Evaluations


def ask(algorithm: Algorithm, fields: Mapping[str, Any], *, by: User) -> Evaluation:
    """An evaluation that something gives rise to, asked for by hand.

    `fields`: trigger, trigger_note, due (a month from now when left out), assignee. Raises `ValidationError` naming
    the fields.
    """
    values = dict(fields)
    if values.get("trigger") not in BY_HAND:
        raise ValidationError({"trigger": _("Say what gives rise to it.")})
    if not (values.get("trigger_note") or "").strip():
        raise ValidationError({"trigger_note": _("Say what happened or what changed.")})
    values["due"] = values.get("due") or clock.today() + TERM.get(values["trigger"], USUAL_TERM)
    if values["due"] < clock.today():
        raise ValidationError({"due": _("This day has passed.")})
    with transaction.atomic():
        evaluation: Evaluation = versioned.add(
            Evaluation(algorithm=algorithm, created_by=by), values, "evaluation.asked", check=_check(values)
        )
        _tell(evaluation, by)
    return evaluation


def revise_evaluation(evaluation: Evaluation, fields: Mapping[str, Any], *, seen: int, by: User) -> Evaluation:
    """An open evaluation with another due date or another person; the plan follows. Raises as `revise_point`."""
    with transaction.atomic():
        fresh = _held_open(evaluation, seen)
        changes = versioned.change(fresh, fields, "evaluation.revised", check=_check(fields))
        if "due" in changes and fresh.point is not None:
            _move(fresh.point, fresh.due)
        if "assignee" in changes:
            _tell(fresh, by)
    return fresh


def hold_evaluation(evaluation: Evaluation, fields: Mapping[str, Any], *, seen: int, by: User) -> Evaluation:
    """Records that it was held, and plans the next one of its line, counted from the day on which it was held.

    `fields`: outcome, findings, held_on (today when left out). Raises `Conflict`, also when it was held already, and
    `ValidationError` naming the fields.
    """
    values = {**fields, "held_on": fields.get("held_on") or clock.today(), "held_by": by}
    if not values.get("outcome"):
        raise ValidationError({"outcome": _("Say what the evaluation leads to.")})
    if not (values.get("findings") or "").strip():
        raise ValidationError({"findings": _("Say what was seen.")})
    if values["held_on"] > clock.today():
        raise ValidationError({"held_on": _("This day still has to come.")})
    with transaction.atomic():
        fresh = _held_open(evaluation, seen)
        versioned.change(fresh, values, "evaluation.held", check=_check({}))
        point = fresh.point
        if point is not None:
            _move(point, months_after(values["held_on"], point.every_months))
            _open(point, by=by)
    return fresh


def _move(point: MonitoringPoint, day: date) -> None:
    """The line with another next day; its algorithm is held."""
    versioned.change(point, {"next_on": day}, "monitoringpoint.revised", check=_check({}))


def _held_open(evaluation: Evaluation, seen: int) -> Evaluation:
    hold([evaluation.algorithm_id])
    fresh: Evaluation = versioned.held(evaluation, seen)
    if fresh.held_on is not None:
        raise Conflict(fresh)
    if fresh.is_dropped:
        raise ValidationError(_("This evaluation is no longer asked for: its line of the plan has ended."))
    return fresh


# What gives rise to one


def complaint_upheld(complaint: Complaint, *, by: User) -> None:
    """A complaint that turned out to be right, in whole or in part, about an algorithm in use."""
    if complaint.algorithm.status == Algorithm.Status.IN_USE:
        with translation.override(settings.LANGUAGE_CODE):
            note = _("%(what)s ended as: %(outcome)s. %(response)s") % {
                "what": complaint,
                "outcome": complaint.get_outcome_display().lower(),
                "response": complaint.response,
            }
        _give_rise(complaint.algorithm, Trigger.COMPLAINT, note, by=by)


def incident_is_serious(incident: Incident, *, by: User) -> None:
    """A serious incident with an algorithm in use."""
    if incident.algorithm.status == Algorithm.Status.IN_USE:
        with translation.override(settings.LANGUAGE_CODE):
            note = _("Serious incident %(number)d: %(what)s") % {"number": incident.pk, "what": incident.summary}
        _give_rise(incident.algorithm, Trigger.INCIDENT, note, by=by)


def _give_rise(algorithm: Algorithm, trigger: str, note: str, *, by: User) -> None:
    """One open evaluation for each kind of occasion: what comes on top of it is added to its note."""
    with transaction.atomic():
        hold([algorithm.pk])
        rows = Evaluation.objects.open().filter(algorithm=algorithm, trigger=trigger)
        waiting = rows.select_related("algorithm__organisation", "point", "assignee").first()
        if waiting is not None:
            if note not in waiting.trigger_note:
                values = {"trigger_note": f"{waiting.trigger_note}\n{note}".strip()}
                versioned.change(waiting, values, "evaluation.revised", check=_check({}))
            return
        fields = {
            "trigger": trigger,
            "trigger_note": note,
            "due": clock.today() + TERM.get(trigger, USUAL_TERM),
            "assignee": who_does_it([algorithm]).get(algorithm.pk),
        }
        evaluation = versioned.add(
            Evaluation(algorithm=algorithm, created_by=by), fields, "evaluation.asked", check=_check({})
        )
        _tell(evaluation, by)


def touched_by_law(requirements: Iterable[int]) -> set[tuple[int, int]]:
    """(algorithm, requirement) of these requirements where they apply now to an algorithm in use that has a plan."""
    planned = MonitoringPoint.objects.current().filter(algorithm=OuterRef("algorithm"))
    rows = Applicability.objects.current().applying().filter(requirement__in=list(requirements))
    rows = rows.filter(Exists(planned), algorithm__status=Algorithm.Status.IN_USE)
    return set(rows.order_by().values_list("algorithm", "requirement"))


def law_changed(touched: Iterable[tuple[int, int]], codes: Mapping[int, str], release: FrameworkRelease) -> int:
    """Asks for an evaluation of each algorithm for which something that applies was changed, added or withdrawn.

    `touched` is (algorithm, requirement), `codes` the requirements by their codes. As many queries however many
    algorithms; where such an evaluation is open already, this is added to its note. Returns how many were asked for.
    """
    by_algorithm: dict[int, list[str]] = {}
    for algorithm, requirement in touched:
        by_algorithm.setdefault(algorithm, []).append(codes[requirement])
    if not by_algorithm:
        return 0
    with transaction.atomic():
        hold(by_algorithm)
        algorithms = Algorithm.objects.select_related("organisation").in_bulk(by_algorithm)
        open_rows = Evaluation.objects.open().filter(algorithm__in=by_algorithm, trigger=Trigger.CHANGED_LAW)
        waiting = {row.algorithm_id: row for row in open_rows.select_related("algorithm__organisation", "point")}
        doing = who_does_it(algorithms.values())
        new, extended, events = [], [], []
        for pk, changed in by_algorithm.items():
            with translation.override(settings.LANGUAGE_CODE):
                note = _("%(release)s: changed or new are %(codes)s.") % {
                    "release": release,
                    "codes": ", ".join(sorted(changed)),
                }
            if pk in waiting:
                row, old = waiting[pk], waiting[pk].trigger_note
                row.trigger_note, row.version = f"{old}\n{note}".strip(), row.version + 1
                extended.append(row)
                events.append(_event("evaluation.revised", row, {"trigger_note": [old, row.trigger_note]}))
            else:
                new.append(
                    Evaluation(
                        algorithm=algorithms[pk],
                        trigger=Trigger.CHANGED_LAW,
                        trigger_note=note,
                        due=clock.today() + USUAL_TERM,
                        assignee=doing.get(pk),
                    )
                )
        Evaluation.objects.bulk_update(extended, ["trigger_note", "version"])
        Evaluation.objects.bulk_create(new)
        events += [_event("evaluation.asked", row, {"trigger_note": [None, row.trigger_note]}) for row in new]
        audit_trail.append(events)
        tell_all(notification for row in new if (notification := _notification(row, None)))
    return len(new)


def _event(verb: str, evaluation: Evaluation, changes: Mapping[str, Any]) -> AuditEvent:
    return audit_trail.event(verb, evaluation, changes, organisation=versioned.organisation_of(evaluation))


def who_does_it(algorithms: Iterable[Algorithm]) -> dict[int, User]:
    """By algorithm, who is Responsible for the whole of it, else who is Accountable, as far as they work there."""
    roles = Membership.objects.current().filter(role__in=WORKING, user=OuterRef("person"))
    filling = Responsibility.objects.filling().for_the_whole().filter(algorithm__in=[row.pk for row in algorithms])
    working = filling.filter(Exists(roles.reaching(OuterRef("algorithm__organisation__path"))))
    found: dict[int, User] = {}
    for row in working.select_related("person").order_by("-letter", "since", "pk"):  # R before A
        found.setdefault(row.algorithm_id, row.person)
    return found


def _tell(evaluation: Evaluation, by: User | None) -> None:
    if notification := _notification(evaluation, by):
        tell_all([notification])


def _notification(evaluation: Evaluation, by: User | None) -> Notification | None:
    """For who is to hold it; None when that is nobody, or who asks for it."""
    if evaluation.assignee is None or evaluation.assignee == by:
        return None
    return Notification(
        recipient=evaluation.assignee,
        kind=Notification.Kind.ASSIGNED,
        key=f"evaluation:{evaluation.pk}:assigned:{evaluation.version}",
        details={
            "sentence": "evaluation_assigned",
            "who": str(by or ""),
            "what": in_each_language(evaluation.__str__),
            "where": str(evaluation.algorithm),
            "due": evaluation.due.isoformat(),
        },
        url=evaluation.get_absolute_url(),
        organisation=versioned.organisation_of(evaluation),
    )


# Figures


def unmonitored() -> Q:
    """The condition that an algorithm is in use without a monitoring plan."""
    planned = MonitoringPoint.objects.current().filter(algorithm=OuterRef("pk"))
    return Q(status=Algorithm.Status.IN_USE) & ~Q(Exists(planned))


def figures(evaluations: "models.QuerySet[Evaluation]", on: date) -> dict[str, int]:
    """Of these evaluations: open, overdue, held in the year of `on`; two queries."""
    rows: Any = evaluations
    counted: dict[str, int] = (
        rows.open().order_by().aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(due__lt=on)))
    )
    return {**counted, "held": rows.filter(held_on__year=on.year).count()}
