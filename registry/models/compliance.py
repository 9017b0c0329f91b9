from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.algorithm import Algorithm


class Compliance(models.Model):
    """How far an algorithm is, as stored counts that lists sort and filter on.

    Written by `registry.compliance.recount` alone, in the transaction of the change; `recount_compliance --check`
    proves it equal to a count from the rows.
    """

    algorithm = models.OneToOneField(Algorithm, on_delete=models.CASCADE, primary_key=True, related_name="compliance")
    applies = models.PositiveIntegerField(_("requirements that apply"), default=0)
    undetermined = models.PositiveIntegerField(_("undetermined"), default=0)
    claimed = models.PositiveIntegerField(_("claimed met"), default=0)
    verified = models.PositiveIntegerField(_("verified met"), default=0)
    measures = models.PositiveIntegerField(_("recommended measures"), default=0)
    settled = models.PositiveIntegerField(_("measures settled"), default=0)
    unassigned = models.PositiveIntegerField(_("open and assigned to nobody"), default=0)
    next_due = models.DateField(_("earliest due date of what is open"), null=True, blank=True)
    ratio = models.FloatField(
        _("share claimed met"), null=True, blank=True, help_text=_("claimed / applies; empty when nothing applies")
    )

    overdue: int
    """How much of what is open is overdue; filled in by `registry.compliance.count_overdue` alone."""

    class Meta:
        verbose_name = _("compliance")
        verbose_name_plural = _("compliance")
        constraints = [
            models.CheckConstraint(
                condition=Q(verified__lte=F("claimed")) & Q(claimed__lte=F("applies")), name="compliance_counts_nest"
            )
        ]
        indexes = [
            models.Index(fields=["ratio", "algorithm"], name="compliance_by_ratio"),
            models.Index(fields=["next_due"], name="compliance_by_next_due"),
            models.Index(fields=["unassigned"], name="compliance_by_unassigned"),
        ]

    def __str__(self) -> str:
        return f"{self.claimed}/{self.applies}"

    @property
    def open_requirements(self) -> int:
        return self.applies - self.claimed

    @property
    def open_measures(self) -> int:
        return self.measures - self.settled

    @property
    def open(self) -> int:
        """Requirements that apply and are not met, and recommended measures that are neither done nor explained."""
        return self.open_requirements + self.open_measures
