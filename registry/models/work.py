"""What is done per algorithm about requirements and measures: one open row per algorithm and subject, earlier rows its
history."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import Assessment, AssessmentQuerySet, Measure, MeasureStatusQuerySet, MeasureWork, Requirement
from governance.models.work import assessment_rules, measure_rules
from registry.models.algorithm import Algorithm


class RequirementAssessment(Assessment):
    """How far an algorithm meets a requirement that applies to it; what does not apply is decided by the rule."""

    STATUSES: ClassVar[list[tuple[str, Any]]] = [
        choice for choice in Assessment.Status.choices if choice[0] != Assessment.Status.NOT_APPLICABLE
    ]
    subject: ClassVar[str] = "requirement"

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="assessments"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, related_name="assessments"
    )

    objects: ClassVar[Any] = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment of a requirement")
        verbose_name_plural = _("assessments of requirements")
        ordering = ["algorithm", "requirement", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "requirement"], condition=Q(until=None), name="assessment_one_current"
            ),
            models.CheckConstraint(condition=~Q(status="not_applicable"), name="assessment_applies_by_rule"),
            *assessment_rules("assessment"),
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(until=None), name="assessment_of_assignee")]

    def __str__(self) -> str:
        return f"{self.requirement.code} {self.get_status_display()}"


class MeasureStatus(MeasureWork):
    """What an algorithm does about a recommended measure."""

    subject: ClassVar[str] = "measure"

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="measure_statuses"
    )
    measure = models.ForeignKey(Measure, verbose_name=_("measure"), on_delete=models.PROTECT, related_name="statuses")

    objects: ClassVar[Any] = MeasureStatusQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure status")
        verbose_name_plural = _("measure statuses")
        ordering = ["algorithm", "measure", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "measure"], condition=Q(until=None), name="measurestatus_one_current"
            ),
            *measure_rules("measurestatus"),
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(until=None), name="measurestatus_of_assignee")]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.get_choice_display()}"
