from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.organisation import Organisation, OwnedQuerySet
from governance.models.people import by_person


class MaturityAssessment(models.Model):
    """An organisation judges how mature it is, per dimension of `fixtures/starter/maturity.yaml`, on a day (org-06)."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="maturity_assessments"
    )
    assessed_on = models.DateField(_("assessed on"), default=timezone.localdate)
    levels = models.JSONField(_("levels"), help_text=_("Dimension: 1 to 5."))
    notes = models.JSONField(_("notes"), default=dict, blank=True, help_text=_("Dimension: what supports the level."))
    ambition = models.PositiveSmallIntegerField(_("level aimed at"), null=True, blank=True)
    summary = models.TextField(_("what we will do"), blank=True)
    recorded = models.DateTimeField(_("recorded"), default=clock.now)
    by = by_person(_("by"))

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("maturity assessment")
        verbose_name_plural = _("maturity assessments")
        ordering = ["organisation", "-assessed_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.organisation}, {self.assessed_on}"
