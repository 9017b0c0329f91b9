"""What people hold at organisation level, for the screen of somebody who leaves: the open work assigned to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from governance import organisation_level
from governance.leaving import Holding, Source
from governance.models import Organisation, OrganisationAssessment, OrganisationMeasureStatus, User


@dataclass
class WorkHeld:
    """It goes over at once, whatever the moment: a piece of work has no beginning ahead."""

    name: str
    model: Any
    verb: Any

    def held_by(self, person: User, organisations: "models.QuerySet[Organisation]") -> Iterator[Holding]:
        rows = self._rows().filter(assignee=person, organisation__in=organisations)
        rows = rows.exclude(pk__in=self.model.objects.current().settled().order_by().values("pk"))
        for row in rows.order_by("organisation__name", f"{self.model.subject}__urn"):
            yield Holding(
                key=f"{self.name}:{row.pk}",
                kind=_("Work on requirements") if self.model is OrganisationAssessment else _("Work on measures"),
                what=str(getattr(row, self.model.subject)),
                where=str(row.organisation),
                url=row.get_absolute_url(),
                since=row.since,
            )

    def hand_over(self, numbers: list[int], to: User | None, moment: datetime, *, by: User) -> int:
        rows = list(self._rows().filter(pk__in=numbers).order_by("pk"))
        for row in rows:
            self.verb(row.organisation, getattr(row, self.model.subject), {"assignee": to}, seen=row.pk, by=by)
        return len(rows)

    def _rows(self) -> Any:
        return self.model.objects.current().select_related("organisation", self.model.subject)


SOURCES: list[Source] = [
    WorkHeld("organisation-assessment", OrganisationAssessment, organisation_level.assess),
    WorkHeld("organisation-measure", OrganisationMeasureStatus, organisation_level.record_measure),
]
