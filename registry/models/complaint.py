from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import Organisation, OwnedQuerySet
from governance.models.people import by_person
from registry.models.algorithm import Algorithm


class ComplaintQuerySet(OwnedQuerySet):
    def unhandled(self) -> Self:
        return self.filter(closed_on=None)

    def overdue(self, on: date | None = None) -> Self:
        return self.unhandled().filter(due__lt=on or clock.today())


class Complaint(models.Model):
    """A complaint, question or objection about an algorithm, without who it came from."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("Question")
        COMPLAINT = "complaint", _("Complaint")
        OBJECTION = "objection", _("Objection or appeal")
        SIGNAL = "signal", _("Signal from staff or media")

    class Outcome(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        UPHELD = "upheld", _("Upheld")
        PARTLY_UPHELD = "partly_upheld", _("Partly upheld")
        NOT_UPHELD = "not_upheld", _("Not upheld")
        WITHDRAWN = "withdrawn", _("Withdrawn by the sender")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="complaints"
    )
    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="complaints"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    received_on = models.DateField(_("received on"), default=timezone.localdate)
    channel = models.CharField(_("how it came in"), max_length=100, blank=True)
    reference = models.CharField(
        _("reference"), max_length=100, blank=True, help_text=_("The number in your case system.")
    )
    summary = models.TextField(_("what it is about"), help_text=_("Without names or other data of the sender."))
    handler = by_person(_("handled by"))
    due = models.DateField(_("due date"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True)
    response = models.TextField(_("what was answered and done"), blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)
    recorded = models.DateTimeField(_("recorded"), default=clock.now)
    recorded_by = by_person(_("recorded by"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint or question")
        verbose_name_plural = _("complaints and questions")
        ordering = ["-received_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | (~Q(outcome="") & ~Q(response="")), name="complaint_closed_with_outcome"
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=models.F("received_on")),
                name="complaint_closed_after_it_came_in",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-received_on"], name="complaint_of_organisation"),
            models.Index(fields=["algorithm", "-received_on"], name="complaint_of_algorithm"),
            models.Index(fields=["handler", "due"], condition=Q(closed_on=None), name="complaint_of_handler"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("complaint", args=[self.algorithm_id, self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed_on is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due is not None and self.due < clock.today()
