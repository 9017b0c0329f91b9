"""What the register reminds people of; see `governance.reminders`."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from governance.models import Membership, Notification, Organisation
from governance.notifying import Kind, Nearest, address_of, in_each_language, tell_all
from governance.permissions import REGISTRAR
from governance.reminders import AHEAD, notices, stage, work_notices
from registry.classifying import current_tree
from registry.models import (
    Algorithm,
    Classification,
    Complaint,
    Condition,
    Gate,
    ImpactAssessment,
    MeasureStatus,
    Proposal,
    RequirementAssessment,
)

Role = Membership.Role

UNSEEN_AFTER = 7
"""Days after which a proposal that nobody looked at is brought to the officer's notice."""
UNDECIDED_AFTER = 7
"""Days after which a request for a decision is brought to the managers' notice once more."""
ESCALATED_AFTER = 7
"""Days after its due date that an open condition is brought to the managers' notice as well."""


def work(on: date) -> int:
    """Work on algorithms that is due or overdue, for its assignee."""
    return sum(
        tell_all(work_notices(rows, on, lambda row: row.algorithm))
        for rows in (
            RequirementAssessment.objects.select_related("algorithm__organisation", "requirement"),
            MeasureStatus.objects.select_related("algorithm__organisation", "measure"),
        )
    )


def _per_organisation(algorithms: "models.QuerySet[Algorithm]") -> Iterator[tuple[Organisation, int]]:
    """Each organisation with how many of these algorithms it has."""
    counted = algorithms.order_by().values_list("organisation").annotate(number=Count("pk"))
    numbers = dict(counted)
    for organisation in Organisation.objects.filter(pk__in=numbers).order_by("pk"):
        yield organisation, numbers[organisation.pk]


def vacant_algorithms(on: date) -> int:
    """Algorithms without somebody accountable or responsible, for the managers: one line per organisation, each month
    that it lasts."""
    managers = Nearest([Role.MANAGER])

    def found() -> Iterator[Notification]:
        for organisation, number in _per_organisation(Algorithm.objects.vacant()):
            yield from notices(
                managers.to(organisation),
                Kind.VACANCY,
                key=f"vacant:algorithms:{organisation.pk}:{on:%Y-%m}",
                sentence="algorithms_vacant",
                organisation=organisation,
                url=f"{reverse('organisation-work', args=[organisation.slug])}?section=vacant",
                number=number,
            )

    return tell_all(found())


def classifications(on: date) -> int:
    """Algorithms that were classified with an older decision tree, for the officers: once for each new tree."""
    tree, officers = current_tree(), Nearest([Role.OFFICER])
    outdated = Classification.objects.current().filter(tree__is_current=False)

    def found() -> Iterator[Notification]:
        for organisation, number in _per_organisation(Algorithm.objects.filter(pk__in=outdated.values("algorithm"))):
            yield from notices(
                officers.to(organisation),
                Kind.REVIEW,
                key=f"review:classifications:{organisation.pk}:{tree.pk if tree else 0}",
                sentence="classifications_review",
                organisation=organisation,
                url=f"{reverse('algorithms')}?organisation={organisation.slug}&for_review=true",
                number=number,
            )

    return tell_all(found())


def proposals(on: date) -> int:
    """Proposed algorithms that nobody looked at for a week, for the officers."""
    officers = Nearest([Role.OFFICER])
    before = on - timedelta(days=UNSEEN_AFTER)
    waiting = Proposal.objects.undecided().filter(proposed__date__lte=before).select_related("organisation")

    def found() -> Iterator[Notification]:
        for proposal in waiting:
            yield from notices(
                officers.to(proposal.organisation),
                Kind.INTAKE,
                key=f"proposal:{proposal.pk}:waits",
                sentence="proposal_waits",
                organisation=proposal.organisation,
                url=address_of(proposal),
                what=proposal.name,
                since=timezone.localdate(proposal.proposed).isoformat(),
            )

    return tell_all(found())


