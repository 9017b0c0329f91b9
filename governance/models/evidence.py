"""What backs a claim: a file or a link, kept once by the organisation and used in as many places as it proves
something."""

from datetime import date
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.catalogue import Measure, Requirement
from governance.models.files import StoredFile
from governance.models.organisation import Organisation, Owned, OwnedQuerySet
from governance.models.people import by_person
from governance.models.periods import Period, PeriodQuerySet
from governance.models.policy import Policy


def exactly_one(*fields: str) -> Q:
    """The condition that one of these links is filled in, and the others are not."""
    condition = Q()
    for filled in fields:
        condition |= Q(**{f"{name}__isnull": name != filled for name in fields})
    return condition


class EvidenceQuerySet(OwnedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """That of the organisations this person sees, and what is or was used there of an organisation above."""
        seen = Q(organisation__in=Organisation.objects.visible_to(user))
        for use in kinds_of_use():
            seen |= Q(pk__in=use.objects.visible_to(user).order_by().values("evidence"))
        return self.filter(seen)

    def current(self) -> Self:
        """What nobody withdrew, also when its day has passed."""
        return self.filter(withdrawn=None)

    def valid(self, on: date | None = None) -> Self:
        """What proves something on that day (today, unless given)."""
        return self.current().filter(Q(valid_until=None) | Q(valid_until__gte=on or clock.today()))

    def expired(self, on: date | None = None) -> Self:
        return self.current().filter(valid_until__lt=on or clock.today())


class Evidence(models.Model):
    """A file or a link of an organisation that proves something, until a day if one is given."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="evidence"
    )
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("what it shows"), blank=True)
    url = models.URLField(_("link"), max_length=1000, blank=True)
    stored_file = models.ForeignKey(
        StoredFile, verbose_name=_("file"), on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    name = models.CharField(_("name of the file"), max_length=255, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True, help_text=_("The last day it counts."))
    added = models.DateTimeField(_("added"), default=clock.now)
    added_by = by_person(_("added by"))
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = by_person(_("withdrawn by"))
    withdrawn_because = models.TextField(_("withdrawn because"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["-added", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stored_file=None, name="") & ~Q(url="")
                | Q(stored_file__isnull=False, url="") & ~Q(name=""),
                name="evidence_is_a_file_or_a_link",
            )
        ]
        indexes = [
            models.Index(fields=["organisation", "-added"], name="evidence_by_organisation"),
            models.Index(fields=["valid_until"], condition=Q(withdrawn=None), name="evidence_by_last_day"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("evidence", args=[self.organisation.slug, self.pk])

    @property
    def is_expired(self) -> bool:
        return self.valid_until is not None and self.valid_until < clock.today()

    @property
    def counts(self) -> bool:
        """Whether it proves something today: not withdrawn, and its day has not passed."""
        return self.withdrawn is None and not self.is_expired


class EvidenceUse(Period):
    """Where a piece of evidence is used, from a moment until another."""

    OWNER: ClassVar[str]
    """The field that says whose use it is: an organisation's or an algorithm's."""
    SUBJECTS: ClassVar[tuple[str, ...]]
    """The fields of which one says what it is evidence for."""

    evidence = models.ForeignKey(
        Evidence, verbose_name=_("evidence"), on_delete=models.PROTECT, related_name="%(class)s_uses"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.evidence)

    @property
    def subject(self) -> models.Model:
        """What it is evidence for."""
        name = next(name for name in self.SUBJECTS if getattr(self, f"{name}_id") is not None)
        return getattr(self, name)


def kinds_of_use() -> list[Any]:
    """The models that say where evidence is used, of every app."""
    return [model for model in apps.get_models() if issubclass(model, EvidenceUse)]


class OrganisationEvidenceQuerySet(Owned, PeriodQuerySet):
    def with_places(self) -> Self:
        """With what is needed to name and link where each is used."""
        return self.select_related("organisation", "requirement", "measure", "policy__organisation")


class OrganisationEvidence(EvidenceUse):
    """Evidence for what an organisation arranges itself: a requirement or measure of phase 0, or a policy."""

    OWNER: ClassVar[str] = "organisation"
    SUBJECTS: ClassVar[tuple[str, ...]] = ("requirement", "measure", "policy")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="evidence_uses"
    )
    requirement = models.ForeignKey(
        Requirement, verbose_name=_("requirement"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    measure = models.ForeignKey(
        Measure, verbose_name=_("measure"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    policy = models.ForeignKey(
        Policy, verbose_name=_("policy"), on_delete=models.PROTECT, null=True, blank=True, related_name="evidence_uses"
    )

    objects: ClassVar[Any] = OrganisationEvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of evidence by an organisation")
        verbose_name_plural = _("uses of evidence by organisations")
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=exactly_one("requirement", "measure", "policy"), name="organisationevidence_of_one_subject"
            ),
            *(
                models.UniqueConstraint(
                    fields=["evidence", "organisation", subject],
                    condition=Q(until=None, **{f"{subject}__isnull": False}),
                    name=f"organisationevidence_once_per_{subject}",
                )
                for subject in ("requirement", "measure", "policy")
            ),
        ]
