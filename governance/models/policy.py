"""How an organisation deals with algorithms: its policies, and their versions from draft to withdrawn."""

from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.catalogue import LifecyclePhase, Measure, Requirement, Tool, Topic
from governance.models.files import Attached
from governance.models.objectives import Objective
from governance.models.organisation import Membership, Organisation, OwnedQuerySet
from governance.models.people import by_person


class PolicyQuerySet(OwnedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Those of the organisations this person may see, and what was adopted above them: it holds for them too."""
        above = Q(organisation__in=Organisation.objects.counting_for(user))
        adopted = models.Exists(PolicyVersion.objects.holding().filter(policy=models.OuterRef("pk")))
        return self.filter(Q(organisation__in=Organisation.objects.visible_to(user)) | (above & adopted))

    def for_organisation(self, organisation: Organisation) -> Self:
        """Those of this organisation and of those above it."""
        return self.filter(organisation__in=organisation.above)

    def in_force(self, on: date | None = None) -> Self:
        """Policies with a version that holds on that day (today, unless given)."""
        return self.filter(models.Exists(PolicyVersion.objects.in_force(on).filter(policy=models.OuterRef("pk"))))

    def published(self) -> Self:
        """What anybody may read: published by choice, with an adopted version."""
        return self.filter(is_public=True).in_force()


class Policy(models.Model):
    class Kind(models.TextChoices):
        GUIDELINE = "guideline", _("Guideline or code of conduct")
        STRATEGY = "strategy", _("Strategy and vision")
        WAY_OF_WORKING = "way_of_working", _("Way of working")
        RESPONSIBILITIES = "responsibilities", _("Roles and responsibilities")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="policies"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100)
    summary = models.TextField(_("summary"), blank=True)
    owner = by_person(_("owner"))
    template = models.CharField(_("made from template"), max_length=60, blank=True)
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="policies")
    phases = models.ManyToManyField(LifecyclePhase, verbose_name=_("phases"), blank=True, related_name="policies")
    requirements = models.ManyToManyField(
        Requirement, verbose_name=_("requirements"), blank=True, related_name="policies"
    )
    measures = models.ManyToManyField(Measure, verbose_name=_("measures"), blank=True, related_name="policies")
    tools = models.ManyToManyField(Tool, verbose_name=_("tools"), blank=True, related_name="policies")
    objectives = models.ManyToManyField(
        Objective, verbose_name=_("public values and objectives"), blank=True, related_name="policies"
    )
    is_public = models.BooleanField(_("published"), default=False)
    created = models.DateTimeField(_("added"), default=clock.now)
    created_by = by_person(_("added by"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["title", "pk"]
        constraints = [models.UniqueConstraint(fields=["organisation", "slug"], name="policy_slug_once")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("policy", args=[self.organisation.slug, self.slug])

    @property
    def version_in_force(self) -> "PolicyVersion | None":
        return next((version for version in self.versions.all() if version.is_in_force), None)

    @property
    def open_version(self) -> "PolicyVersion | None":
        """The version that is being written or reviewed."""
        return next((version for version in self.versions.all() if version.is_open), None)

    @property
    def adopted_version(self) -> "PolicyVersion | None":
        """The last one that was adopted, in force or about to be."""
        return next((version for version in self.versions.all() if version.status == "adopted"), None)


class PolicyVersionQuerySet(OwnedQuerySet):
    owner: ClassVar[str] = "policy__organisation"

    def visible_to(self, user: Any) -> Self:
        """All of the organisations this person may see; of the organisations above, what holds for them."""
        above = self.holding().filter(policy__organisation__in=Organisation.objects.counting_for(user))
        return self.filter(policy__organisation__in=Organisation.objects.visible_to(user)) | above

    def holding(self) -> Self:
        """Adopted, and in force now or later."""
        ends_later = Q(in_force_until__gt=clock.today()) & Q(in_force_until__gt=F("in_force_from"))
        return self.filter(Q(status=PolicyVersion.Status.ADOPTED) | ends_later)

    def waiting_for(self, user: Any) -> Self:
        """In review where this person is a manager, and not written by them alone."""
        managed = Organisation.objects.where_member_holds(user, [Membership.Role.MANAGER])
        author = PolicyVersion.authors.through.objects.filter(policyversion=models.OuterRef("pk"))
        not_alone = models.Exists(author.exclude(user=user)) | ~models.Exists(author)
        return self.filter(not_alone, status=PolicyVersion.Status.IN_REVIEW, policy__organisation__in=managed)

    def open(self) -> Self:
        """Being written or reviewed."""
        return self.filter(status__in=["draft", "in_review"])

    def adopted(self) -> Self:
        return self.filter(status=PolicyVersion.Status.ADOPTED)

    def in_force(self, on: date | None = None) -> Self:
        """Adopted, entered into force, and not yet succeeded or withdrawn on that day (today, unless given)."""
        day = on or clock.today()
        return self.filter(adopted_at__isnull=False, in_force_from__lte=day).filter(
            Q(in_force_until=None) | Q(in_force_until__gt=day)
        )

    def unowned(self) -> Self:
        """Of policies without an owner, or whose owner's account is closed: officers and managers look after those."""
        return self.filter(Q(policy__owner=None) | Q(policy__owner__is_active=False))

    def due_for_review(self, on: date | None = None) -> Self:
        """Adopted, with a review date that has passed."""
        return self.adopted().filter(review_date__lt=on or clock.today())


class PolicyVersion(models.Model):
    """A text of a policy: drafted, reviewed, adopted on somebody's authority, later superseded or withdrawn.

    It holds from `in_force_from` up to, not including, `in_force_until`. `edits` counts the changes of a draft.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        ADOPTED = "adopted", _("Adopted")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    policy = models.ForeignKey(Policy, verbose_name=_("policy"), on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.DRAFT)
    body = models.TextField(_("text"), blank=True, help_text=_("In Markdown."))
    change_note = models.TextField(_("what changes"), blank=True)
    authors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("authors"), blank=True, related_name="policy_versions"
    )
    edits = models.PositiveIntegerField(default=0, editable=False)
    created = models.DateTimeField(_("begun"), default=clock.now)
    created_by = by_person(_("begun by"))
    submitted_at = models.DateTimeField(_("put up for review"), null=True, blank=True)
    submitted_by = by_person(_("put up for review by"))
    returned_reason = models.TextField(_("returned because"), blank=True)
    adopted_at = models.DateTimeField(_("adopted"), null=True, blank=True)
    adopted_by = by_person(_("adopted by"))
    authority = models.CharField(
        _("on whose authority"),
        max_length=200,
        blank=True,
        help_text=_("Such as the executive board, with its decision."),
    )
    in_force_from = models.DateField(_("enters into force"), null=True, blank=True)
    in_force_until = models.DateField(_("in force until"), null=True, blank=True)
    review_date = models.DateField(_("review date"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = by_person(_("ended by"))
    ended_reason = models.TextField(_("ended because"), blank=True)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a policy")
        verbose_name_plural = _("versions of policies")
        ordering = ["policy", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="policyversion_number_once"),
            models.UniqueConstraint(
                fields=["policy"], condition=Q(status__in=["draft", "in_review"]), name="policyversion_one_open"
            ),
            models.UniqueConstraint(fields=["policy"], condition=Q(status="adopted"), name="policyversion_one_adopted"),
            models.CheckConstraint(
                condition=~Q(status__in=["adopted", "superseded"])
                | (Q(adopted_at__isnull=False, in_force_from__isnull=False) & ~Q(authority="")),
                name="policyversion_adopted_on_authority",
            ),
            models.CheckConstraint(
                condition=Q(in_force_until=None) | Q(in_force_until__gte=F("in_force_from")),
                name="policyversion_ends_after_it_enters",
            ),
        ]
        indexes = [
            models.Index(fields=["review_date"], condition=Q(status="adopted"), name="policyversion_by_review_date")
        ]

    def __str__(self) -> str:
        return str(_("%(policy)s (version %(number)s)") % {"policy": self.policy, "number": self.number})

    def get_absolute_url(self) -> str:
        return reverse("policy-version", args=[self.organisation.slug, self.policy.slug, self.number])

    @property
    def organisation(self) -> Organisation:
        return self.policy.organisation

    def is_written_by_nobody_but(self, user: Any) -> bool:
        return [author.pk for author in self.authors.all()] == [user.pk]

    @property
    def is_open(self) -> bool:
        """Being written or reviewed."""
        return self.status in (PolicyVersion.Status.DRAFT, PolicyVersion.Status.IN_REVIEW)

    @property
    def is_due_for_review(self) -> bool:
        return self.status == PolicyVersion.Status.ADOPTED and (self.review_date or date.max) < clock.today()

    @property
    def is_in_force(self) -> bool:
        today = clock.today()
        return (
            self.adopted_at is not None
            and self.in_force_from is not None
            and self.in_force_from <= today
            and (self.in_force_until is None or self.in_force_until > today)
        )


class PolicyAttachmentQuerySet(OwnedQuerySet):
    owner: ClassVar[str] = "policy_version__policy__organisation"

    def visible_to(self, user: Any) -> Self:
        return self.filter(policy_version__in=PolicyVersion.objects.visible_to(user))

    def current(self) -> Self:
        return self.filter(removed=None)


class PolicyAttachment(Attached):
    policy_version = models.ForeignKey(
        PolicyVersion, verbose_name=_("version of a policy"), on_delete=models.PROTECT, related_name="attachments"
    )

    objects = PolicyAttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("attachment of a policy")
        verbose_name_plural = _("attachments of policies")
        ordering = ["policy_version", "name", "pk"]

    @property
    def organisation(self) -> Organisation:
        return self.policy_version.organisation


class ReadingRequestQuerySet(OwnedQuerySet):
    owner: ClassVar[str] = "policy_version__policy__organisation"

    def visible_to(self, user: Any) -> Self:
        """Those of the organisations this person may see, and their own."""
        own = Q(person=user) if user.is_authenticated else Q(pk=None)
        return self.filter(Q(policy_version__policy__organisation__in=Organisation.objects.visible_to(user)) | own)

    def unconfirmed(self) -> Self:
        """Still to be confirmed, about a version that still counts."""
        return self.filter(confirmed_at=None, policy_version__status=PolicyVersion.Status.ADOPTED)


class ReadingRequest(models.Model):
    """Somebody is asked to confirm that they read an adopted version."""

    policy_version = models.ForeignKey(
        PolicyVersion, verbose_name=_("version of a policy"), on_delete=models.PROTECT, related_name="reading_requests"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="reading_requests"
    )
    asked = models.DateTimeField(_("asked"), default=clock.now)
    asked_by = by_person(_("asked by"))
    due = models.DateField(_("due date"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    objects = ReadingRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to read")
        verbose_name_plural = _("requests to read")
        ordering = ["policy_version", "person", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["policy_version", "person"], name="readingrequest_once_per_person")
        ]
        indexes = [
            models.Index(fields=["person", "due"], condition=Q(confirmed_at=None), name="readingrequest_of_person")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.policy_version}"

    @property
    def organisation(self) -> Organisation:
        return self.policy_version.organisation
