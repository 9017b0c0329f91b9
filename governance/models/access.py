from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.organisation import Membership, Organisation


class AdministeredQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """The rows of the organisations of which this person is an administrator."""
        if not user.is_authenticated:
            return self.none()
        administered = Organisation.objects.where_member_holds(user, [Membership.Role.ADMINISTRATOR])
        return self.filter(organisation__in=administered)


class InvitationQuerySet(AdministeredQuerySet):
    def open(self) -> Self:
        """Neither accepted nor withdrawn; it may have expired."""
        return self.filter(accepted=None, withdrawn=None)

    def usable(self) -> Self:
        return self.open().filter(expires__gt=clock.now())


class Invitation(models.Model):
    """A person asked by e-mail to take up roles in an organisation. The link carries a token; its hash is kept."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="invitations"
    )
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=150)
    roles = models.JSONField(_("roles"), default=list)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("invited by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    sent = models.DateTimeField(_("sent"), default=clock.now)
    expires = models.DateTimeField(_("can be used until"))
    accepted = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("accepted by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    withdrawn = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-sent", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=models.Q(accepted=None, withdrawn=None),
                name="invitation_one_open_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.organisation})"

    @property
    def has_expired(self) -> bool:
        return self.expires <= clock.now()

    @property
    def role_names(self) -> list[str]:
        return [str(Membership.Role(role).label) for role in self.roles]


class GroupRole(models.Model):
    """Who comes in through the identity provider as a member of this group has this role here."""

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="group_roles"
    )
    group = models.CharField(_("group"), max_length=255, help_text=_("Exactly as the identity provider names it."))
    role = models.CharField(_("role"), max_length=20, choices=Membership.Role.choices)

    objects = AdministeredQuerySet.as_manager()

    class Meta:
        verbose_name = _("role by group")
        verbose_name_plural = _("roles by group")
        ordering = ["organisation", "group", "role", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "group", "role"], name="grouprole_stated_once"),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_role_display()} ({self.organisation})"
