"""What people are reminded of about findings and consistency checks; see `governance.reminders`."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import F
from django.urls import reverse

from governance.models import Membership, Notification
from governance.notifying import Kind, Nearest, tell_all
from governance.reminders import AHEAD, notices, stage
from registry import deviations
from registry.models import Finding

Role = Membership.Role

UNANSWERED_AFTER = 30
"""Days after which the managers are reminded that a finding waits for their answer."""
ESCALATED_AFTER = 14
"""Days overdue after which the managers hear of a finding too."""


def findings(on: date) -> int:
    """Findings that are due or overdue, for their owner; also for the managers when nobody owns them or they are two
    weeks overdue."""
    managers = Nearest([Role.MANAGER])
    near = Finding.objects.open().filter(due__lte=on + timedelta(days=AHEAD))

    def found() -> Iterator[Notification]:
        for finding in near.select_related("organisation", "algorithm", "owner"):
            step, above = stage(finding.due, on), managers.to(finding.organisation)
            about = {
                "organisation": finding.organisation,
                "url": finding.get_absolute_url(),
                "where": str(finding.algorithm or finding.organisation),
                "what": finding.title,
                "due": finding.due.isoformat(),
            }
            key = f"finding:{finding.pk}:{finding.due}"
            owned = finding.owner is not None and finding.owner.is_active
            people = [finding.owner_id] if owned else above
            yield from notices(people, Kind.DUE, key=f"{key}:{step}", sentence=f"finding_{step}", **about)
            if finding.due < on - timedelta(days=ESCALATED_AFTER):
                yield from notices(above, Kind.DUE, key=f"{key}:escalated", sentence="finding_overdue", **about)

    return tell_all(found())


def unanswered_findings(on: date) -> int:
    """Findings that wait longer than a month for an answer, for the managers, once."""
    managers = Nearest([Role.MANAGER])
    waiting = Finding.objects.unanswered().filter(raised__date__lte=on - timedelta(days=UNANSWERED_AFTER))

    def found() -> Iterator[Notification]:
        for finding in waiting.select_related("organisation", "algorithm").annotate(day=F("raised__date")):
            yield from notices(
                managers.to(finding.organisation),
                Kind.DECISION,
                key=f"finding:{finding.pk}:unanswered",
                sentence="finding_unanswered",
                organisation=finding.organisation,
                url=finding.get_absolute_url(),
                where=str(finding.algorithm or finding.organisation),
                what=finding.title,
                since=finding.day.isoformat(),
            )

    return tell_all(found())


def consistency(on: date) -> int:
    """What the consistency checks find that is not accepted, for the managers: one line per organisation each month."""
    managers = Nearest([Role.MANAGER])

    def found() -> Iterator[Notification]:
        for organisation, number in deviations.per_organisation():
            yield from notices(
                managers.to(organisation),
                Kind.DUE,
                key=f"consistency:{organisation.pk}:{on:%Y-%m}",
                sentence="consistency",
                organisation=organisation,
                url=reverse("organisation-consistency", args=[organisation.slug]),
                number=number,
            )

    return tell_all(found())


SOURCES = [findings, unanswered_findings, consistency]
