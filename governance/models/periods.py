"""Facts that hold from a moment until another: the present and any past day are the same query, one `WHERE` apart."""

from datetime import date, datetime, time
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance import clock
from governance.models.people import by_person


def start_of(day: date) -> datetime:
    """The first moment of that day, here."""
    return timezone.make_aware(datetime.combine(day, time.min))


class PeriodQuerySet(models.QuerySet[Any]):
    def current(self) -> Self:
        return self.filter(until=None)

    def as_of(self, moment: datetime) -> Self:
        """The rows that held at `moment` (a row holds from `since` up to, not including, `until`)."""
        return self.filter(since__lte=moment).filter(Q(until=None) | Q(until__gt=moment))


class TenureQuerySet(PeriodQuerySet):
    def current(self) -> Self:
        """Those that hold now: what begins later or has a last day ahead is possible, unlike in a `Period`."""
        return self.as_of(clock.now())

    def unended(self) -> Self:
        """Those that hold now or will."""
        return self.filter(Q(until=None) | Q(until__gt=clock.now()))


class Period(models.Model):
    since = models.DateTimeField(_("since"), default=clock.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    by = by_person(_("by"))

    class Meta:
        abstract = True

    def close(self, moment: datetime) -> None:
        self.until = moment
        self.save(update_fields=["until"])


class Tenure(Period):
    """Somebody holding something, from a moment until another; both may lie ahead (a handover from a date)."""

    class Meta:
        abstract = True

    @property
    def holds_now(self) -> bool:
        now = clock.now()
        return self.since <= now and (self.until is None or self.until > now)


def ends_after_it_starts(name: str) -> models.CheckConstraint:
    """A tenure may end at the moment it starts: then it never held, and stays readable all the same."""
    return models.CheckConstraint(condition=Q(until=None) | Q(until__gte=models.F("since")), name=name)
