"""What people hold of an algorithm in use, as part of what is handed over when they leave; see `governance.leaving`.

Each has one person at a time, without a period: it is handed over at once, whatever the moment is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.leaving import Holding, Source
from governance.models import Organisation, User
from governance.permissions import WORKING
from registry import risks, versioned
from registry.models import Evaluation, Incident, MonitoringPoint, Risk


@dataclass
class OneAtATime:
    """Records with one person each; `person` is the field."""

    name: str
    kind: Any
    rows: Callable[[], Any]
    """Those that somebody can hand over."""
    person: str
    verb: str
    since: str
    give: Callable[..., Any] | None = None
    """The verb by which a record goes to somebody, where more hangs on it than the field."""

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterable[Holding]:
        held = self.rows().filter(**{self.person: person, "algorithm__organisation__in": organisations})
        for record in held.select_related("algorithm").order_by("algorithm__name", "pk"):
            yield Holding(
                key=f"{self.name}:{record.pk}",
                kind=str(self.kind),
                what=str(record),
                where=str(record.algorithm),
                url=record.get_absolute_url(),
                since=getattr(record, self.since),
                at_once=True,
            )

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        keys = self.rows().filter(pk__in=numbers).order_by("algorithm", "pk").values("pk")
        model = self.rows().model
        rows = model.objects.filter(pk__in=[row["pk"] for row in keys]).select_for_update(no_key=True, of=("self",))
        records = list(rows.select_related("algorithm__organisation", self.person).order_by("algorithm", "pk"))
        for record in records:
            if to and not versioned.organisation_of(record).people(WORKING).filter(pk=to.pk).exists():
                raise ValidationError(_("%(person)s cannot be given work here.") % {"person": to})
            if self.give is not None:
                self.give(record, {self.person: to}, seen=record.version, by=by)
            else:
                versioned.change(record, {self.person: to}, self.verb, check=lambda record: None)
        return len(records)


SOURCES: list[Source] = [
    OneAtATime(
        "monitoring-point",
        gettext_lazy("Lines of monitoring plans"),
        MonitoringPoint.objects.current,
        "assignee",
        "monitoringpoint.revised",
        "added",
    ),
    OneAtATime(
        "evaluation",
        gettext_lazy("Evaluations"),
        Evaluation.objects.open,
        "assignee",
        "evaluation.revised",
        "created",
    ),
    OneAtATime("incident", gettext_lazy("Incidents"), Incident.objects.open, "handler", "incident.revised", "recorded"),
    OneAtATime("risk", gettext_lazy("Risks"), Risk.objects.open, "owner", "risk.revised", "identified", risks.revise),
]
"""What the register adds here to what people can hold."""
