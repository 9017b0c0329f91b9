from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.lookups import StartsWith
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.people import User
from governance.models.periods import TenureQuerySet

if TYPE_CHECKING:
    from collections.abc import Iterable


class MembershipQuerySet(TenureQuerySet):
    def reaching(self, organisation_path: models.expressions.Combinable | str) -> Self:
        """Memberships of the organisation with that path, or of one above it: rights flow down the tree."""
        return self.filter(StartsWith(organisation_path, models.F("organisation__path")))

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self.filter(organisation__in=Organisation.objects.visible_to(user))


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """The organisations whose records this person may see: those with a current membership, and all below them."""
        if not user.is_authenticated:
            return self.none()
        return self.where_member_holds(user, Membership.Role.values)

    def counting_for(self, user: User | AnonymousUser) -> Self:
        """The visible organisations and those above them, whose own requirements count for what is below."""
        if not user.is_authenticated:
            return self.none()
        below = Membership.objects.current().filter(user=user)
        below = below.filter(StartsWith(models.F("organisation__path"), models.OuterRef("path")))
        return self.filter(models.Exists(below)) | self.visible_to(user)

    def where_member_holds(self, user: User, roles: "Iterable[str]") -> Self:
        """The organisations in which this person currently holds one of `roles`, directly or from above."""
        memberships = Membership.objects.current().filter(user=user, role__in=list(roles))
        return self.filter(models.Exists(memberships.reaching(models.OuterRef("path"))))

    def hold_trees(self) -> None:
        """Lets whoever holds the trees of these organisations wait for each other, until the transaction ends."""
        tops = {int(path.split("/")[1]) for path in self.values_list("path", flat=True)}
        list(Organisation.objects.select_for_update(no_key=True).filter(pk__in=tops).order_by("pk"))


class Owned:
    """Vocabulary of querysets whose rows are an organisation's; `owner` is the path of fields from a row to it."""

    owner: ClassVar[str] = "organisation"

    def visible_to(self: Any, user: User | AnonymousUser) -> Any:
        return self.filter(**{f"{self.owner}__in": Organisation.objects.visible_to(user)})


class OwnedQuerySet(Owned, models.QuerySet[Any]):
    pass


class HeldQuerySet(Owned, TenureQuerySet):
    """Of what a `person` holds in an organisation."""

    def filling(self) -> Self:
        """Held now, by somebody who can: the account is active, with a current role in the organisation or above it."""
        roles = Membership.objects.current().reaching(models.OuterRef(f"{self.owner}__path"))
        return self.current().filter(
            models.Exists(roles.filter(user=models.OuterRef("person"))), person__is_active=True
        )


class Organisation(models.Model):
    class Kind(models.TextChoices):
        MUNICIPALITY = "municipality", _("Municipality")
        PROVINCE = "province", _("Province")
        WATER_BOARD = "water_board", _("Water board")
        MINISTRY = "ministry", _("Ministry")
        AGENCY = "agency", _("Agency")
        SAFETY_REGION = "safety_region", _("Safety region")
        ENVIRONMENT_SERVICE = "environment_service", _("Environment service")
        PARTNERSHIP = "partnership", _("Partnership of public bodies")
        DEPARTMENT = "department", _("Department")
        OTHER = "other", _("Other")

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind.choices, default=Kind.OTHER)
    identifier = models.CharField(
        _("official identifier"), max_length=50, blank=True, help_text=_("As in the government's list, such as gm0344.")
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("part of"), on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    second_factor_roles = models.JSONField(
        _("roles that need a second factor"),
        default=list,
        blank=True,
        help_text=_('Codes of roles, such as ["administrator"]; for who has them here, below, or here from above.'),
    )
    path = models.CharField(
        max_length=255, unique=True, editable=False, help_text=_("Numbers from the top of the tree, such as /3/17/.")
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["identifier"], condition=~models.Q(identifier=""), name="organisation_identifier_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves, and keeps the paths of this organisation and of all below it true."""
        if not self.path:
            self.path = f"new:{self.slug}"
        super().save(*args, **kwargs)
        path = f"{self.parent.path if self.parent else '/'}{self.pk}/"
        if self.path != path:
            self.path = path
            super().save(update_fields=["path"])
            for child in Organisation.objects.filter(parent=self):
                child.parent = self
                child.save()

    def get_absolute_url(self) -> str:
        return reverse("organisation", args=[self.slug])

    @property
    def above(self) -> list[int]:
        """The keys of the organisations from the top of the tree down to this one."""
        return [int(number) for number in self.path.strip("/").split("/")]

    @property
    def depth(self) -> int:
        """How many organisations are above it."""
        return len(self.above) - 1

    def people(
        self, roles: "Iterable[str] | None" = None, *, below: bool = False, former: bool = False
    ) -> models.QuerySet[User]:
        """The active people with a current role here or above (one of `roles`, where given), by name.

        `below`: or in a part of it. `former`: and all who had the role here (or in a part), active or not.
        """
        held = Membership.objects.order_by()
        if roles is not None:
            held = held.filter(role__in=list(roles))
        here = models.Q(organisation__path__startswith=self.path) if below else models.Q(organisation=self)
        now = held.current().filter(here | models.Q(organisation__in=self.above))
        found = models.Q(is_active=True, pk__in=now.values("user"))
        if former:
            found |= models.Q(pk__in=held.filter(here).values("user"))
        return User.objects.filter(found)

    def accountable(self) -> "Organisation":
        """The organisation that arranges governance here: itself, or for a department the first above it that is none.

        What has only phase 0 is arranged there once, and inherited by the algorithms of its departments.
        """
        organisation = self
        while organisation.kind == Organisation.Kind.DEPARTMENT and organisation.parent is not None:
            organisation = organisation.parent
        return organisation


class Membership(models.Model):
    """The role a person has in an organisation and in everything below it, from a moment until another."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", _("Administrator")
        OFFICER = "officer", _("Algorithm officer")
        MANAGER = "manager", _("Manager")
        AUDITOR = "auditor", _("Auditor")
        CONTRIBUTOR = "contributor", _("Contributor")
        READER = "reader", _("Reader")

    class Source(models.TextChoices):
        HAND = "hand", _("given by hand")
        INVITATION = "invitation", _("by invitation")
        GROUP = "group", _("through a group")

    user = models.ForeignKey(User, verbose_name=_("person"), on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    since = models.DateTimeField(_("since"), default=clock.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    source = models.CharField(_("came"), max_length=20, choices=Source.choices, default=Source.HAND, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["organisation", "user", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=models.Q(until=None),
                name="membership_one_open_per_role",
            ),
            models.CheckConstraint(
                condition=models.Q(until=None) | models.Q(until__gt=models.F("since")),
                name="membership_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()} ({self.organisation})"


class OfficialBody(models.Model):
    """A public body as the government's lists name it, to choose from when an organisation is added."""

    kind = models.CharField(_("kind"), max_length=30, choices=Organisation.Kind.choices)
    name = models.CharField(_("name"), max_length=200)
    identifier = models.CharField(_("official identifier"), max_length=50, unique=True)

    class Meta:
        verbose_name = _("official body")
        verbose_name_plural = _("official bodies")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name
