"""What an auditor records: audits with their sample and findings with their follow-up; and accepted deviations."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import AuditCriterion, AuditFramework, Measure, Organisation, OwnedQuerySet, Policy, Requirement
from governance.models.people import by_person
from registry.models.algorithm import Algorithm


class Audit(models.Model):
    """An audit of an organisation: scope, period, sample, findings and report."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="audits"
    )
    title = models.CharField(_("title"), max_length=200)
    scope = models.TextField(_("scope"))
    frameworks = models.ManyToManyField(
        AuditFramework, verbose_name=_("audit frameworks"), blank=True, related_name="audits"
    )
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period up to and including"))
    lead = by_person(_("lead auditor"))
    started = models.DateTimeField(_("opened"), default=clock.now)
    started_by = by_person(_("opened by"))
    population = models.JSONField(
        _("drawn from"), default=dict, blank=True, help_text=_("The filter that the sample was drawn from.")
    )
    population_size = models.PositiveIntegerField(_("number drawn from"), null=True, blank=True)
    seed = models.CharField(_("seed"), max_length=40, blank=True)
    drawn = models.DateTimeField(_("drawn"), null=True, blank=True)
    drawn_by = by_person(_("drawn by"))
    conclusion = models.TextField(_("report"), blank=True)
    concluded = models.DateTimeField(_("concluded"), null=True, blank=True)
    concluded_by = by_person(_("concluded by"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit")
        verbose_name_plural = _("audits")
        ordering = ["-started", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_to__gte=models.F("period_from")), name="audit_period_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(concluded=None) | ~Q(conclusion=""), name="audit_concluded_with_a_report"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("audit", args=[self.organisation.slug, self.pk])


class SampledAlgorithm(models.Model):
    """An algorithm in the sample of an audit, in the order in which it was drawn."""

    audit = models.ForeignKey(Audit, verbose_name=_("audit"), on_delete=models.PROTECT, related_name="sample")
    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="sampled_in"
    )
    number = models.PositiveIntegerField(_("number"))
    replaced = models.DateTimeField(_("no longer in the sample since"), null=True, blank=True)

    class Meta:
        verbose_name = _("algorithm in a sample")
        verbose_name_plural = _("algorithms in samples")
        ordering = ["audit", "number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["audit", "algorithm"], condition=Q(replaced=None), name="sampledalgorithm_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.algorithm}"

    @property
    def organisation(self) -> Organisation:
        return self.audit.organisation


class FindingQuerySet(OwnedQuerySet):
    def open(self) -> Self:
        return self.filter(closed=None)

    def unanswered(self) -> Self:
        """Waiting for the management's response."""
        return self.open().filter(responded=None)

    def overdue(self, on: Any = None) -> Self:
        return self.open().filter(due__lt=on or clock.today())

    def with_last_said(self) -> Self:
        """Each with `last_asks`: whether what was last said about it asks the auditor to close it; None for nothing."""
        said = FollowUp.objects.filter(finding=models.OuterRef("pk")).order_by("-moment", "-pk")
        return self.annotate(last_asks=models.Subquery(said.values("asks_to_close")[:1]))

    def asking_to_close(self) -> Self:
        """Open, and what was last said about it asks the auditor to close it."""
        return self.open().with_last_said().filter(last_asks=True)


class Finding(models.Model):
    """What an auditor saw: the norm, the observation, its cause and consequence, and what management does about it."""

    class Severity(models.TextChoices):
        LOW = "low", _("Low")
        MIDDLE = "middle", _("Middle")
        HIGH = "high", _("High")
        CRITICAL = "critical", _("Critical")

    class Response(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        PARTLY = "partly", _("Agreed in part")
        NOT_AGREED = "not_agreed", _("Not agreed")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="findings"
    )
    audit = models.ForeignKey(
        Audit, verbose_name=_("audit"), on_delete=models.PROTECT, null=True, blank=True, related_name="findings"
    )
    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, null=True, blank=True, related_name="findings"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    policy = models.ForeignKey(
        Policy, verbose_name=_("policy"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    criterion = models.ForeignKey(
        AuditCriterion,
        verbose_name=_("audit criterion"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
    )
    title = models.CharField(_("title"), max_length=200)
    norm = models.TextField(_("norm"), blank=True, help_text=_("What should be so, and where that follows from."))
    observation = models.TextField(_("observation"))
    cause = models.TextField(_("cause"), blank=True)
    consequence = models.TextField(_("consequence"), blank=True)
    recommendation = models.TextField(_("recommendation"), blank=True)
    severity = models.CharField(_("severity"), max_length=20, choices=Severity.choices)
    raised = models.DateTimeField(_("recorded"), default=clock.now)
    raised_by = by_person(_("recorded by"))
    response = models.CharField(_("response"), max_length=20, choices=Response.choices, blank=True)
    response_text = models.TextField(_("what management says and does"), blank=True)
    responded = models.DateTimeField(_("responded"), null=True, blank=True)
    responded_by = by_person(_("responded by"))
    owner = by_person(_("owner"))
    due = models.DateField(_("due date"), null=True, blank=True)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = by_person(_("closed by"))
    closed_because = models.TextField(_("closed because"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["-raised", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(responded=None) | (~Q(response="") & ~Q(response_text="")),
                name="finding_response_says_something",
            ),
            models.CheckConstraint(
                condition=Q(closed=None) | ~Q(closed_because=""), name="finding_closed_with_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-raised"], name="finding_by_organisation"),
            models.Index(fields=["owner", "due"], condition=Q(closed=None), name="finding_of_owner"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("finding", args=[self.organisation.slug, self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due is not None and self.due < clock.today()


class FollowUpQuerySet(OwnedQuerySet):
    owner = "finding__organisation"


class FollowUp(models.Model):
    """What was done about a finding since, and whether its owner thinks it can be closed."""

    finding = models.ForeignKey(Finding, verbose_name=_("finding"), on_delete=models.PROTECT, related_name="follow_ups")
    moment = models.DateTimeField(_("moment"), default=clock.now)
    by = by_person(_("by"))
    text = models.TextField(_("what was done"))
    asks_to_close = models.BooleanField(_("asks the auditor to close the finding"), default=False)

    objects: ClassVar[Any] = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["moment", "pk"]

    def __str__(self) -> str:
        return self.text

    @property
    def organisation(self) -> Organisation:
        return self.finding.organisation


class AcceptedDeviationQuerySet(OwnedQuerySet):
    def current(self) -> Self:
        """Those that hold today."""
        return self.filter(withdrawn=None).filter(Q(until=None) | Q(until__gte=clock.today()))


class AcceptedDeviation(models.Model):
    """That somebody accepts what a consistency check says of a record, with the reason and until when."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="accepted_deviations"
    )
    check_code = models.CharField(_("check"), max_length=40)
    subject_type = models.CharField(_("kind of record"), max_length=60)
    subject_id = models.CharField(_("record"), max_length=60)
    reason = models.TextField(_("accepted because"))
    until = models.DateField(_("accepted until"), null=True, blank=True)
    accepted = models.DateTimeField(_("accepted"), default=clock.now)
    accepted_by = by_person(_("accepted by"))
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = by_person(_("withdrawn by"))

    objects: ClassVar[Any] = AcceptedDeviationQuerySet.as_manager()

    class Meta:
        verbose_name = _("accepted deviation")
        verbose_name_plural = _("accepted deviations")
        ordering = ["-accepted", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="accepteddeviation_has_a_reason"),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "check_code", "subject_type", "subject_id"], name="deviation_of_record"
            )
        ]

    def __str__(self) -> str:
        return self.check_code
