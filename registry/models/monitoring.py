"""Looking at an algorithm while it is in use: the plan, the evaluations that follow from it, and incidents."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import OwnedQuerySet
from governance.models.people import by_person
from registry.models.algorithm import Algorithm


class MonitoringPointQuerySet(OwnedQuerySet):
    owner = "algorithm__organisation"

    def current(self) -> Self:
        return self.filter(ended=None)


class MonitoringPoint(models.Model):
    """A line of the monitoring plan: what is looked at, by whom and how often."""

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="monitoring_points"
    )
    what = models.CharField(_("what is looked at"), max_length=200)
    how = models.TextField(_("how, and from which value something must happen"), blank=True)
    assignee = by_person(_("by whom"))
    every_months = models.PositiveSmallIntegerField(_("every … months"), default=12)
    next_on = models.DateField(_("next on"))
    added = models.DateTimeField(_("added"), default=clock.now)
    added_by = by_person(_("added by"))
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = MonitoringPointQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of the monitoring plan")
        verbose_name_plural = _("monitoring plan")
        ordering = ["next_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(every_months__range=(1, 60)), name="monitoringpoint_at_least_once_in_5_years"
            )
        ]

    def __str__(self) -> str:
        return self.what

    def get_absolute_url(self) -> str:
        return reverse("algorithm-monitoring", args=[self.algorithm_id])


class EvaluationQuerySet(OwnedQuerySet):
    owner = "algorithm__organisation"

    def open(self) -> Self:
        """Still to be held; not those of a line that ended, or that were planned for what is out of use by now."""
        dropped = Q(point__ended__isnull=False) | Q(point__isnull=False, algorithm__status=Algorithm.Status.OUT_OF_USE)
        return self.filter(held_on=None).exclude(dropped)

    def held(self) -> Self:
        return self.exclude(held_on=None)

    def overdue(self, on: Any = None) -> Self:
        return self.open().filter(due__lt=on or clock.today())


class Evaluation(models.Model):
    """One time that an algorithm in use is looked at: planned, or because something gave rise to it."""

    class Trigger(models.TextChoices):
        PLANNED = "planned", _("The monitoring plan")
        DRIFT = "drift", _("Drift: outcomes move away")
        COMPLAINT = "complaint", _("A complaint")
        INCIDENT = "incident", _("An incident")
        CHANGED_DATA = "changed_data", _("Changed data")
        CHANGED_LAW = "changed_law", _("Changed law")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        IN_ORDER = "in_order", _("In order")
        ADJUST = "adjust", _("Adjust")
        PAUSE = "pause", _("Pause")
        STOP = "stop", _("Stop using it")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="evaluations"
    )
    point = models.ForeignKey(
        MonitoringPoint,
        verbose_name=_("line of the monitoring plan"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evaluations",
    )
    trigger = models.CharField(_("because of"), max_length=20, choices=Trigger.choices, default=Trigger.PLANNED)
    trigger_note = models.TextField(_("what gave rise to it"), blank=True)
    due = models.DateField(_("due date"))
    assignee = by_person(_("assigned to"))
    created = models.DateTimeField(_("asked for"), default=clock.now)
    created_by = by_person(_("asked for by"))
    held_on = models.DateField(_("held on"), null=True, blank=True)
    held_by = by_person(_("held by"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True)
    findings = models.TextField(_("what was seen"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["-due", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["point"], condition=Q(held_on=None, point__isnull=False), name="evaluation_one_open_per_point"
            ),
            models.CheckConstraint(
                condition=Q(held_on=None) | (~Q(outcome="") & ~Q(findings="")), name="evaluation_held_with_an_outcome"
            ),
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(held_on=None), name="evaluation_of_assignee")]

    def __str__(self) -> str:
        return str(self.point or self.get_trigger_display())

    def get_absolute_url(self) -> str:
        return reverse("evaluation", args=[self.algorithm_id, self.pk])

    @property
    def is_dropped(self) -> bool:
        """Never held, and it will not be: its line ended, or the algorithm went out of use."""
        if self.held_on is not None or self.point is None:
            return False
        return self.point.ended is not None or self.algorithm.status == Algorithm.Status.OUT_OF_USE

    @property
    def is_open(self) -> bool:
        return self.held_on is None and not self.is_dropped

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due < clock.today()


class IncidentQuerySet(OwnedQuerySet):
    owner = "algorithm__organisation"

    def open(self) -> Self:
        return self.filter(closed=None)


class Incident(models.Model):
    """Something that went wrong with an algorithm, how serious it is, and what was done."""

    class Seriousness(models.TextChoices):
        MINOR = "minor", _("Minor")
        MODERATE = "moderate", _("Moderate")
        SERIOUS = "serious", _("Serious")

    class Harm(models.TextChoices):
        """What makes an incident a serious one under AI Act art. 3(49); the term of art. 73 hangs on it."""

        NONE = "none", _("None of these")
        DEATH = "death", _("Somebody died")
        HEALTH = "health", _("Serious harm to somebody's health")
        INFRASTRUCTURE = "infrastructure", _("Serious and lasting disruption of critical infrastructure")
        RIGHTS = "rights", _("Breach of duties that protect fundamental rights")
        WIDESPREAD = "widespread", _("Breach of fundamental rights on a wide scale (widespread infringement)")
        PROPERTY = "property", _("Serious harm to property or the environment")

    class DataBreach(models.TextChoices):
        """Whether personal data were breached, and the risk for those concerned (GDPR art. 33 and 34)."""

        NONE = "none", _("No personal data involved")
        UNLIKELY = "unlikely", _("Personal data, with no likely risk for people")
        RISK = "risk", _("Personal data, with a risk for people")
        HIGH_RISK = "high_risk", _("Personal data, with a high risk for people")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="incidents"
    )
    summary = models.CharField(_("what happened, in short"), max_length=200)
    description = models.TextField(_("what happened"))
    happened_on = models.DateField(_("happened on"), null=True, blank=True)
    known = models.DateTimeField(_("known since"), help_text=_("The terms for reporting count from here."))
    seriousness = models.CharField(_("seriousness"), max_length=20, choices=Seriousness.choices)
    harm = models.CharField(_("harm"), max_length=20, choices=Harm.choices, default=Harm.NONE)
    data_breach = models.CharField(
        _("personal data"), max_length=20, choices=DataBreach.choices, default=DataBreach.NONE
    )
    handler = by_person(_("handled by"))
    cause = models.TextField(_("cause"), blank=True)
    actions = models.TextField(_("what was done"), blank=True)
    recorded = models.DateTimeField(_("recorded"), default=clock.now)
    recorded_by = by_person(_("recorded by"))
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = by_person(_("closed by"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-known", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(closed=None) | ~Q(actions=""), name="incident_closed_with_actions")
        ]

    def __str__(self) -> str:
        return self.summary

    def get_absolute_url(self) -> str:
        return reverse("incident", args=[self.algorithm_id, self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed is None


class IncidentReportQuerySet(OwnedQuerySet):
    owner = "incident__algorithm__organisation"

    def open(self) -> Self:
        """Neither made nor found unnecessary."""
        return self.filter(reported=None, not_needed="", lapsed=None)


class IncidentReport(models.Model):
    """A duty to report an incident, with the deadline that follows from it, and when it was done."""

    class Duty(models.TextChoices):
        AI_ACT_73 = "ai_act_73", _("To the market surveillance authority (AI Act art. 73)")
        AI_ACT_26 = "ai_act_26", _("To the provider, and then the authority (AI Act art. 26, fifth paragraph)")
        GDPR_33 = "gdpr_33", _("To the data protection authority (GDPR art. 33)")
        GDPR_34 = "gdpr_34", _("To the people concerned (GDPR art. 34)")

    incident = models.ForeignKey(Incident, verbose_name=_("incident"), on_delete=models.PROTECT, related_name="reports")
    duty = models.CharField(_("duty"), max_length=20, choices=Duty.choices)
    deadline = models.DateTimeField(_("deadline"))
    reported = models.DateTimeField(_("reported"), null=True, blank=True)
    reported_by = by_person(_("reported by"))
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    not_needed = models.TextField(_("not needed because"), blank=True)
    lapsed = models.DateTimeField(_("no longer follows from the incident"), null=True, blank=True)

    objects: ClassVar[Any] = IncidentReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("duty to report an incident")
        verbose_name_plural = _("duties to report incidents")
        ordering = ["deadline", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "duty"], condition=Q(lapsed=None), name="incidentreport_once_per_duty"
            ),
            models.CheckConstraint(
                condition=Q(reported=None) | Q(not_needed=""), name="incidentreport_made_or_not_needed"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_duty_display())

    def get_absolute_url(self) -> str:
        return self.incident.get_absolute_url()

    @property
    def algorithm(self) -> Algorithm:
        return self.incident.algorithm

    @property
    def is_open(self) -> bool:
        return self.reported is None and not self.not_needed and self.lapsed is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.deadline < clock.now()
