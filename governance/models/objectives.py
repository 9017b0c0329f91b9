from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.organisation import Organisation, OwnedQuerySet


class ObjectiveQuerySet(OwnedQuerySet):
    def in_force(self) -> "ObjectiveQuerySet":
        return self.filter(ended=None)

    def for_organisation(self, organisation: Organisation) -> "ObjectiveQuerySet":
        """Those of this organisation and of those above it: what the municipality wants, its departments serve."""
        return self.filter(organisation__in=organisation.above)


class Objective(models.Model):
    """What the organisation wants: a public value it stands for, or an objective it works towards."""

    class Kind(models.TextChoices):
        PUBLIC_VALUE = "public_value", _("Public value")
        OBJECTIVE = "objective", _("Objective")

    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="objectives"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.PUBLIC_VALUE)
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    created = models.DateTimeField(_("added"), default=clock.now)
    ended = models.DateTimeField(_("ended"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        verbose_name = _("public value or objective")
        verbose_name_plural = _("public values and objectives")
        ordering = ["kind", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "name"],
                condition=Q(ended=None),
                name="objective_once",
                violation_error_message=_("The organisation has this one already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
