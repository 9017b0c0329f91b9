"""Facts that hold from a moment until another: the present and any past day are the same query, one `WHERE` apart."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PeriodQuerySet(models.QuerySet[Any]):
    def current(self) -> Self:
        return self.filter(until=None)

    def as_of(self, moment: datetime) -> Self:
        """The rows that held at `moment` (a row holds from `since` up to, not including, `until`)."""
        return self.filter(since__lte=moment).filter(models.Q(until=None) | models.Q(until__gt=moment))


class Period(models.Model):
    since = models.DateTimeField(_("since"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        abstract = True

    def close(self, moment: datetime) -> None:
        self.until = moment
        self.save(update_fields=["until"])
