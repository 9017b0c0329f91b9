from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.people import by_person


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def visible_to(self, user: Any) -> Self:
        """The files that hang on a record this person may see."""
        from governance.models.evidence import Evidence
        from governance.models.policy import PolicyAttachment

        attached = PolicyAttachment.objects.visible_to(user).order_by().values("stored_file")
        proving = Evidence.objects.visible_to(user).order_by().values("stored_file")
        return self.filter(Q(pk__in=attached) | Q(pk__in=proving))


class StoredFile(models.Model):
    """A file under the SHA-256 of its content: the same content is kept once. Written by `governance.stored_files`."""

    sha256 = models.CharField(_("SHA-256"), max_length=64, unique=True)
    size = models.PositiveBigIntegerField(_("size"), help_text=_("In bytes."))
    media_type = models.CharField(_("type"), max_length=100, help_text=_("As its content shows, not its name."))
    file = models.FileField(_("file"), max_length=200)
    stored = models.DateTimeField(_("stored"), default=clock.now)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        ordering = ["-stored", "-pk"]

    def __str__(self) -> str:
        return self.sha256[:12]


class Attached(models.Model):
    """A stored file under the name somebody gave it, beside a record."""

    stored_file = models.ForeignKey(
        StoredFile, verbose_name=_("file"), on_delete=models.PROTECT, related_name="%(class)ss"
    )
    name = models.CharField(_("name"), max_length=255)
    added = models.DateTimeField(_("added"), default=clock.now)
    added_by = by_person(_("added by"))
    removed = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name
