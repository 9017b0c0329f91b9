"""What is done about requirements and measures: one open row per subject, earlier rows its history.

The same work exists at two levels: at the organisation, for what has phase 0 (here), and per algorithm (in the
register).
"""

from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.catalogue import Measure, Requirement
from governance.models.organisation import Organisation, Owned
from governance.models.people import by_person
from governance.models.periods import Period, PeriodQuerySet


class WorkQuerySet(PeriodQuerySet):
    SETTLED: ClassVar[Q]
    """When nothing is left to do."""

    def assigned_to(self, user: object) -> Self:
        return self.filter(assignee=user)

    def unassigned(self) -> Self:
        return self.filter(assignee=None)

    def settled(self) -> Self:
        return self.filter(self.SETTLED)

    def open(self) -> Self:
        """What holds now and leaves something to do."""
        return self.current().exclude(self.SETTLED)

    def overdue(self, on: date | None = None) -> Self:
        """Open, with a due date before that day (today, unless given)."""
        return self.open().filter(due__lt=on or clock.today())


class AssessmentQuerySet(WorkQuerySet):
    SETTLED = Q(status__in=["met", "not_applicable"])

    def met(self) -> Self:
        return self.filter(status=Assessment.Status.MET)

    def unverified(self) -> Self:
        """Claims that wait for a second person."""
        return self.current().met().filter(verified_at=None)


class MeasureStatusQuerySet(WorkQuerySet):
    # Done (chosen or replaced), or deliberately not applied.
    SETTLED = Q(progress="done") | Q(choice="not_applied")


class Work(Period):
    explanation = models.TextField(_("explanation"), blank=True)
    links = models.JSONField(_("links"), default=list, blank=True, help_text=_("A list of {title, url}."))
    due = models.DateField(_("due date"), null=True, blank=True)
    assignee = by_person(_("assigned to"))

    class Meta:
        abstract = True


