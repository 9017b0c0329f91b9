"""Who is responsible for what in an algorithm, who works on it, and whom it concerns."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import (
    Discipline,
    HeldQuerySet,
    LifecyclePhase,
    Measure,
    Organisation,
    OwnedQuerySet,
    Position,
    Requirement,
    Tenure,
)
from governance.models.people import by_person
from governance.models.periods import ends_after_it_starts
from registry.models.algorithm import Algorithm


class Letter(models.TextChoices):
    """RACI(S)."""

    RESPONSIBLE = "R", _("Responsible: does it")
    ACCOUNTABLE = "A", _("Accountable: answers for it")
    CONSULTED = "C", _("Consulted: is asked beforehand")
    INFORMED = "I", _("Informed: hears of it")
    SUPPORT = "S", _("Support: helps to do it")


class AlgorithmTenureQuerySet(HeldQuerySet):
    owner: ClassVar[str] = "algorithm__organisation"


class ResponsibilityQuerySet(AlgorithmTenureQuerySet):
    def filling(self) -> Self:
        """As for everything that is held, of the letters that keep a scope from being vacant: the A and the R."""
        return super().filling().filter(letter__in=[Letter.ACCOUNTABLE, Letter.RESPONSIBLE])

    def for_the_whole(self) -> Self:
        return self.filter(phase=None, requirement=None, measure=None)


ONE_SCOPE = (
    Q(phase=None, requirement=None)
    | Q(phase=None, measure=None)
    | Q(requirement=None, measure=None)
)  # fmt: skip
SCOPE = (Coalesce("phase", 0), Coalesce("requirement", 0), Coalesce("measure", 0))


class Responsibility(Tenure):
    """A person has a letter for a scope of an algorithm: the whole (no phase, requirement or measure), or one of those.

    A scope without an Accountable or Responsible of its own has those of the whole algorithm.
    """

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="responsibilities"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="responsibilities"
    )
    letter = models.CharField(_("responsibility"), max_length=1, choices=Letter.choices)
    phase = models.ForeignKey(
        LifecyclePhase, verbose_name=_("phase"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ResponsibilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("responsibility")
        verbose_name_plural = _("responsibilities")
        ordering = ["algorithm", "phase", "letter", "-since"]
        constraints = [
            models.CheckConstraint(condition=ONE_SCOPE, name="responsibility_one_scope"),
            models.UniqueConstraint(
                F("algorithm"), *SCOPE, condition=Q(until=None, letter="A"), name="responsibility_one_accountable"
            ),
            models.UniqueConstraint(
                F("algorithm"),
                F("person"),
                F("letter"),
                *SCOPE,
                condition=Q(until=None),
                name="responsibility_one_open",
            ),
            ends_after_it_starts("responsibility_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["person", "algorithm"], name="responsibility_of_person")]

    def __str__(self) -> str:
        return f"{self.letter} {self.person}"

    @property
    def scope(self) -> "LifecyclePhase | Requirement | Measure | None":
        """What it is for; None is the whole algorithm."""
        return self.phase or self.requirement or self.measure


class RaciDefault(models.Model):
    """The letter that the holder of a function is proposed to have for new algorithms of a risk group."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="raci_defaults"
    )
    risk_group = models.CharField(
        _("risk group"), max_length=40, blank=True, help_text=_("Empty: for every algorithm, classified or not.")
    )
    phase = models.ForeignKey(
        LifecyclePhase,
        verbose_name=_("phase"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: for the whole algorithm."),
    )
    letter = models.CharField(_("responsibility"), max_length=1, choices=Letter.choices)
    position = models.ForeignKey(
        Position, verbose_name=_("function"), on_delete=models.PROTECT, related_name="raci_defaults"
    )

    objects = OwnedQuerySet.as_manager()

    class Meta:
        verbose_name = _("RACI default")
        verbose_name_plural = _("RACI defaults")
        ordering = ["organisation", "risk_group", "phase", "letter", "pk"]
        constraints = [
            models.UniqueConstraint(
                F("organisation"),
                F("risk_group"),
                F("position"),
                F("letter"),
                Coalesce("phase", 0),
                name="racidefault_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.position}"


class TeamMember(Tenure):
    """Somebody works on an algorithm, in one of the four disciplines of the framework."""

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="team_members"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="team_memberships"
    )
    discipline = models.ForeignKey(
        Discipline, verbose_name=_("discipline"), on_delete=models.PROTECT, related_name="team_members"
    )
    task = models.CharField(_("what they do"), max_length=200, blank=True)

    objects = AlgorithmTenureQuerySet.as_manager()

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        ordering = ["algorithm", "discipline", "person", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "person", "discipline"], condition=Q(until=None), name="teammember_one_open"
            ),
            ends_after_it_starts("teammember_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.discipline}"


class InvolvementQuerySet(OwnedQuerySet):
    owner: ClassVar[str] = "algorithm__organisation"


class Involvement(models.Model):
    """Stakeholders were involved: who, how, when, and what came of it."""

    class Kind(models.TextChoices):
        RESIDENTS = "residents", _("Residents or users")
        REPRESENTATIVES = "representatives", _("Client council or interest group")
        WORKERS = "workers", _("Staff or works council")
        EXPERTS = "experts", _("Independent experts")
        PARTNERS = "partners", _("Partners in the chain or supplier")
        POLITICS = "politics", _("Council or parliament")
        OTHER = "other", _("Others")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="involvements"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    who = models.CharField(_("who"), max_length=200)
    how = models.CharField(_("how"), max_length=300)
    held_on = models.DateField(_("when"))
    outcome = models.TextField(_("what came of it"), blank=True)
    recorded = models.DateTimeField(_("recorded"), default=clock.now)
    recorded_by = by_person(_("recorded by"))
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = InvolvementQuerySet.as_manager()

    class Meta:
        verbose_name = _("involvement of stakeholders")
        verbose_name_plural = _("involvement of stakeholders")
        ordering = ["algorithm", "-held_on", "-pk"]

    def __str__(self) -> str:
        return self.who
