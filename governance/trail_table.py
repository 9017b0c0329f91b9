"""The audit trail as a table to take along; see `governance.tables`."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance import timeline
from governance.models import AuditEvent
from governance.tables import Column, Table, columns_of
from governance.trail_filters import TrailFilter


def _changes(event: AuditEvent) -> str:
    return "\n".join(f"{field}: {old} → {new}" for field, old, new in timeline.changed_fields(event, every=True))


def _of_seal(name: str) -> Any:
    """A field of the seal; nothing for an event that is not sealed yet."""
    return lambda event: getattr(getattr(event, "seal", None), name, None)


def trail_columns() -> list[Column]:
    return [
        *columns_of(AuditEvent, "moment", "organisation", "actor", "on_behalf_of", "address", "channel", "request_id"),
        Column(_("In words"), timeline.told),
        *columns_of(AuditEvent, "verb"),
        Column(_("Kind of record"), timeline.kind_of_record),
        Column(_("Key of the record"), lambda event: event.subject_id),
        *columns_of(AuditEvent, "label"),
        Column(_("Changes"), _changes),
        Column(_("Number in the chain"), _of_seal("number")),
        Column(_("Hash"), _of_seal("hash")),
    ]


TABLE = Table(
    "audittrail",
    gettext_lazy("Audit trail"),
    gettext_lazy("Who did what and when, where you may read the audit trail."),
    trail_columns,
    AuditEvent.objects.visible_to,
    TrailFilter,
    lambda events: events.select_related("actor", "on_behalf_of", "organisation", "seal"),
    permission="governance.view_auditevent",
)
