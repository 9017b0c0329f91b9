"""What the register reminds people of while an algorithm is used; see `governance.reminders`."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from django.db.models import Count
from django.urls import reverse

from governance import clock
from governance.models import Membership, Notification, Organisation
from governance.models.periods import start_of
from governance.notifying import Kind, Nearest, address_of, in_each_language, tell_all
from governance.permissions import REGISTRAR
from governance.reminders import AHEAD, notices, stage
from registry.incident_notices import report_notices, unhandled_notices
from registry.models import Evaluation, Incident, IncidentReport, Risk

Role = Membership.Role

LATE = 14
"""Days after its due date at which an evaluation is brought to the notice of the managers."""


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


def evaluations(on: date) -> int:
    """Evaluations that are due or overdue, for who is to hold them, or the officers and managers when nobody is."""
    registrars = Nearest(REGISTRAR)

    def found() -> Iterator[Notification]:
        for evaluation in _near(on + timedelta(days=AHEAD)):
            organisation = evaluation.algorithm.organisation
            assigned = [evaluation.assignee_id] if evaluation.assignee_id else registrars.to(organisation)
            yield from _evaluation_notices(assigned, evaluation, stage(evaluation.due, on))

    return tell_all(found())


def late_evaluations(on: date) -> int:
    """Evaluations that are two weeks late, for the managers."""
    managers = Nearest([Role.MANAGER])

    def found() -> Iterator[Notification]:
        for evaluation in _near(on - timedelta(days=LATE)):
            yield from _evaluation_notices(managers.to(evaluation.algorithm.organisation), evaluation, "escalated")

    return tell_all(found())


def _near(last: date) -> Iterator[Evaluation]:
    """The open evaluations that are due on that day or before."""
    rows = Evaluation.objects.open().filter(due__lte=last).select_related("algorithm__organisation", "point")
    yield from rows.iterator(chunk_size=500)


def _evaluation_notices(people: Iterable[int], evaluation: Evaluation, step: str) -> Iterator[Notification]:
    return notices(
        people,
        Kind.DUE,
        key=f"evaluation:{evaluation.pk}:{evaluation.due}:{step}",
        sentence=f"evaluation_{step}",
        organisation=evaluation.algorithm.organisation,
        url=address_of(evaluation),
        where=evaluation.algorithm.name,
        what=in_each_language(evaluation.__str__),
        due=evaluation.due.isoformat(),
    )


def incident_reports(on: date) -> int:
    """Reports that the law asks for, while their deadlines come near: by the hour, as some terms are in hours."""
    registrars, managers = Nearest(REGISTRAR), Nearest([Role.MANAGER])
    moment = clock.now() if on == clock.today() else start_of(on)
    reports = IncidentReport.objects.open().select_related("incident__algorithm__organisation")
    return tell_all(one for row in reports for one in report_notices(row, moment, registrars, managers))


def unhandled_incidents(on: date) -> int:
    """Open incidents that nobody handles, for the officers and managers: again when one falls free again."""
    registrars = Nearest(REGISTRAR)
    free = Incident.objects.open().filter(handler=None).select_related("algorithm__organisation")
    return tell_all(one for incident in free for one in unhandled_notices(incident, registrars))


SOURCES = [acceptances, unowned_risks, evaluations, late_evaluations, incident_reports, unhandled_incidents]
