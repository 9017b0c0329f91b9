from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models import Comment, Membership, Organisation, OwnedQuerySet
from governance.models.people import by_person
from registry.models.algorithm import Algorithm

PROPOSES = frozenset(Membership.Role.values) - {Membership.Role.AUDITOR}
"""Auditors change nothing but findings."""
READS_INTAKE = frozenset({Membership.Role.OFFICER, Membership.Role.MANAGER, Membership.Role.AUDITOR})
"""Who sees the proposals of others."""


class ProposalQuerySet(OwnedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """All where this person reads the intake; elsewhere their own, and those on which a comment mentions them."""
        if not user.is_authenticated:
            return self.none()
        read = Organisation.objects.where_member_holds(user, READS_INTAKE)
        mentioned = Comment.objects.filter(
            subject_type="registry.proposal", subject_id=Cast(OuterRef("pk"), models.CharField()), mentions=user
        )
        theirs = Q(organisation__in=read) | Q(proposed_by=user) | Exists(mentioned)
        return self.filter(theirs, organisation__in=Organisation.objects.visible_to(user))

    def undecided(self) -> Self:
        return self.filter(status=Proposal.Status.NEW)


class Proposal(models.Model):
    """Somebody says that there is or will be an algorithm; the officer decides what becomes of it."""

    class Origin(models.TextChoices):
        BOUGHT = "bought", _("We buy it or want to buy it")
        BUILT = "built", _("We build it or want to build it")
        FOUND = "found", _("It turned out to be in use already")

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        UNKNOWN = "unknown", _("I do not know")

    class Status(models.TextChoices):
        NEW = "new", _("Not yet looked at")
        REGISTERED = "registered", _("Registered")
        MERGED = "merged", _("Merged with an existing algorithm")
        DECLINED = "declined", _("Declined")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="proposals"
    )
    name = models.CharField(_("name"), max_length=100)
    purpose = models.TextField(_("what it does"))
    origin = models.CharField(_("where it comes from"), max_length=10, choices=Origin.choices)
    department = models.CharField(_("who uses it"), max_length=500, blank=True)
    affects_people = models.CharField(
        _("outcome matters to people or businesses"), max_length=10, choices=Answer.choices, default=Answer.UNKNOWN
    )
    personal_data = models.CharField(
        _("personal data are used"), max_length=10, choices=Answer.choices, default=Answer.UNKNOWN
    )
    contact = models.CharField(_("who knows more about it"), max_length=300, blank=True)
    proposed = models.DateTimeField(_("proposed"), default=clock.now)
    proposed_by = by_person(_("proposed by"))
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.NEW)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = by_person(_("decided by"))
    reason = models.TextField(_("reason"), blank=True)
    algorithm = models.ForeignKey(
        Algorithm,
        verbose_name=_("algorithm"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals",
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed algorithm")
        verbose_name_plural = _("proposed algorithms")
        ordering = ["-proposed", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["registered", "merged"]) | Q(algorithm__isnull=False),
                name="proposal_became_an_algorithm",
            ),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(reason=""), name="proposal_declined_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["organisation", "status", "-proposed"], name="proposal_by_status")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("proposal", args=[self.pk])
