from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.people import by_person


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, user: Any) -> Self:
        """The trail, across records, of the organisations in which this person reads it; the operator's own as well."""
        from governance.models.organisation import Organisation
        from governance.permissions import AUDIT_READERS

        if not user.is_authenticated:
            return self.none()
        readable = models.Q(organisation__in=Organisation.objects.where_member_holds(user, AUDIT_READERS))
        return self.filter(readable | models.Q(organisation=None) if user.is_superuser else readable)

    def about(self, record: models.Model) -> Self:
        """The history of one record: for whoever may read that record, whatever their role."""
        return self.filter(subject_type=record._meta.label_lower, subject_id=str(record.pk))


class AuditEvent(models.Model):
    """One thing that somebody did to one record. Written by `audit_trail.record`, never changed."""

    organisation = models.ForeignKey(
        "governance.Organisation", verbose_name=_("organisation"), on_delete=models.PROTECT, null=True, blank=True
    )
    moment = models.DateTimeField(_("moment"), default=clock.now)
    actor = by_person(_("by"))
    channel = models.CharField(_("through"), max_length=20, help_text=_("page, admin, api or command"))
    request_id = models.CharField(_("request"), max_length=36, blank=True)
    verb = models.CharField(_("what was done"), max_length=60)
    subject_type = models.CharField(_("kind of record"), max_length=60)
    subject_id = models.CharField(_("record"), max_length=60)
    label = models.CharField(_("name of the record then"), max_length=255)
    changes = models.JSONField(_("changes"), default=dict, help_text=_("field: [old, new]"))

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        ordering = ["-moment", "-pk"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-moment"], name="auditevent_of_record"),
            models.Index(fields=["organisation", "-moment"], name="auditevent_of_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.moment:%Y-%m-%d %H:%M} {self.verb} {self.label}"
