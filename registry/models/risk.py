from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import Measure, Membership, OwnedQuerySet, Requirement
from governance.models.people import by_person
from registry.models.algorithm import Algorithm


class RiskQuerySet(OwnedQuerySet):
    owner = "algorithm__organisation"

    def open(self) -> Self:
        return self.filter(closed=None)

    def high(self) -> Self:
        """Open, with a score of 15 or more as it stands now."""
        return self.open().with_score().filter(score__gte=Risk.HIGH)

    def with_score(self) -> Self:
        """Each with `score` (1 to 25, or NULL): likelihood times impact, after treatment where that was judged."""
        return self.annotate(
            score=models.Case(
                models.When(likelihood_after__isnull=False, then=F("likelihood_after") * F("impact_after")),
                default=F("likelihood_before") * F("impact_before"),
                output_field=models.PositiveSmallIntegerField(),
            )
        )

    def as_judged(self) -> Self:
        """Each with `likelihood` and `impact` (1 to 5, or NULL) as they stand now: after treatment where judged."""
        return self.annotate(
            likelihood=Coalesce("likelihood_after", "likelihood_before"),
            impact=Coalesce("impact_after", "impact_before"),
        )

    def accepted(self, on: Any = None) -> Self:
        """Open, and accepted until that day or later."""
        return self.open().filter(accepted_until__gte=on or clock.today())

    def unowned(self) -> Self:
        """Open, and owned by nobody who can: without an owner, or by who left the organisation."""
        roles = Membership.objects.current().filter(user=OuterRef("owner"))
        can = Exists(roles.reaching(OuterRef("algorithm__organisation__path")))
        return self.open().exclude(Q(can) & Q(owner__is_active=True))

    def acceptance_over(self, on: Any = None) -> Self:
        """Open, and accepted until a day that has passed."""
        return self.open().filter(accepted_until__lt=on or clock.today())


def scale(label: Any) -> models.PositiveSmallIntegerField:
    """A judgement from 1 (very low) to 5 (very high)."""
    return models.PositiveSmallIntegerField(
        label, null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )


class Risk(models.Model):
    """What can go wrong with an algorithm, how bad that would be, and what is done about it."""

    HIGH: ClassVar[int] = 15
    """The score from which a risk is high (of 25)."""
    MIDDLE: ClassVar[int] = 8

    class Treatment(models.TextChoices):
        REDUCE = "reduce", _("Reduce it")
        AVOID = "avoid", _("Avoid it")
        TRANSFER = "transfer", _("Share it with somebody else")
        ACCEPT = "accept", _("Accept it")

    algorithm = models.ForeignKey(
        Algorithm, verbose_name=_("algorithm"), on_delete=models.PROTECT, related_name="risk_register"
    )
    title = models.CharField(_("what can go wrong"), max_length=200)
    description = models.TextField(_("cause and consequence"), blank=True)
    requirement = models.ForeignKey(
        Requirement,
        verbose_name=_("named by requirement"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("named by measure"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    likelihood_before = scale(_("likelihood before treatment"))
    impact_before = scale(_("impact before treatment"))
    likelihood_after = scale(_("likelihood after treatment"))
    impact_after = scale(_("impact after treatment"))
    treatment = models.CharField(_("treatment"), max_length=20, choices=Treatment.choices, blank=True)
    treatment_note = models.TextField(_("how it is treated"), blank=True)
    measures = models.ManyToManyField(Measure, verbose_name=_("treated by"), blank=True, related_name="risks")
    owner = by_person(_("owner"))
    accepted_by = by_person(_("accepted by"))
    accepted = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_until = models.DateField(_("accepted until"), null=True, blank=True)
    accepted_because = models.TextField(_("accepted because"), blank=True)
    identified = models.DateTimeField(_("identified"), default=clock.now)
    identified_by = by_person(_("identified by"))
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    closed_by = by_person(_("closed by"))
    closed_because = models.TextField(_("closed because"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects: ClassVar[Any] = RiskQuerySet.as_manager()

    class Meta:
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        ordering = ["-identified", "-pk"]
        constraints = [
            *(
                models.CheckConstraint(
                    condition=Q(**{f"likelihood_{when}": None, f"impact_{when}": None})
                    | Q(**{f"likelihood_{when}__range": (1, 5), f"impact_{when}__range": (1, 5)}),
                    name=f"risk_judged_whole_{when}",
                )
                for when in ("before", "after")
            ),
            models.CheckConstraint(
                condition=Q(accepted=None) | Q(accepted_by__isnull=False, accepted_until__isnull=False),
                name="risk_accepted_by_somebody_until",
            ),
            models.CheckConstraint(condition=Q(closed=None) | ~Q(closed_because=""), name="risk_closed_with_a_reason"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("risk", args=[self.algorithm_id, self.pk])

    @property
    def is_open(self) -> bool:
        return self.closed is None

    @property
    def score_before(self) -> int | None:
        """Likelihood times impact (1 to 25) without treatment; None while nobody judged it."""
        return self.likelihood_before * self.impact_before if self.likelihood_before and self.impact_before else None

    @property
    def score_after(self) -> int | None:
        """Likelihood times impact (1 to 25) after treatment; None while nobody judged it."""
        return self.likelihood_after * self.impact_after if self.likelihood_after and self.impact_after else None

    @property
    def score_now(self) -> int | None:
        """As `RiskQuerySet.with_score` has it."""
        return self.score_after or self.score_before

    @property
    def is_accepted(self) -> bool:
        return self.is_open and self.accepted_until is not None and self.accepted_until >= clock.today()

    @property
    def acceptance_is_over(self) -> bool:
        return self.is_open and self.accepted_until is not None and self.accepted_until < clock.today()
