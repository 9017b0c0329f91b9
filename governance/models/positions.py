"""Who has which function in the organisation, from when to when, and what those functions have to know."""

from datetime import date, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.catalogue import Discipline
from governance.models.organisation import HeldQuerySet, Membership, Organisation, OwnedQuerySet
from governance.models.people import by_person
from governance.models.periods import Tenure, ends_after_it_starts


class PositionQuerySet(OwnedQuerySet):
    def in_force(self) -> Self:
        return self.filter(ended=None)

    def for_organisation(self, organisation: Organisation) -> Self:
        """Those of this organisation and of those above it."""
        return self.filter(organisation__in=organisation.above)

    def vacant(self) -> Self:
        """In force, and filled by nobody now; a deputy alone does not fill a function."""
        holders = RoleAssignment.objects.filling().filter(position=models.OuterRef("pk"), is_deputy=False)
        return self.in_force().filter(~models.Exists(holders))


class Position(models.Model):
    """A function in the organisation, such as algorithm officer or process owner."""

    class Line(models.TextChoices):
        FIRST = "first", _("First line: does the work")
        SECOND = "second", _("Second line: advises and verifies")
        THIRD = "third", _("Third line: audits")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="positions"
    )
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("what it does"), blank=True)
    line = models.CharField(_("line"), max_length=10, choices=Line.choices, default=Line.FIRST)
    discipline = models.ForeignKey(
        Discipline,
        verbose_name=_("discipline"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="positions",
        help_text=_("The role of the framework that it fills in a team."),
    )
    governs_algorithms = models.BooleanField(
        _("is responsible for algorithm governance"),
        default=False,
        help_text=_("Whoever holds it answers for how the organisation deals with algorithms."),
    )
    created = models.DateTimeField(_("added"), default=clock.now)
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("function")
        verbose_name_plural = _("functions")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                condition=Q(ended=None),
                name="position_name_once",
                violation_error_message=_("The organisation has this function already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class RoleAssignmentQuerySet(HeldQuerySet):
    owner: ClassVar[str] = "position__organisation"

    def within(self, organisation: Organisation) -> Self:
        """Of functions of this organisation and of those below it."""
        return self.filter(position__organisation__path__startswith=organisation.path)

    def around(self, organisation: Organisation) -> Self:
        """Of functions of this organisation, of those below it and of those above it."""
        below = Q(position__organisation__path__startswith=organisation.path)
        return self.filter(below | Q(position__organisation__in=organisation.above))

    def needs(self, on: date | None = None) -> Any:
        """What whoever holds these has to know, a row per person and subject, by name.

        Rows are `{person, subject, followed_on, counts_until, state}`: keys of the person and the knowledge, the
        training that counts longest, and one of `Literacy` on that day (today, unless given).
        """
        day = on or clock.today()
        followed = Training.objects.filter(
            withdrawn=None, person=OuterRef("person"), knowledge=OuterRef("position__knowledge")
        ).order_by("-valid_until", "-followed_on", "pk")
        needing = self.filter(
            position__ended=None, position__knowledge__isnull=False, position__knowledge__ended=None
        ).annotate(
            subject=F("position__knowledge"),
            followed_on=Subquery(followed.values("followed_on")[:1]),
            counts_until=Subquery(followed.values("valid_until")[:1]),
            state=Case(
                When(counts_until=None, then=Value(Literacy.MISSING)),
                When(counts_until__lt=day, then=Value(Literacy.EXPIRED)),
                When(counts_until__lte=day + timedelta(days=EXPIRING_DAYS), then=Value(Literacy.EXPIRING)),
                default=Value(Literacy.COUNTING),
                output_field=models.CharField(),
            ),
        )
        rows = needing.values("person", "subject", "followed_on", "counts_until", "state").distinct()
        return rows.order_by("person__name", "person", "position__knowledge__title", "subject")


class RoleAssignment(Tenure):
    """A person holds a function, or stands in for whoever does."""

    position = models.ForeignKey(
        Position, verbose_name=_("function"), on_delete=models.PROTECT, related_name="assignments"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="role_assignments"
    )
    is_deputy = models.BooleanField(_("as deputy"), default=False)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("holder of a function")
        verbose_name_plural = _("holders of functions")
        ordering = ["position", "is_deputy", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["position", "person"], condition=Q(until=None), name="roleassignment_one_open"
            ),
            ends_after_it_starts("roleassignment_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.position}"

    @property
    def organisation(self) -> Organisation:
        return self.position.organisation


EXPIRING_DAYS = 60
"""How long before it stops counting a training is said to expire soon."""


class Literacy(models.TextChoices):
    """How it is with what somebody has to know."""

    MISSING = "missing", _("Missing")
    EXPIRED = "expired", _("Expired")
    EXPIRING = "expiring", _("Expires soon")
    COUNTING = "counting", _("Counts")


class KnowledgeQuerySet(OwnedQuerySet):
    def in_force(self) -> Self:
        return self.filter(ended=None)

    def needs_of(self, person: Any) -> Self:
        """What the person has to know for the functions they hold now, also as a deputy."""
        held = RoleAssignment.objects.filling().filter(person=person, position__ended=None)
        return self.in_force().filter(models.Exists(held.filter(position__knowledge=OuterRef("pk"))))

    def for_organisation(self, organisation: Organisation) -> Self:
        """Those of this organisation and of those above it."""
        return self.filter(organisation__in=organisation.above)


class Knowledge(models.Model):
    """What people in certain functions have to know to work with algorithms (AI Act art. 4; aia-01)."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="knowledge"
    )
    title = models.CharField(_("subject"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    positions = models.ManyToManyField(
        Position, verbose_name=_("functions that need it"), blank=True, related_name="knowledge"
    )
    valid_months = models.PositiveSmallIntegerField(
        _("counts for"), default=24, help_text=_("Months after which it has to be refreshed.")
    )
    created = models.DateTimeField(_("added"), default=clock.now)
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = KnowledgeQuerySet.as_manager()

    class Meta:
        verbose_name = _("knowledge")
        verbose_name_plural = _("knowledge")
        ordering = ["title", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "title"],
                condition=Q(ended=None),
                name="knowledge_title_once",
                violation_error_message=_("The organisation has this subject already."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class TrainingQuerySet(OwnedQuerySet):
    owner: ClassVar[str] = "knowledge__organisation"

    def visible_to(self, user: Any) -> Self:
        """Of the subjects of organisations this person may see; of those above them, what their people followed."""
        visible = Organisation.objects.visible_to(user)
        above = self.filter(knowledge__organisation__in=Organisation.objects.counting_for(user))
        return self.filter(knowledge__organisation__in=visible) | above.about_people_of(visible)

    def about_people_of(self, organisations: Any) -> Self:
        """About whoever has a function or a role in one of these organisations now, or will."""
        functions = RoleAssignment.objects.unended().filter(position__organisation__in=organisations)
        roles = Membership.objects.current().filter(organisation__in=organisations)
        people = Q(person__in=functions.order_by().values("person")) | Q(person__in=roles.order_by().values("user"))
        return self.filter(people)

    def counting(self) -> Self:
        """What still counts today."""
        return self.filter(withdrawn=None, valid_until__gte=clock.today())


class Training(models.Model):
    """Somebody followed a training or showed what they know; it counts up to and including `valid_until`."""

    knowledge = models.ForeignKey(
        Knowledge, verbose_name=_("knowledge"), on_delete=models.PROTECT, related_name="trainings"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="trainings"
    )
    followed_on = models.DateField(_("followed on"))
    valid_until = models.DateField(_("counts until"))
    note = models.CharField(_("training and provider"), max_length=300, blank=True)
    recorded = models.DateTimeField(_("recorded"), default=clock.now)
    recorded_by = by_person(_("recorded by"))
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True, help_text=_("Recorded by mistake."))

    objects = TrainingQuerySet.as_manager()

    class Meta:
        verbose_name = _("training followed")
        verbose_name_plural = _("trainings followed")
        ordering = ["knowledge", "person", "-followed_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=models.F("followed_on")), name="training_counts_after_it_is_followed"
            )
        ]
        indexes = [models.Index(fields=["person", "knowledge", "-valid_until"], name="training_of_person")]

    def __str__(self) -> str:
        return f"{self.person}: {self.knowledge}"

    @property
    def organisation(self) -> Organisation:
        return self.knowledge.organisation
