"""The state on a day, and figures over time: the present and any past day are the same querysets."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, clock, organisation_level, positions
from governance.models import Evidence, PolicyVersion, Position
from registry import compliance, state, working
from registry.browsing import REQUIREMENTS, Moment
from registry.figures import ends_of_months, over_time
from registry.models import AlgorithmEvidence, Classification, LifecyclePeriod
from registry.registering import register
from tests import factories
from tests.test_browsing import LONG_AGO, World, a_year_ago
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return World()


@pytest.fixture
def reading(client, world):
    client.force_login(world.auditor)
    return client


def day_of(route, key, days):
    return reverse(route, args=[key]) + f"?dag={(clock.today() - timedelta(days=days)).isoformat()}"


# An algorithm


def test_before_its_registration_the_page_says_that_it_was_not_there(reading, world):
    html = look_at(reading, day_of("algorithm-state", world.first.pk, LONG_AGO + 1))

    assert "stond nog niet in het register" in html
    assert reading.get(day_of("algorithm-state", world.first.pk, LONG_AGO)).context["state"] is not None


def test_the_last_moment_of_the_day_counts(world):
    day = clock.today() - timedelta(days=300)
    verified = working.current_assessment(world.first, world.requirements[0])
    assert timezone.localdate(verified.verified_at) == day

    def figures(when):
        return {pair.label: pair.then for pair in state.pairs(REQUIREMENTS, Moment.of(when), algorithm=world.first)}

    assert figures(day)[REQUIREMENTS.figures[2].label] == 1
    assert figures(day - timedelta(days=1))[REQUIREMENTS.figures[2].label] == 0


def test_an_algorithm_is_shown_as_it_stood_with_the_work_the_evidence_and_the_people_of_then(reading, world):
    with clock.at(clock.now() - timedelta(days=LONG_AGO)):
        proof = Evidence.objects.create(
            organisation=world.top, title="Verslag", url="https://voorbeeld.nl/v", added_by=world.worker
        )
        use = AlgorithmEvidence.objects.create(algorithm=world.first, requirement=world.requirements[0], evidence=proof)
        world.first.lifecycle.all().delete()
        LifecyclePeriod.objects.create(algorithm=world.first, phase=factories.PhaseFactory(number=3), until=clock.now())
        LifecyclePeriod.objects.create(
            algorithm=world.first, phase=factories.PhaseFactory(number=4), status="In ontwikkeling"
        )
    use.close(clock.now())

    then = reading.get(day_of("algorithm-state", world.first.pk, 365)).context["state"]
    now = reading.get(reverse("algorithm-state", args=[world.first.pk])).context["state"]

    claim = {row.item.code: row for row in then.requirements}["avg-91"]
    assert (claim.work.claimed_by, claim.work.verified_by) == (world.officer, None)
    assert [used.evidence.title for used in claim.evidence] == ["Verslag"]
    assert [row.person for row in then.responsibilities] == [world.manager]
    assert then.lifecycle.phase.number == 4 and then.classification is None
    assert [(row.item.code, row.work and row.work.progress) for row in then.measures] == [
        ("imp-91", None), ("owp-91", "done"),
    ]  # fmt: skip
    claim = {row.item.code: row for row in now.requirements}["avg-91"]
    assert (claim.work.verified_by, claim.evidence) == (world.manager, [])
    assert now.classification.risk_group == "hoog-risico-ai-systeem"
    assert [(row.item.code, bool(row.work)) for row in now.measures] == [("imp-91", True), ("owp-91", True)]
    html = look_at(reading, day_of("algorithm-state", world.first.pk, 365))
    assert "Verslag" in html and world.worker.name in html


def test_what_the_organisation_arranged_is_shown_with_its_work_of_then(reading, world):
    requirement = next(row.item for row in state.of_algorithm(world.first, Moment()).requirements if row.is_inherited)
    with audit_trail.acting(world.officer, "command"), clock.at(clock.now() - timedelta(days=30)):
        claimed = {"status": "met", "explanation": "Geregeld."}
        organisation_level.assess(world.top, requirement, claimed, seen=None, by=world.officer)

    def inherited(days):
        there = state.of_algorithm(world.first, Moment.of(clock.today() - timedelta(days=days)))
        return [row.work and row.work.status for row in there.requirements if row.is_inherited]

    assert (inherited(31), inherited(30), inherited(0)) == ([None], ["met"], ["met"])


def test_a_phase_that_was_not_recorded_is_said_to_be_so(reading, world):
    world.first.lifecycle.all().delete()

    assert "niet vastgelegd voor deze dag" in look_at(reading, day_of("algorithm-state", world.first.pk, 30))


# An organisation


def test_an_organisation_is_shown_as_it_stood(reading, world):
    with audit_trail.acting(world.manager, "command"), clock.at(clock.now() - timedelta(days=450)):
        held = positions.add_position(world.top, {"name": "CDO", "line": "second"}, by=world.manager)
        positions.add_position(world.top, {"name": "Jurist", "line": "first"}, by=world.manager)
        positions.assign(world.manager, held, since=clock.now(), by=world.manager)
    version = factories.PolicyVersionFactory(
        status="superseded",
        policy__organisation=world.top,
        adopted_at=clock.now() - timedelta(days=440),
        in_force_from=clock.today() - timedelta(days=430),
        in_force_until=clock.today() - timedelta(days=100),
    )

    then = reading.get(day_of("organisation-state", "stad", 365)).context["state"]
    now = reading.get(reverse("organisation-state", args=["stad"])).context["state"]

    assert (then.algorithms.then, then.algorithms.now) == (2, 3)
    assert [(row.position.name, row.person) for row in then.functions] == [("CDO", world.manager)]
    assert [position.name for position in then.vacant] == ["Jurist"]
    assert (then.policies, now.policies) == ([version], [])
    assert dict(then.by_risk_group)[None].then == 2
    assert {code: pair.now for code, pair in then.by_risk_group} == {"": 1, "hoog-risico-ai-systeem": 1, None: 1}
    _kind, pairs = then.figures[0]
    assert [(pair.then, pair.now) for pair in pairs[:3]] == [(6, 9), (2, 2), (0, 1)]
    assert (Position.objects.count(), PolicyVersion.objects.count()) == (2, 1)
    look_at(reading, day_of("organisation-state", "stad", 365))
    look_at(reading, day_of("organisation-state", "stad", 365), "en")


def test_an_organisation_lists_only_the_algorithms_that_were_in_its_register_then(reading, world):
    rows = reading.get(day_of("organisation-state", "stad", 365)).context["rows"]

    assert [(row.name, row.then["applies"], row.then["claimed"]) for row in rows] == [
        ("Eerste", 3, 1),
        ("Tweede", 3, 1),
    ]


def test_the_organisation_level_then_and_now(world):
    requirement = next(row.item for row in state.of_algorithm(world.first, Moment()).requirements if row.is_inherited)
    with audit_trail.acting(world.officer, "command"):
        organisation_level.assess(
            world.top, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=world.officer
        )

    there = state.of_organisation(world.top, Moment.of(a_year_ago()))

    _title, rows, pairs = there.phase_zero[0]
    assert [(pair.then, pair.now) for pair in pairs] == [(0, 1), (0, 0)]
    assert {row.item.code: row.work for row in rows} == {"avg-92": None, "woo-92": None}
    standing = organisation_level.standing(world.top)
    assert [pair.now for pair in pairs] == [standing.claimed, standing.verified]


def test_who_sees_only_a_department_gets_no_names_of_the_organisation_above(client, world):
    department = factories.OrganisationFactory(parent=world.top, kind="department")
    requirement = next(row.item for row in state.of_algorithm(world.first, Moment()).requirements if row.is_inherited)
    with audit_trail.acting(world.officer, "command"):
        fields = {"status": "met", "explanation": "Zo."}
        organisation_level.assess(world.top, requirement, fields, seen=None, by=world.officer)
    address = reverse("organisation-state", args=[department.slug])

    client.force_login(world.officer)
    assert f"gemeld door {world.officer}" in look_at(client, address)
    client.force_login(factories.member("reader", department))
    assert world.officer.name not in look_at(client, address)


# Figures over time


def test_the_figures_over_time_are_those_of_the_state_on_each_of_those_days(world):
    months = over_time(algorithm__organisation__path__startswith=world.top.path)

    assert len(months) == 25 and months[-1].day == clock.today()
    for month in months:
        moment = Moment.of(month.day)
        counted = REQUIREMENTS.total(REQUIREMENTS.rows(moment), moment)
        assert (month.applies, month.claimed, month.verified) == (
            counted["applies"], counted["claimed"], counted["verified"],
        )  # fmt: skip
    assert {month.applies for month in months} == {0, 6, 9}


def test_the_months_are_whole_and_end_today():
    ends = ends_of_months(3)

    assert [day for day, _moment in ends] == sorted(day for day, _moment in ends)
    assert all((day + timedelta(days=1)).day == 1 for day, _moment in ends[:-1])
    assert [timezone.localdate(moment) for _day, moment in ends] == [day for day, _moment in ends]


def test_the_chart_is_made_of_attributes_and_has_its_numbers_in_a_table(reading, world):
    html = look_at(reading, reverse("algorithm-state", args=[world.first.pk]))

    assert html.count("<polyline") == 6 and 'aria-hidden="true"' in html
    assert f"?dag={ends_of_months()[0][0].isoformat()}" in html


# The number of queries


def test_as_many_queries_for_thirty_algorithms_as_for_three(reading, world):
    pages = [
        reverse("organisation-state", args=["stad"]),
        day_of("organisation-state", "stad", 365),
        reverse("algorithm-state", args=[world.first.pk]),
        day_of("algorithm-state", world.first.pk, 365),
    ]

    def queries():
        found = {}
        for address in pages:
            with CaptureQueriesContext(connection) as captured:
                assert reading.get(address).status_code == 200
            found[address] = len(captured)
        return found

    queries()
    few = queries()
    with audit_trail.acting(world.officer, "command"), compliance.counted_once():
        tree = Classification.objects.first().tree
        for number in range(30):
            with clock.at(clock.now() - timedelta(days=LONG_AGO)):
                there = {"name": f"Meer {number}", "description_short": "x"}
                algorithm = register(world.part, there, by=world.officer)
                world.claim(algorithm, 0, assignee=world.worker)
                Classification.objects.create(algorithm=algorithm, tree=tree, conclusion="12.0", ai_act_applies=True)
        for number in range(30):
            requirement = factories.RequirementFactory(urn=f"urn:nl:ak:ver:woo-{number + 10}", law=None, phases=[2])
            register(world.part, {"name": f"Nog {number}", "description_short": "x"}, by=world.officer)
            assert requirement

    assert queries() == few
