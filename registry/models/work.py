"""What is done per algorithm about requirements and measures: one open row per algorithm and subject, earlier rows its
history."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.models import (
    Assessment,
    AssessmentQuerySet,
    Measure,
    MeasureStatusQuerySet,
    MeasureWork,
    Owned,
    Requirement,
)
from governance.models.work import assessment_rules, measure_rules
from registry.models.algorithm import Algorithm
from registry.models.applicability import Applicability, Recommendation


class RequirementAssessmentQuerySet(Owned, AssessmentQuerySet):
    owner: ClassVar[str] = "algorithm__organisation"

    def counting(self) -> Self:
        """About requirements that apply now and are not arranged by the organisation: what compliance counts."""
        applying = Applicability.objects.current().applying()
        return self.filter(
            Exists(applying.filter(algorithm=OuterRef("algorithm"), requirement=OuterRef("requirement"))),
            requirement__in=Requirement.objects.at_algorithm_level(),
        )

    def open(self) -> Self:
        return super().open().counting()

    def unverified(self) -> Self:
        return super().unverified().counting()


class MeasureStatusOfAlgorithmQuerySet(Owned, MeasureStatusQuerySet):
    owner: ClassVar[str] = "algorithm__organisation"

    def counting(self) -> Self:
        """About measures that are recommended now: what compliance counts."""
        recommended = Recommendation.objects.current()
        return self.filter(Exists(recommended.filter(algorithm=OuterRef("algorithm"), measure=OuterRef("measure"))))

    def open(self) -> Self:
        return super().open().counting()


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

    objects: ClassVar[Any] = RequirementAssessmentQuerySet.as_manager()

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
        indexes = [
            models.Index(fields=["assignee", "due"], condition=Q(until=None), name="assessment_of_assignee"),
            models.Index(fields=["due"], condition=Q(until=None, due__isnull=False), name="assessment_by_due"),
            models.Index(
                fields=["algorithm"],
                condition=Q(until=None, status="met", verified_at=None),
                name="assessment_unverified",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement.code} {self.get_status_display()}"

    def get_absolute_url(self) -> str:
        return reverse("algorithm-requirement", args=[self.algorithm_id, self.requirement.slug])


class MeasureStatus(MeasureWork):
    """What an algorithm does about a recommended measure."""

    subject: ClassVar[str] = "measure"

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="measure_statuses"
    )
    measure = models.ForeignKey(Measure, verbose_name=_("measure"), on_delete=models.PROTECT, related_name="statuses")

    objects: ClassVar[Any] = MeasureStatusOfAlgorithmQuerySet.as_manager()

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
        indexes = [
            models.Index(fields=["assignee", "due"], condition=Q(until=None), name="measurestatus_of_assignee"),
            models.Index(fields=["due"], condition=Q(until=None, due__isnull=False), name="measurestatus_by_due"),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.get_choice_display()}"

    def get_absolute_url(self) -> str:
        return reverse("algorithm-measure", args=[self.algorithm_id, self.measure.slug])
