"""What is done about requirements and measures: one open row per algorithm and subject, earlier rows its history."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import Measure, Period, PeriodQuerySet, Requirement
from registry.models.algorithm import Algorithm


class WorkQuerySet(PeriodQuerySet):
    def assigned_to(self, user: object) -> Self:
        return self.filter(assignee=user)


class AssessmentQuerySet(WorkQuerySet):
    def met(self) -> Self:
        return self.filter(status=RequirementAssessment.Status.MET)

    def verified(self) -> Self:
        return self.met().filter(verified_at__isnull=False)


class MeasureStatusQuerySet(WorkQuerySet):
    def settled(self) -> Self:
        """Nothing left to do: done (chosen or replaced), or deliberately not applied."""
        return self.filter(Q(progress=MeasureStatus.Progress.DONE) | Q(choice=MeasureStatus.Choice.NOT_APPLIED))


class Work(Period):
    explanation = models.TextField(_("explanation"), blank=True)
    links = models.JSONField(_("links"), default=list, blank=True, help_text=_("A list of {title, url}."))
    due = models.DateField(_("due date"), null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        abstract = True


class RequirementAssessment(Work):
    """How far an algorithm meets a requirement. "Met" is a claim: `claimed_by`, `claimed_at`, about `claimed_revision`
    of the requirement's text; a second person verifies it."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        IN_PROGRESS = "in_progress", _("In progress")
        MET = "met", _("Met")
        NOT_MET = "not_met", _("Not met")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="assessments"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, related_name="assessments"
    )
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.OPEN)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("claimed by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    claimed_at = models.DateTimeField(_("claimed on"), null=True, blank=True)
    claimed_revision = models.PositiveIntegerField(_("claimed about revision"), null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("verified by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    verified_at = models.DateTimeField(_("verified on"), null=True, blank=True)
    returned_reason = models.TextField(_("returned because"), blank=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment of a requirement")
        verbose_name_plural = _("assessments of requirements")
        ordering = ["algorithm", "requirement", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "requirement"], condition=Q(until=None), name="assessment_one_current"
            ),
            models.CheckConstraint(
                condition=~Q(status="met") | Q(claimed_by__isnull=False, claimed_at__isnull=False),
                name="assessment_met_is_claimed",
            ),
            models.CheckConstraint(
                condition=~Q(status="met") | ~Q(explanation="") | ~Q(links=[]), name="assessment_met_is_explained"
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None) | (Q(status="met") & ~Q(verified_by=models.F("claimed_by"))),
                name="assessment_verified_by_another",
            ),
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(until=None), name="assessment_of_assignee")]

    def __str__(self) -> str:
        return f"{self.requirement.code} {self.get_status_display()}"


class MeasureStatus(Work):
    """What an algorithm does about a recommended measure: comply or explain, and how far it is."""

    class Choice(models.TextChoices):
        OPEN = "open", _("Not yet chosen")
        CHOSEN = "chosen", _("Chosen")
        REPLACED = "replaced", _("Replaced by an own measure")
        NOT_APPLIED = "not_applied", _("Not applied")

    class Progress(models.TextChoices):
        TO_DO = "to_do", _("To do")
        IN_PROGRESS = "in_progress", _("In progress")
        DONE = "done", _("Done")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="measure_statuses"
    )
    measure = models.ForeignKey(Measure, verbose_name=_("measure"), on_delete=models.PROTECT, related_name="statuses")
    choice = models.CharField(_("choice"), max_length=20, choices=Choice.choices, default=Choice.OPEN)
    progress = models.CharField(_("progress"), max_length=20, choices=Progress.choices, default=Progress.TO_DO)

    objects = MeasureStatusQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure status")
        verbose_name_plural = _("measure statuses")
        ordering = ["algorithm", "measure", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "measure"], condition=Q(until=None), name="measurestatus_one_current"
            ),
            models.CheckConstraint(
                condition=~Q(choice__in=["replaced", "not_applied"]) | ~Q(explanation=""),
                name="measurestatus_comply_or_explain",
            ),
            models.CheckConstraint(
                condition=Q(progress="to_do") | Q(choice__in=["chosen", "replaced"]),
                name="measurestatus_progress_of_a_choice",
            ),
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(until=None), name="measurestatus_of_assignee")]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.get_choice_display()}"
