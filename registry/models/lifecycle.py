"""Where an algorithm is in its life, and the decisions that brought it there."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import LifecyclePhase, Measure, Owned, OwnedQuerySet, Period, PeriodQuerySet, Requirement
from governance.models.evidence import exactly_one
from governance.models.people import by_person
from registry.models.algorithm import Algorithm


class GateQuerySet(OwnedQuerySet):
    owner = "algorithm__organisation"

    def waiting(self) -> Self:
        """Asked for, and neither decided nor taken back."""
        return self.filter(decision="", taken_back=None)

    def decided(self) -> Self:
        return self.exclude(decision="")

    def allowing(self) -> Self:
        """A go, with or without conditions."""
        return self.filter(decision__in=[Gate.Decision.GO, Gate.Decision.CONDITIONAL_GO])


class Gate(models.Model):
    """A decision about an algorithm's life: on to a phase, back to one, into use, paused, in use again, retired.

    Asked for by who leads the work, decided by a manager; what was open at that moment is kept with it.
    """

    class Kind(models.TextChoices):
        ON = "on", _("On to another phase")
        BACK = "back", _("Back to an earlier phase")
        INTO_USE = "into_use", _("Putting into use")
        PAUSE = "pause", _("Pausing")
        RESUME = "resume", _("Taking into use again after a pause")
        RETIRE = "retire", _("Retiring")

    class Decision(models.TextChoices):
        GO = "go", _("Go")
        CONDITIONAL_GO = "conditional_go", _("Conditional go")
        NO_GO = "no_go", _("No-go")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="gates"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    from_phase = models.ForeignKey(
        LifecyclePhase, verbose_name=_("from phase"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    to_phase = models.ForeignKey(
        LifecyclePhase, verbose_name=_("to phase"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_by = by_person(_("asked for by"))
    requested = models.DateTimeField(_("asked for"), default=clock.now)
    request = models.TextField(_("what is asked, and why"), blank=True)
    taken_back = models.DateTimeField(_("taken back"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=20, choices=Decision.choices, blank=True)
    decided_by = by_person(_("decided by"))
    decided = models.DateTimeField(_("recorded"), null=True, blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    reason = models.TextField(_("reasons"), blank=True)
    checklist = models.JSONField(
        _("checklist"), default=list, blank=True, help_text=_("A list of {key, answer, note}.")
    )
    open_items = models.JSONField(
        _("what was open"), default=list, blank=True, help_text=_("A list of {kind, code, title, phase, status}.")
    )

    objects: ClassVar[Any] = GateQuerySet.as_manager()

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        ordering = ["-requested", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=Q(decision="", taken_back=None), name="gate_one_waiting"
            ),
            models.CheckConstraint(
                condition=Q(decision="") | Q(decided_by__isnull=False, decided__isnull=False, decided_on__isnull=False),
                name="gate_decided_by_somebody",
            ),
            models.CheckConstraint(condition=Q(taken_back=None) | Q(decision=""), name="gate_decided_or_taken_back"),
        ]

    def __str__(self) -> str:
        to = self.to_phase if self.kind in (self.Kind.ON, self.Kind.BACK) else None
        return f"{self.get_kind_display()}: {to}" if to else str(self.get_kind_display())

    def get_absolute_url(self) -> str:
        return reverse("gate", args=[self.algorithm_id, self.pk])

    @property
    def is_waiting(self) -> bool:
        return not self.decision and self.taken_back is None


class AcceptedItem(models.Model):
    """A requirement or measure that was open at a gate and accepted so, with the reason."""

    gate = models.ForeignKey(Gate, verbose_name=_("gate"), on_delete=models.PROTECT, related_name="accepted_items")
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(_("accepted because"))

    class Meta:
        verbose_name = _("open item accepted at a gate")
        verbose_name_plural = _("open items accepted at gates")
        ordering = ["gate", "pk"]
        constraints = [
            models.CheckConstraint(condition=exactly_one("requirement", "measure"), name="accepteditem_of_one_subject"),
            models.CheckConstraint(condition=~Q(reason=""), name="accepteditem_has_a_reason"),
        ]

    def __str__(self) -> str:
        return str(self.requirement or self.measure)

    @property
    def algorithm(self) -> Algorithm:
        return self.gate.algorithm


class ConditionQuerySet(OwnedQuerySet):
    owner = "gate__algorithm__organisation"

    def open(self) -> Self:
        return self.filter(settled=None)


class Condition(models.Model):
    """What a conditional go asks for, as a task with a day and somebody who does it."""

    gate = models.ForeignKey(Gate, verbose_name=_("gate"), on_delete=models.PROTECT, related_name="conditions")
    text = models.TextField(_("condition"))
    due = models.DateField(_("due date"))
    assignee = by_person(_("assigned to"))
    settled = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = by_person(_("settled by"))
    result = models.TextField(_("what was done"), blank=True)

    objects: ClassVar[Any] = ConditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("condition of a gate")
        verbose_name_plural = _("conditions of gates")
        ordering = ["due", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(settled=None) | ~Q(result=""), name="condition_settled_with_a_result")
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(settled=None), name="condition_of_assignee")]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        return f"{self.gate.get_absolute_url()}#condition-{self.pk}"

    @property
    def algorithm(self) -> Algorithm:
        return self.gate.algorithm


class LifecyclePeriodQuerySet(Owned, PeriodQuerySet):
    owner = "algorithm__organisation"


class LifecyclePeriod(Period):
    """The phase and the use of an algorithm, from a moment until another; `gate` is the decision that brought it there.

    The open row says the same as the algorithm's own `phase`, `status` and `is_paused`, and is written with them.
    """

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="lifecycle"
    )
    phase = models.ForeignKey(
        LifecyclePhase, verbose_name=_("phase"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(_("status"), max_length=30, choices=Algorithm.Status.choices, blank=True)
    is_paused = models.BooleanField(_("paused"), default=False)
    gate = models.ForeignKey(
        Gate, verbose_name=_("gate"), on_delete=models.PROTECT, null=True, blank=True, related_name="periods"
    )

    objects: ClassVar[Any] = LifecyclePeriodQuerySet.as_manager()

    class Meta:
        verbose_name = _("period of an algorithm's life")
        verbose_name_plural = _("periods of an algorithm's life")
        ordering = ["algorithm", "since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["algorithm"], condition=Q(until=None), name="lifecycleperiod_one_current")
        ]

    def __str__(self) -> str:
        return " – ".join(str(part) for part in (self.phase, self.get_status_display()) if part)
