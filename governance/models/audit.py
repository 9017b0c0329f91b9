from collections.abc import Iterable
from typing import Any, NoReturn, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.people import by_person


class NeverChanged(RuntimeError):
    """Something tried to change or delete what the audit trail holds; the database refuses that as well."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(f"{model._meta.label} is written once: it is never changed or deleted.")


def within(organisations: models.QuerySet[Any], field: str = "organisation") -> models.Exists:
    """Whether that field names one of the organisations.

    Asked row by row, so that the newest rows are found along the index of moments; with IN, SQLite would first sort
    all there are.
    """
    return models.Exists(organisations.order_by().filter(pk=models.OuterRef(field)))


class OfTrailQuerySet(models.QuerySet[Any]):
    trail = ""
    """The path of fields from a row to what says whose trail it is part of."""

    def visible_to(self, user: Any) -> Self:
        """For whoever reads the trail of that organisation; of what belongs to none, for the operator."""
        from governance.models.organisation import Organisation
        from governance.permissions import AUDIT_READERS

        if not user.is_authenticated:
            return self.none()
        theirs = within(Organisation.objects.where_member_holds(user, AUDIT_READERS), f"{self.trail}organisation")
        of_none = models.Q(**{f"{self.trail}organisation": None})
        return self.filter(models.Q(theirs) | of_none if user.is_superuser else theirs)

    def delete(self) -> NoReturn:
        raise NeverChanged(self.model)


class WrittenOnceQuerySet(OfTrailQuerySet):
    def update(self, **fields: Any) -> NoReturn:
        raise NeverChanged(self.model)

    def bulk_update(self, *args: Any, **options: Any) -> NoReturn:
        raise NeverChanged(self.model)


class WrittenOnce(models.Model):
    """A row that is added and then only read."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise NeverChanged(type(self))
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise NeverChanged(type(self))


LOG_INS = frozenset(
    {"user.logged_in", "user.logged_out", "user.log_in_failed", "user.second_factor_failed", "user.sessions_ended"}
)
"""When somebody was at work, or tried to be: not for everybody who reads a trail."""


class AuditEventQuerySet(WrittenOnceQuerySet):
    def visible_to(self, user: Any) -> Self:
        """As of any trail, with the log-ins of people for auditors and administrators only."""
        from governance.models.organisation import Organisation
        from governance.permissions import LOG_IN_READERS

        events = super().visible_to(user)
        if not user.is_authenticated:
            return events
        watched = within(Organisation.objects.where_member_holds(user, LOG_IN_READERS))
        return events.filter(~models.Q(verb__in=LOG_INS) | models.Q(organisation=None) | models.Q(watched))

    def about(self, record: models.Model) -> Self:
        """The history of one record: for whoever may read that record, whatever their role."""
        events = self.filter(subject_type=record._meta.label_lower, subject_id=str(record.pk))
        return events.select_related("actor", "on_behalf_of")

    def about_all(self, model: type[models.Model], keys: Iterable[int]) -> Self:
        """The histories of records of one kind together."""
        events = self.filter(subject_type=model._meta.label_lower, subject_id__in=[str(key) for key in keys])
        return events.select_related("actor", "on_behalf_of")


class AuditEvent(WrittenOnce):
    """One thing that somebody did to one record. Written by `audit_trail.append`, never changed."""

    organisation = models.ForeignKey(
        "governance.Organisation", verbose_name=_("organisation"), on_delete=models.PROTECT, null=True, blank=True
    )
    moment = models.DateTimeField(_("moment"), default=clock.now)
    actor = by_person(_("by"))
    on_behalf_of = by_person(_("on behalf of"))
    address = models.GenericIPAddressField(_("from address"), null=True, blank=True)
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
            models.Index(fields=["-moment", "-id"], name="auditevent_newest_first"),
            models.Index(fields=["request_id"], name="auditevent_of_request"),
        ]

    def __str__(self) -> str:
        return f"{self.moment:%Y-%m-%d %H:%M} {self.verb} {self.label}"


class AuditSealQuerySet(WrittenOnceQuerySet):
    trail = "chain__"


class AuditChain(models.Model):
    """The chain of an organisation's events, or that of what belongs to none: how long it is and its last hash."""

    organisation = models.OneToOneField(
        "governance.Organisation",
        verbose_name=_("organisation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="audit_chain",
    )
    key = models.CharField(_("key"), max_length=20, unique=True, help_text=_("Of the organisation, or “none”."))
    length = models.PositiveBigIntegerField(_("length"), default=0)
    head = models.CharField(_("last hash"), max_length=64, blank=True)

    objects = OfTrailQuerySet.as_manager()

    class Meta:
        verbose_name = _("chain of the audit trail")
        verbose_name_plural = _("chains of the audit trail")
        ordering = ["organisation"]

    def __str__(self) -> str:
        return f"{self.organisation or '–'}: {self.length}"

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise NeverChanged(type(self))


class AuditSeal(WrittenOnce):
    """The place of an event in its chain, and the hash of that event with the one before it. Never changed.

    Written by `audit_chain` alone, right after the transaction of the change.
    """

    event = models.OneToOneField(
        AuditEvent, verbose_name=_("event"), on_delete=models.PROTECT, primary_key=True, related_name="seal"
    )
    chain = models.ForeignKey(AuditChain, verbose_name=_("chain"), on_delete=models.PROTECT, related_name="seals")
    number = models.PositiveBigIntegerField(_("number"))
    hash = models.CharField(_("hash"), max_length=64)

    objects = AuditSealQuerySet.as_manager()

    class Meta:
        verbose_name = _("seal of an audit event")
        verbose_name_plural = _("seals of audit events")
        ordering = ["chain", "number"]
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="auditseal_one_per_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"

    @property
    def organisation(self) -> Any:
        return self.chain.organisation