class Assessment(Work):
    """How far a requirement is met. "Met" is a claim: `claimed_by`, `claimed_at`, about `claimed_revision` of the
    requirement's text; a second person verifies it."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        IN_PROGRESS = "in_progress", _("In progress")
        MET = "met", _("Met")
        NOT_MET = "not_met", _("Not met")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")

    class VerifyAgain(models.TextChoices):
        """Why a verified claim waits for a second person once more."""

        EVIDENCE_EXPIRED = "evidence_expired", _("its evidence expired")
        EVIDENCE_WITHDRAWN = "evidence_withdrawn", _("its evidence was withdrawn")
        MEASURE_CHANGED = "measure_changed", _("a measure changed afterwards")

    STATUSES: ClassVar[list[tuple[str, Any]]] = Status.choices
    """The statuses that a person may give."""

    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.OPEN)
    claimed_by = by_person(_("claimed by"))
    claimed_at = models.DateTimeField(_("claimed on"), null=True, blank=True)
    claimed_revision = models.PositiveIntegerField(_("claimed about revision"), null=True, blank=True)
    verified_by = by_person(_("verified by"))
    verified_at = models.DateTimeField(_("verified on"), null=True, blank=True)
    returned_reason = models.TextField(_("returned because"), blank=True)
    on_evidence = models.BooleanField(
        _("on evidence"), default=False, help_text=_("Whether evidence was attached when it was claimed.")
    )
    verify_again = models.CharField(
        _("to be verified again because"), max_length=20, choices=VerifyAgain.choices, blank=True
    )
    verify_again_about = models.CharField(_("what gave rise to it"), max_length=255, blank=True)

    class Meta:
        abstract = True


def assessment_rules(prefix: str) -> list[models.BaseConstraint]:
    """What must hold for every assessment, whatever it is about."""
    return [
        models.CheckConstraint(
            condition=~Q(status="met") | Q(claimed_by__isnull=False, claimed_at__isnull=False),
            name=f"{prefix}_met_is_claimed",
        ),
        models.CheckConstraint(
            condition=~Q(status__in=["met", "not_applicable"])
            | ~Q(explanation="")
            | ~Q(links=[])
            | Q(on_evidence=True),
            name=f"{prefix}_met_is_explained",
        ),
        models.CheckConstraint(
            condition=Q(verified_by=None) | (Q(status="met") & ~Q(verified_by=models.F("claimed_by"))),
            name=f"{prefix}_verified_by_another",
        ),
        models.CheckConstraint(
            condition=Q(verify_again="") | Q(status="met", verified_at=None), name=f"{prefix}_again_is_of_a_claim"
        ),
    ]


class MeasureWork(Work):
    """What is done about a recommended measure: comply or explain, and how far it is."""

    class Choice(models.TextChoices):
        OPEN = "open", _("Not yet chosen")
        CHOSEN = "chosen", _("Chosen")
        REPLACED = "replaced", _("Replaced by an own measure")
        NOT_APPLIED = "not_applied", _("Not applied")

    class Progress(models.TextChoices):
        TO_DO = "to_do", _("To do")
        IN_PROGRESS = "in_progress", _("In progress")
        DONE = "done", _("Done")

    choice = models.CharField(_("choice"), max_length=20, choices=Choice.choices, default=Choice.OPEN)
    progress = models.CharField(_("progress"), max_length=20, choices=Progress.choices, default=Progress.TO_DO)

    class Meta:
        abstract = True


def measure_rules(prefix: str) -> list[models.BaseConstraint]:
    """What must hold for the work on every measure, whoever does it."""
    return [
        models.CheckConstraint(
            condition=~Q(choice__in=["replaced", "not_applied"]) | ~Q(explanation=""),
            name=f"{prefix}_comply_or_explain",
        ),
        models.CheckConstraint(
            condition=Q(progress="to_do") | Q(choice__in=["chosen", "replaced"]),
            name=f"{prefix}_progress_of_a_choice",
        ),
    ]


class OrganisationAssessmentQuerySet(Owned, AssessmentQuerySet):
    pass


class OrganisationAssessment(Assessment):
    """How far an organisation meets a requirement at organisation level (phase 0), for all its algorithms at once.

    No rule decides here whether a requirement applies, so "not applicable" is a judgement with an explanation.
    """

    subject: ClassVar[str] = "requirement"

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="assessments"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, related_name="organisation_assessments"
    )

    objects: ClassVar[Any] = OrganisationAssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assessment of a requirement by an organisation")
        verbose_name_plural = _("assessments of requirements by organisations")
        ordering = ["organisation", "requirement", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "requirement"],
                condition=Q(until=None),
                name="organisationassessment_one_current",
            ),
            *assessment_rules("organisationassessment"),
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(until=None), name="orgassessment_of_assignee")]

    def __str__(self) -> str:
        return f"{self.requirement.code} {self.get_status_display()}"

    def get_absolute_url(self) -> str:
        return reverse("organisation-requirement", args=[self.organisation.slug, self.requirement.slug])


class OrganisationMeasureQuerySet(Owned, MeasureStatusQuerySet):
    pass


class OrganisationMeasureStatus(MeasureWork):
    """What an organisation does about a measure at organisation level (phase 0), for all its algorithms at once."""

    subject: ClassVar[str] = "measure"

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="measure_statuses"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, related_name="organisation_statuses"
    )

    objects: ClassVar[Any] = OrganisationMeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure status of an organisation")
        verbose_name_plural = _("measure statuses of organisations")
        ordering = ["organisation", "measure", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "measure"],
                condition=Q(until=None),
                name="organisationmeasurestatus_one_current",
            ),
            *measure_rules("organisationmeasurestatus"),
        ]
        indexes = [models.Index(fields=["assignee", "due"], condition=Q(until=None), name="orgmeasure_of_assignee")]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.get_choice_display()}"

    def get_absolute_url(self) -> str:
        return reverse("organisation-measure", args=[self.organisation.slug, self.measure.slug])
