from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from governance.models import Measure, Period, PeriodQuerySet, Requirement
from registry.models.algorithm import Algorithm


class Outcome(models.TextChoices):
    APPLIES = "applies", _("Applies")
    DOES_NOT_APPLY = "does_not_apply", _("Does not apply")
    UNDETERMINED = "undetermined", _("Undetermined")


class ApplicabilityQuerySet(PeriodQuerySet):
    def applying(self) -> Self:
        return self.filter(outcome=Outcome.APPLIES)

    def overruled(self) -> Self:
        return self.exclude(overruling="")


class Applicability(Period):
    """Whether a requirement applies to an algorithm, and why; decided by rule or overruled by a person.

    `reason` is the rule's, as a code with parameters, also while overruled.
    """

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="applicabilities"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, related_name="applicabilities"
    )
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    rule_outcome = models.CharField(_("outcome by the rule"), max_length=20, choices=Outcome.choices)
    reason = models.JSONField(_("reason"))
    overruling = models.TextField(_("reason for overruling"), blank=True)

    objects = ApplicabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("applicability")
        verbose_name_plural = _("applicabilities")
        ordering = ["algorithm", "requirement", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "requirement"], condition=Q(until=None), name="applicability_one_current"
            ),
            models.CheckConstraint(
                condition=~Q(overruling="") | Q(outcome=F("rule_outcome")), name="applicability_overruled_with_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["requirement", "outcome", "algorithm"],
                condition=Q(until=None),
                name="applicability_of_requirement",
            )
        ]

    def __str__(self) -> str:
        return f"{self.requirement.code} {self.get_outcome_display()}"

    @property
    def is_overruled(self) -> bool:
        return bool(self.overruling)


class Recommendation(Period):
    """A measure is recommended for an algorithm: it helps with a requirement that applies, or stands on its own."""

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="recommendations"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, related_name="recommendations"
    )

    objects = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering = ["algorithm", "measure", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "measure"], condition=Q(until=None), name="recommendation_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure.code}"
