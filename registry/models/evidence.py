from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance.models import EvidenceUse, Measure, Owned, PeriodQuerySet, Requirement
from governance.models.evidence import exactly_one
from registry.models.algorithm import Algorithm
from registry.models.impact_assessment import ImpactAssessment
from registry.models.lifecycle import Gate
from registry.models.monitoring import Evaluation, Incident
from registry.models.risk import Risk

SUBJECTS = ("requirement", "measure", "gate", "impact_assessment", "risk", "evaluation", "incident")


class AlgorithmEvidenceQuerySet(Owned, PeriodQuerySet):
    owner = "algorithm__organisation"

    def with_places(self) -> Self:
        """With what is needed to name and link where each is used."""
        named = ("gate__to_phase", "impact_assessment__tool", "evaluation__point")
        return self.select_related("algorithm__organisation", "requirement", "measure", "risk", "incident", *named)


class AlgorithmEvidence(EvidenceUse):
    """Evidence for something about an algorithm: what it does about a requirement or measure, a decision, a risk…"""

    OWNER: ClassVar[str] = "algorithm"
    SUBJECTS: ClassVar[tuple[str, ...]] = SUBJECTS

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="evidence_uses"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    gate = models.ForeignKey(
        Gate, verbose_name=_("gate"), on_delete=models.PROTECT, null=True, blank=True, related_name="evidence_uses"
    )
    impact_assessment = models.ForeignKey(
        ImpactAssessment,
        verbose_name=_("impact assessment"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence_uses",
    )
    risk = models.ForeignKey(
        Risk, verbose_name=_("risk"), on_delete=models.PROTECT, null=True, blank=True, related_name="evidence_uses"
    )
    evaluation = models.ForeignKey(
        Evaluation,
        verbose_name=_("evaluation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence_uses",
    )
    incident = models.ForeignKey(
        Incident,
        verbose_name=_("incident"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence_uses",
    )

    objects: ClassVar[Any] = AlgorithmEvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of evidence for an algorithm")
        verbose_name_plural = _("uses of evidence for algorithms")
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(condition=exactly_one(*SUBJECTS), name="algorithmevidence_of_one_subject"),
            *(
                models.UniqueConstraint(
                    fields=["evidence", "algorithm", subject],
                    condition=Q(until=None, **{f"{subject}__isnull": False}),
                    name=f"algorithmevidence_once_{subject}",
                )
                for subject in SUBJECTS
            ),
        ]
        indexes = [
            models.Index(
                fields=["algorithm", "requirement"], condition=Q(until=None), name="algevidence_of_requirement"
            ),
            models.Index(fields=["algorithm", "measure"], condition=Q(until=None), name="algevidence_of_measure"),
        ]
