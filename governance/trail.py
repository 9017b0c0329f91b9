"""Reading the audit trail: a stretch at a time, with the page of each record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse

from governance import timeline
from governance.models import AuditEvent, Organisation, User
from governance.models.audit import within
from governance.permissions import AUDIT_READERS

PAGE_SIZE = 50
BATCH = 1000
OWNERS = ("organisation", "algorithm", "requirement", "measure", "policy", "gate")
"""What the address of a record's page is made of, beside the record."""
PAGES: dict[str, Callable[[Any], str]] = {
    "governance.position": lambda row: reverse("position", args=[row.organisation.slug, row.pk]),
    "governance.objective": lambda row: reverse("objectives", args=[row.organisation.slug]),
    "governance.knowledge": lambda row: reverse("literacy", args=[row.organisation.slug]),
    "governance.maturityassessment": lambda row: reverse("maturity-assessment", args=[row.organisation.slug, row.pk]),
    "governance.membership": lambda row: reverse("organisation-person", args=[row.organisation.slug, row.user_id]),
}
"""Where one finds the records of a kind that have no address of their own."""


def of_everywhere(user: User) -> QuerySet[AuditEvent]:
    """All events that this person may read; for who reads the trail of one organisation along the index of that."""
    events = AuditEvent.objects.visible_to(user)
    readable = Organisation.objects.where_member_holds(user, AUDIT_READERS)
    if not user.is_superuser and len(only := list(readable[:2])) == 1:
        return events.filter(organisation=only[0])
    return events


def of_organisation(organisation: Organisation, user: User) -> QuerySet[AuditEvent]:
    """The events of the organisation and of its parts that this person may read."""
    events = AuditEvent.objects.visible_to(user)
    parts = Organisation.objects.filter(path__startswith=organisation.path)
    if parts.count() == 1:
        return events.filter(organisation=organisation)
    return events.filter(within(parts))


@dataclass(frozen=True)
class Stretch:
    """Events, the newest first, and the keys from which there are newer and older ones; None where there are not."""

    events: list[AuditEvent]
    newer: int | None
    older: int | None


def stretch(events: QuerySet[AuditEvent], *, before: str = "", after: str = "") -> Stretch:
    """The events right before or right after the one with that key; the newest when neither is an event.

    Counts nothing, and reads only these, so that it is as quick in a long trail.
    """
    shown = events.select_related("actor", "on_behalf_of", "organisation", "seal")
    if moment := _moment(before):
        pk = int(before)
        older = Q(moment__lt=moment) | Q(moment=moment, pk__lt=pk)
        rows = list(shown.filter(older, moment__lte=moment)[: PAGE_SIZE + 1])
        return Stretch(rows[:PAGE_SIZE], rows[0].pk if rows else None, _key_beyond(rows))
    if moment := _moment(after):
        pk = int(after)
        newer = Q(moment__gt=moment) | Q(moment=moment, pk__gt=pk)
        rows = list(shown.filter(newer, moment__gte=moment).order_by("moment", "pk")[: PAGE_SIZE + 1])
        shown_rows = rows[:PAGE_SIZE][::-1]
        return Stretch(shown_rows, _key_beyond(rows), shown_rows[-1].pk if shown_rows else None)
    rows = list(shown[: PAGE_SIZE + 1])
    return Stretch(rows[:PAGE_SIZE], None, _key_beyond(rows))


def _moment(key: str) -> datetime | None:
    known = AuditEvent.objects.filter(pk=key) if key.isdecimal() and len(key) < 19 else AuditEvent.objects.none()
    return known.order_by().values_list("moment", flat=True).first()


def _key_beyond(rows: Sequence[AuditEvent]) -> int | None:
    return rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None


def find_pages(events: Sequence[Any], user: User) -> None:
    """Gives each event `page`, the address of its record, where that has a page that this person may see, and `about`:
    how that record is called now, or else how it was called then.

    A query for each kind of record among them.
    """
    wanted: dict[str, set[str]] = {}
    for event in events:
        event.page, event.about = "", event.label
        wanted.setdefault(event.subject_type, set()).add(event.subject_id)
    found = {kind: _records(kind, keys, user) for kind, keys in wanted.items()}
    for event in events:
        record = found[event.subject_type].get(event.subject_id)
        if record is not None:
            event.page = _page(event.subject_type, record)
            # The label is that of a part, such as a requirement of an algorithm, where the history is of the whole.
            if event.subject_type in timeline.MODELS:
                event.about = str(record)


def _records(kind: str, keys: set[str], user: User) -> dict[str, Any]:
    """The records of a kind that this person sees, by their key; none where the kind has no pages."""
    model = timeline.model_of(kind)
    if model is None or not (kind in PAGES or hasattr(model, "get_absolute_url")):
        return {}
    rows = model._default_manager.all()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(user)
    fields = {field.name for field in model._meta.get_fields() if field.many_to_one}
    owners = [name for name in OWNERS if name in fields]
    rows = rows.select_related(*owners) if owners else rows
    return {str(row.pk): row for row in rows.filter(pk__in=[key for key in keys if key.isdecimal()])}


def _page(kind: str, record: Any) -> str:
    try:
        return PAGES[kind](record) if kind in PAGES else str(record.get_absolute_url())
    except NoReverseMatch:
        return ""


def kinds() -> list[tuple[str, str]]:
    """The kinds of records of which something can be in the trail, with their names."""
    ours = [model for model in apps.get_models() if Path(model._meta.app_config.path).parent == settings.BASE_DIR]
    return sorted(
        ((model._meta.label_lower, str(model._meta.verbose_name).capitalize()) for model in ours),
        key=lambda kind: kind[1],
    )
