from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.organisation import Organisation
from governance.models.people import User


class ExportQuerySet(models.QuerySet["Export"]):
    def visible_to(self, user: Any) -> Self:
        """A report or table is for whoever asked for it, and what is made as long as they see all of its `reach`."""
        if not user.is_authenticated:
            return self.none()
        own = self.filter(requested_by=user)
        made = dict(own.exclude(file="").order_by().values_list("pk", "reach"))
        reached = {key for keys in made.values() for key in keys}
        seen = set(Organisation.objects.visible_to(user).filter(pk__in=reached).values_list("pk", flat=True))
        return own.exclude(pk__in=[pk for pk, keys in made.items() if not seen.issuperset(keys)])

    def to_make(self) -> Self:
        """Not yet begun, or begun by who gave no sign of life for a while: that process was stopped."""
        silent = models.Q(alive__lt=clock.now() - Export.SILENT_AFTER)
        return self.filter(finished=None).filter(models.Q(started=None) | silent)

    def out_of_date(self) -> Self:
        """With a file that was kept long enough, also one whose maker was stopped before it was finished."""
        long_ago = clock.now() - Export.KEPT
        stopped = models.Q(finished=None, alive__lt=long_ago)
        return self.filter(models.Q(finished__lt=long_ago) | stopped).exclude(file="")


class Export(models.Model):
    """A report or table that somebody asked for: how far it is, and the file that came out.

    Made by `governance.exporting`, in steps that can be seen; what it holds is what the person may see.
    """

    KEPT: ClassVar[timedelta] = timedelta(days=30)
    """How long the file can be downloaded."""
    SILENT_AFTER: ClassVar[timedelta] = timedelta(minutes=10)
    """Without a sign of life for so long, it is begun again."""

    MOST_ATTEMPTS: ClassVar[int] = 3
    """How often it is begun: what stops its maker every time is not tried for ever."""

    class Format(models.TextChoices):
        PDF = "pdf", "PDF"
        CSV = "csv", "CSV"
        XLSX = "xlsx", "Excel (XLSX)"
        ODS = "ods", "OpenDocument (ODS)"

    kind = models.CharField(_("kind"), max_length=40)
    format = models.CharField(_("format"), max_length=10, choices=Format.choices)
    parameters = models.JSONField(_("filter"), default=dict)
    language = models.CharField(_("language"), max_length=10, default="nl")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_by = models.ForeignKey(
        User, verbose_name=_("asked for by"), on_delete=models.PROTECT, related_name="exports"
    )
    requested = models.DateTimeField(_("asked for"), default=clock.now)
    started = models.DateTimeField(_("begun"), null=True, blank=True)
    alive = models.DateTimeField(_("last sign of life"), null=True, blank=True, help_text=_("Of who is making it."))
    attempts = models.PositiveSmallIntegerField(_("times begun"), default=0)
    reach = models.JSONField(
        _("seen in"),
        default=list,
        blank=True,
        help_text=_("The topmost organisations in which the person saw records when it was made."),
    )
    finished = models.DateTimeField(_("finished"), null=True, blank=True)
    total = models.PositiveIntegerField(_("rows in all"), null=True, blank=True)
    done = models.PositiveIntegerField(_("rows written"), default=0)
    failure = models.TextField(_("why it failed"), blank=True)
    file = models.FileField(_("file"), max_length=200, blank=True)
    name = models.CharField(_("name of the file"), max_length=255, blank=True)
    size = models.PositiveBigIntegerField(_("size"), null=True, blank=True, help_text=_("In bytes."))

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report or table")
        verbose_name_plural = _("reports and tables")
        ordering = ["-requested", "-pk"]
        indexes = [models.Index(fields=["requested_by", "-requested"], name="export_of_person")]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.format}"

    def get_absolute_url(self) -> str:
        return reverse("export", args=[self.pk])

    @property
    def is_ready(self) -> bool:
        """Whether there is a file to download."""
        return self.finished is not None and not self.failure and bool(self.file)

    @property
    def until(self) -> datetime | None:
        """When the file goes."""
        return self.finished + self.KEPT if self.finished and not self.failure else None
