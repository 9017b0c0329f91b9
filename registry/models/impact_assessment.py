from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import OwnedQuerySet, Tool
from governance.models.people import by_person
from registry.models.algorithm import Algorithm


class ImpactAssessmentQuerySet(OwnedQuerySet):
    owner = "algorithm__organisation"

    def current(self) -> Self:
        return self.filter(withdrawn=None)

    def carried_out(self) -> Self:
        """Those that have a conclusion, and count."""
        return self.current().exclude(carried_out_on=None)

    def valid(self, on: Any = None) -> Self:
        """Those that count on that day (today, unless given): carried out, not due again, and not unacceptable."""
        day = on or clock.today()
        rows = self.carried_out().filter(Q(next_on=None) | Q(next_on__gte=day), carried_out_on__lte=day)
        return rows.exclude(outcome=ImpactAssessment.Outcome.NOT_ACCEPTABLE)

    def being_done(self) -> Self:
        """Those that were begun and not carried out yet."""
        return self.current().filter(carried_out_on=None)

    def to_do(self) -> Self:
        """Those that are being done, and those that have to be done again some day."""
        return self.being_done() | self.carried_out().exclude(next_on=None)

    def due(self, on: Any = None) -> Self:
        """Whose next date has passed, without a later one of the same kind."""
        later = ImpactAssessment.objects.carried_out().filter(
            algorithm=models.OuterRef("algorithm"),
            tool=models.OuterRef("tool"),
            carried_out_on__gt=models.OuterRef("carried_out_on"),
        )
        return self.carried_out().filter(~models.Exists(later), next_on__lt=on or clock.today())


class ImpactAssessment(models.Model):
    """A DPIA, IAMA, AIIA or another tool of the catalogue, as carried out for an algorithm.

    It counts as evidence for the requirements that the catalogue links the tool to.
    """

    class Outcome(models.TextChoices):
        ACCEPTABLE = "acceptable", _("Acceptable")
        WITH_MEASURES = "with_measures", _("Acceptable with measures")
        NOT_ACCEPTABLE = "not_acceptable", _("Not acceptable")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="impact_assessments"
    )
    tool = models.ForeignKey(
        Tool, verbose_name=_("instrument"), on_delete=models.PROTECT, related_name="impact_assessments"
    )
    carried_out_on = models.DateField(
        _("carried out on"), null=True, blank=True, help_text=_("Empty as long as it is being done.")
    )
    carried_out_by = models.CharField(_("carried out by"), max_length=300, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True)
    conclusion = models.TextField(_("conclusion"), blank=True)
    next_on = models.DateField(_("again on"), null=True, blank=True)
    assignee = by_person(_("assigned to"))
    recorded = models.DateTimeField(_("recorded"), default=clock.now)
    recorded_by = by_person(_("recorded by"))
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_because = models.TextField(_("withdrawn because"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = ImpactAssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("impact assessment")
        verbose_name_plural = _("impact assessments")
        ordering = ["-carried_out_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(carried_out_on=None) | (~Q(conclusion="") & ~Q(outcome="")),
                name="impactassessment_concludes",
            )
        ]

    def __str__(self) -> str:
        return str(self.tool.title)

    def get_absolute_url(self) -> str:
        return reverse("impact-assessment", args=[self.algorithm_id, self.pk])

    @property
    def is_to_be_done_again(self) -> bool:
        """Whether its next date has passed."""
        return self.withdrawn is None and self.next_on is not None and self.next_on < clock.today()
