"""Many people at once, on real connections: nothing is lost, nothing is counted wrong."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection

from governance import audit_trail, group_roles, membership
from governance.conflict import Conflict
from governance.models import GroupRole, Membership, Organisation
from governance.organisations import fingerprint, revise_organisation
from registry import compliance, working
from registry.models import MeasureStatus, Responsibility
from registry.registering import register
from registry.responsibilities import assign, matrix_of, set_matrix
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


def test_of_two_administrators_who_deactivate_each_other_at_once_one_stays():
    organisation = factories.OrganisationFactory()
    one, other = (factories.member("administrator", organisation) for _person in range(2))

    def deactivating(person, by):
        def work():
            with audit_trail.acting(by, "page"):
                try:
                    return membership.deactivate(person, by=by)
                except PermissionDenied as refusal:
                    return refusal

        return work

    results = at_once([deactivating(one, other), deactivating(other, one)])

    assert len([result for result in results if isinstance(result, PermissionDenied)]) == 1
    assert Membership.objects.current().count() == 1


def test_a_role_given_by_hand_while_its_group_gives_it_is_given_once():
    organisation, person = factories.OrganisationFactory(), factories.UserFactory()
    GroupRole.objects.create(organisation=organisation, group="auditors", role="auditor")

    def by_hand():
        with audit_trail.acting(None, "command"):
            try:
                return membership.give_role(person, organisation, "auditor", by=None)
            except ValidationError as refusal:
                return refusal

    def by_group():
        with audit_trail.acting(None, "command"):
            return group_roles.follow(person, {"auditors"})

    at_once([by_group, by_hand] * 4)

    assert Membership.objects.filter(user=person).count() == 1


def test_organisations_moved_below_each_other_at_once_make_no_circle():
    rows = [factories.OrganisationFactory() for _number in range(4)]

    def moving(row, parent):
        def work():
            with audit_trail.acting(None, "command"):
                try:
                    return revise_organisation(row, {"parent": parent}, seen=fingerprint(row), by=None)
                except ValidationError as refusal:
                    return refusal

        return work

    results = at_once([moving(row, rows[(number + 1) % len(rows)]) for number, row in enumerate(rows)])

    assert len([result for result in results if isinstance(result, ValidationError)]) == 1
    tops = Organisation.objects.filter(parent=None)
    assert sorted(row.depth for row in Organisation.objects.all()) == [0, 1, 2, 3]
    assert {row.above[0] for row in Organisation.objects.all()} == {tops.get().pk}


def test_of_people_saving_the_matrix_at_once_one_succeeds_and_the_others_are_told(algorithm, somebody):
    people = [factories.member("manager", algorithm.organisation) for _person in range(6)]
    seen = matrix_of(algorithm).fingerprint

    def saving(person):
        def work():
            with audit_trail.acting(somebody, "page"):
                return set_matrix(algorithm, {(None, person.pk): "AR"}, seen=seen, by=somebody)

        return work

    results = at_once([saving(person) for person in people])

    assert len([result for result in results if isinstance(result, Conflict)]) == len(people) - 1
    assert len(Responsibility.objects.current().filter(letter="A")) == 1


def test_of_people_becoming_accountable_at_once_one_is_in_the_end(algorithm, somebody):
    people = [factories.member("manager", algorithm.organisation) for _person in range(6)]

    def becoming(person):
        def work():
            with audit_trail.acting(somebody, "page"):
                return assign(algorithm, person, "A", by=somebody)

        return work

    at_once([becoming(person) for person in people])

    assert Responsibility.objects.count() == len(people)
    assert Responsibility.objects.filter(until=None).count() == 1
