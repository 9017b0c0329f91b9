from django.db import models
from django.utils.translation import gettext_lazy as _

from governance import clock


class DecisionTree(models.Model):
    """One version of the AI Act decision aid, as it was read; `governance.decision_tree` makes sense of its content.

    Trees are never changed or deleted: classifications keep pointing at the one they were made with.
    """

    class Source(models.TextChoices):
        BUILT_IN = "built-in", _("Built-in")
        OFFICIAL = "official", _("Official")

    source = models.CharField(_("source"), max_length=20, choices=Source.choices)
    name = models.CharField(_("name"), max_length=200)
    version = models.CharField(_("version"), max_length=50)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True, help_text=_("SHA-256 of the content"))
    content = models.JSONField(_("content"))
    imported = models.DateTimeField(_("imported"), default=clock.now)
    is_current = models.BooleanField(_("in use for new classifications"), default=False)

    class Meta:
        verbose_name = _("decision tree")
        verbose_name_plural = _("decision trees")
        ordering = ["-imported", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=models.Q(is_current=True), name="decisiontree_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
