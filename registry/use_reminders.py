"""What the register reminds people of while an algorithm is used; see `governance.reminders`."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count
from django.urls import reverse

from governance.models import Membership, Notification, Organisation
from governance.notifying import Kind, Nearest, address_of, tell_all
from governance.reminders import AHEAD, notices, stage
from registry.models import Risk

Role = Membership.Role


def acceptances(on: date) -> int:
    """Risks of which the acceptance lapses or lapsed, for the owner and the managers."""
    managers = Nearest([Role.MANAGER])
    near = Risk.objects.open().filter(accepted_until__lt=on + timedelta(days=AHEAD))

    def found() -> Iterator[Notification]:
        for risk in near.select_related("algorithm__organisation"):
            organisation, step = risk.algorithm.organisation, stage(risk.accepted_until, on)
            people = {*managers.to(organisation), *([risk.owner_id] if risk.owner_id else [])}
            yield from notices(
                sorted(people),
                Kind.REVIEW,
                key=f"risk:{risk.pk}:accepted:{risk.accepted_until}:{step}",
                sentence=f"risk_acceptance_{step}",
                organisation=organisation,
                url=address_of(risk),
                where=risk.algorithm.name,
                what=risk.title,
                due=risk.accepted_until.isoformat(),
            )

    return tell_all(found())


def unowned_risks(on: date) -> int:
    """Open risks without an owner who can do something, for the managers: one line per organisation, each month."""
    managers = Nearest([Role.MANAGER])
    counted = Risk.objects.unowned().order_by().values_list("algorithm__organisation").annotate(number=Count("pk"))

    def found() -> Iterator[Notification]:
        numbers = dict(counted)
        for organisation in Organisation.objects.filter(pk__in=numbers).order_by("pk"):
            yield from notices(
                managers.to(organisation),
                Kind.VACANCY,
                key=f"unowned:risks:{organisation.pk}:{on:%Y-%m}",
                sentence="risks_unowned",
                organisation=organisation,
                url=f"{reverse('organisation-risks', args=[organisation.slug])}?unowned=true",
                number=numbers[organisation.pk],
            )

    return tell_all(found())


SOURCES = [acceptances, unowned_risks]