def complaints(on: date) -> int:
    """Complaints and questions that are due or overdue, for who handles them, or the officers and managers when nobody
    does."""
    registrars = Nearest(REGISTRAR)
    near = Complaint.objects.unhandled().filter(Q(due__lte=on + timedelta(days=AHEAD)))

    def found() -> Iterator[Notification]:
        for complaint in near.select_related("organisation", "algorithm"):
            step = stage(complaint.due, on)
            handlers: Any = [complaint.handler_id] if complaint.handler_id else registrars.to(complaint.organisation)
            yield from notices(
                handlers,
                Kind.COMPLAINT,
                key=f"complaint:{complaint.pk}:{complaint.due}:{step}",
                sentence=f"complaint_{step}",
                organisation=complaint.organisation,
                url=address_of(complaint),
                where=complaint.algorithm.name,
                what=in_each_language(complaint.__str__),
                due=complaint.due.isoformat(),
            )

    return tell_all(found())


def impact_assessments(on: date) -> int:
    """Impact assessments that must be carried out again, for who does them, or the officers and managers when nobody
    does."""
    registrars = Nearest(REGISTRAR)
    near = ImpactAssessment.objects.due(on + timedelta(days=AHEAD + 1))

    def found() -> Iterator[Notification]:
        for assessment in near.select_related("algorithm__organisation", "tool"):
            organisation, step = assessment.algorithm.organisation, stage(assessment.next_on, on)
            people: Any = [assessment.assignee_id] if assessment.assignee_id else registrars.to(organisation)
            yield from notices(
                people,
                Kind.DUE,
                key=f"assessment:{assessment.pk}:{assessment.next_on}:{step}",
                sentence=f"assessment_{step}",
                organisation=organisation,
                url=address_of(assessment),
                where=assessment.algorithm.name,
                what=in_each_language(assessment.__str__),
                due=assessment.next_on.isoformat(),
            )

    return tell_all(found())


def gates(on: date) -> int:
    """Decisions that were asked for a week ago and still wait, for the managers."""
    managers = Nearest([Role.MANAGER])
    before = on - timedelta(days=UNDECIDED_AFTER)
    waiting = Gate.objects.waiting().filter(requested__date__lte=before)

    def found() -> Iterator[Notification]:
        for gate in waiting.select_related("algorithm__organisation", "to_phase"):
            yield from notices(
                managers.to(gate.algorithm.organisation),
                Kind.DECISION,
                key=f"gate:{gate.pk}:waits",
                sentence="gate_waits",
                organisation=gate.algorithm.organisation,
                url=address_of(gate),
                where=gate.algorithm.name,
                what=in_each_language(gate.__str__),
                since=timezone.localdate(gate.requested).isoformat(),
            )

    return tell_all(found())


def conditions(on: date) -> int:
    """Conditions that are due or overdue, for their assignee, or the managers where there is none; to the managers as
    well when one is a week overdue."""
    managers = Nearest([Role.MANAGER])
    near = Condition.objects.open().filter(due__lte=on + timedelta(days=AHEAD))

    def found() -> Iterator[Notification]:
        for condition in near.select_related("gate__algorithm__organisation"):
            organisation = condition.algorithm.organisation
            step, key = stage(condition.due, on), f"condition:{condition.pk}:{condition.due}"
            told: dict[str, Any] = {
                "organisation": organisation,
                "url": address_of(condition),
                "where": condition.algorithm.name,
                "what": condition.text[:200],
                "due": condition.due.isoformat(),
            }
            people = [condition.assignee_id] if condition.assignee_id else managers.to(organisation)
            yield from notices(people, Kind.DUE, key=f"{key}:{step}", sentence=f"condition_{step}", **told)
            if condition.due < on - timedelta(days=ESCALATED_AFTER):
                people = managers.to(organisation)
                yield from notices(people, Kind.DUE, key=f"{key}:escalated", sentence="condition_overdue", **told)

    return tell_all(found())


SOURCES = [work, vacant_algorithms, classifications, proposals, complaints, impact_assessments, gates, conditions]
