from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.organisation import Organisation


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: Any) -> Self:
        """The person's own, as far as they still see the organisation that each is about."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(recipient=user).filter(
            Q(organisation=None) | Q(organisation__in=Organisation.objects.visible_to(user))
        )

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def unread_first(self) -> Self:
        """What is not read yet on top, then the newest."""
        return self.annotate(is_read=Q(read_at__isnull=False)).order_by("is_read", "-created", "-pk")


class Notification(models.Model):
    """Something a person should know. Its sentence is made from `kind` and `details` in the reader's language.

    `key` names the occasion: the same occasion is told to somebody once, however often reminders are sent.
    """

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("Work is assigned to you")
        DUE = "due", _("Work is due or overdue")
        DECISION = "decision", _("Something waits for your decision")
        RESPONSIBILITY = "responsibility", _("You become responsible for something")
        VACANCY = "vacancy", _("Something is held by nobody")
        REVIEW = "review", _("A review date passes")
        READING = "reading", _("You are asked to read a policy")
        MENTION = "mention", _("Somebody mentions you")
        INTAKE = "intake", _("Algorithms that are proposed")
        COMPLAINT = "complaint", _("Complaints and questions")
        KNOWLEDGE = "knowledge", _("Training that expires")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("for"), on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key = models.CharField(_("occasion"), max_length=200)
    details = models.JSONField(_("details"), default=dict, help_text=_("What the sentence names."))
    url = models.CharField(_("address"), max_length=300, blank=True)
    created = models.DateTimeField(_("created"), default=clock.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-created", "-pk"]
        constraints = [models.UniqueConstraint(fields=["recipient", "key"], name="notification_told_once")]
        indexes = [
            models.Index(fields=["recipient", "-created"], name="notification_of_recipient"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["recipient"], condition=Q(mailed_at=None), name="notification_unmailed"),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.get_kind_display()}"
