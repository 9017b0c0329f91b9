"""What people are reminded of: each part of the application states a source, and `send_reminders` asks them all.

A source tells what is due on a day and returns how many notifications it wrote. It may be asked again at any time:
the key of each names the occasion, and nobody is told of one twice.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, Max, OuterRef
from django.urls import reverse

from governance.models import (
    Membership,
    Notification,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    PolicyVersion,
    Position,
    ReadingRequest,
    Training,
)
from governance.notifying import Kind, Nearest, address_of, in_each_language, tell_all

AHEAD = 14
"""Days before a due date at which work comes in sight."""
TRAINING_AHEAD = 60


def stage(due: date, on: date) -> str:
    """`due` while the day is ahead, `overdue` when it has passed: each is told once."""
    return "overdue" if due < on else "due"


def notices(
    people: Iterable[int],
    kind: str,
    *,
    key: str,
    sentence: str,
    organisation: Organisation,
    url: str,
    where: str = "",
    **details: Any,
) -> Iterator[Notification]:
    """An unsaved notification for each of these people."""
    filled = {"sentence": sentence, "where": where or organisation.name, **details}
    for person in people:
        yield Notification(recipient_id=person, kind=kind, key=key, details=filled, url=url, organisation=organisation)


def work_notices(rows: "models.QuerySet[Any]", on: date, place: Callable[[Any], Any]) -> Iterator[Notification]:
    """For the assignees of these pieces of work: those in sight and those overdue.

    The key names the subject and the due date, not the row, which is another one after every change. `place` gives
    the algorithm or organisation of a row.
    """
    near = rows.open().filter(assignee__isnull=False, due__lte=on + timedelta(days=AHEAD))  # type: ignore[attr-defined]
    for row in near.iterator(chunk_size=500):
        item, where, step = getattr(row, row.subject), place(row), stage(row.due, on)
        yield from notices(
            [row.assignee_id],
            Kind.DUE,
            key=f"due:{row._meta.label_lower}:{where.pk}:{item.pk}:{row.due}:{step}",
            sentence=f"work_{step}",
            organisation=getattr(where, "organisation", where),
            url=address_of(row),
            where=where.name,
            what=in_each_language(item.__str__),
            due=row.due.isoformat(),
        )


def organisation_work(on: date) -> int:
    """Work at organisation level that is due or overdue, for its assignee."""
    return sum(
        tell_all(work_notices(rows, on, lambda row: row.organisation))
        for rows in (
            OrganisationAssessment.objects.select_related("organisation", "requirement"),
            OrganisationMeasureStatus.objects.select_related("organisation", "measure"),
        )
    )


def policies(on: date) -> int:
    """Policies whose review date has passed, for their owner, or for the managers where nobody owns them."""
    managers = Nearest([Membership.Role.MANAGER])
    versions = PolicyVersion.objects.due_for_review(on).select_related("policy__organisation", "policy__owner")

    def found() -> Iterator[Notification]:
        for version in versions:
            policy = version.policy
            owned = policy.owner is not None and policy.owner.is_active
            yield from notices(
                [policy.owner_id] if owned else managers.to(policy.organisation),
                Kind.REVIEW,
                key=f"review:policy:{version.pk}:{version.review_date}",
                sentence="policy_review",
                organisation=policy.organisation,
                url=address_of(policy),
                what=policy.title,
                due=version.review_date.isoformat(),
            )

    return tell_all(found())


def reading(on: date) -> int:
    """Requests to read a policy that are due or overdue."""
    asked = ReadingRequest.objects.unconfirmed().filter(due__lte=on + timedelta(days=AHEAD))

    def found() -> Iterator[Notification]:
        for request in asked.select_related("policy_version__policy__organisation"):
            policy, step = request.policy_version.policy, stage(request.due, on)
            yield from notices(
                [request.person_id],
                Kind.READING,
                key=f"reading:{request.pk}:{request.due}:{step}",
                sentence=f"reading_{step}",
                organisation=policy.organisation,
                url=address_of(policy),
                what=policy.title,
                due=request.due.isoformat(),
            )

    return tell_all(found())


def vacant_positions(on: date) -> int:
    """Functions that nobody holds, for the managers; again each time that one falls vacant."""
    managers = Nearest([Membership.Role.MANAGER])
    vacant = Position.objects.vacant().select_related("organisation").annotate(last=Max("assignments"))

    def found() -> Iterator[Notification]:
        for position in vacant:
            yield from notices(
                managers.to(position.organisation),
                Kind.VACANCY,
                key=f"vacant:position:{position.pk}:{position.last or 0}",
                sentence="position_vacant",
                organisation=position.organisation,
                url=f"{reverse('organisation-work', args=[position.organisation.slug])}?section=vacant",
                what=position.name,
            )

    return tell_all(found())


def training(on: date) -> int:
    """What somebody knows and soon has to refresh, for themselves; not where they followed something later already."""
    later = Training.objects.filter(
        knowledge=OuterRef("knowledge"),
        person=OuterRef("person"),
        withdrawn=None,
        valid_until__gt=OuterRef("valid_until"),
    )
    ending = Training.objects.filter(
        ~Exists(later),
        withdrawn=None,
        knowledge__ended=None,
        valid_until__range=(on, on + timedelta(days=TRAINING_AHEAD)),
    )

    def found() -> Iterator[Notification]:
        for followed in ending.select_related("knowledge__organisation"):
            knowledge = followed.knowledge
            yield from notices(
                [followed.person_id],
                Kind.KNOWLEDGE,
                key=f"training:{followed.pk}:{followed.valid_until}",
                sentence="training_expires",
                organisation=knowledge.organisation,
                url=address_of(knowledge),
                what=knowledge.title,
                due=followed.valid_until.isoformat(),
            )

    return tell_all(found())


sources: list[Callable[[date], int]] = [organisation_work, policies, reading, vacant_positions, training]
