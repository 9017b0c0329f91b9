"""Many people at once, on real connections: nothing is lost, nothing is counted wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from governance import audit_trail, membership
from governance.conflict import Conflict
from governance.models import Membership
from registry import compliance, working
from registry.models import MeasureStatus
from registry.registering import register
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 12


@pytest.fixture
def algorithm(as_somebody):
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", law=factories.LawFactory(slug="woo"))
    for _number in range(PEOPLE):
        factories.MeasureFactory(requirements=[requirement])
    organisation = as_somebody.memberships.get().organisation
    return register(organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody)


def at_once(works):
    """Runs each piece of work in a thread with a connection of its own; returns what each gave or raised."""

    def run(work):
        try:
            return work()
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def choosing(algorithm, measure, person):
    def work():
        with audit_trail.acting(person, "page"):
            return working.record_measure(
                algorithm, measure, {"choice": "chosen", "progress": "done"}, seen=None, by=person
            )

    return work


def test_people_saving_different_measures_at_once_all_succeed(algorithm, somebody):
    measures = [row.measure for row in algorithm.recommendations.current().select_related("measure")]

    results = at_once([choosing(algorithm, measure, somebody) for measure in measures])

    assert not [result for result in results if isinstance(result, Conflict)]
    assert MeasureStatus.objects.current().count() == PEOPLE
    assert list(compliance.differences()) == []


def test_of_people_saving_the_same_measure_at_once_one_succeeds_and_the_others_are_told(algorithm, somebody):
    measure = algorithm.recommendations.current().select_related("measure").first().measure

    results = at_once([choosing(algorithm, measure, somebody) for _person in range(PEOPLE)])

    assert len([result for result in results if isinstance(result, Conflict)]) == PEOPLE - 1
    assert MeasureStatus.objects.count() == 1
    assert list(compliance.differences()) == []


def test_of_administrators_who_take_each_other_out_at_once_one_stays():
    organisation = factories.OrganisationFactory()
    people = [factories.member("administrator", organisation) for _person in range(4)]
    rows = list(Membership.objects.order_by("pk").select_related("organisation"))

    def ending(row):
        def work():
            with audit_trail.acting(None, "command"):
                try:
                    return membership.end_role(row, by=None)
                except ValidationError as refusal:
                    return refusal

        return work

    results = at_once([ending(row) for row in rows])

    assert len(people) == 4
    assert len([result for result in results if isinstance(result, ValidationError)]) == 1
    assert Membership.objects.current().count() == 1
