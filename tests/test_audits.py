"""Audits: their sample drawn by lot and repeatable, what stood at the end of the period, and frozen when concluded."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import AuditEvent, AuditFramework
from governance.models.periods import start_of
from registry import audits
from registry.models import Applicability, Audit, Classification, LifecyclePeriod, RequirementAssessment
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

ABOUT = {
    "title": "Algoritmes in gebruik",
    "scope": "Wat in gebruik is.",
    "period_from": date(2025, 1, 1),
    "period_to": date(2025, 12, 31),
}


@pytest.fixture
def organisation():
    return factories.OrganisationFactory()


@pytest.fixture
def auditor(organisation):
    person = factories.member("auditor", organisation)
    with audit_trail.acting(person, "command"):
        yield person


@pytest.fixture
def audit(organisation, auditor):
    return factories.AuditFactory(organisation=organisation, lead=auditor)


def known(**fields):
    """An algorithm that was in the register long before the period of the audit."""
    return factories.AlgorithmFactory(created=start_of(date(2024, 1, 1)), **fields)


def page(name, audit):
    return reverse(name, args=[audit.organisation.slug, audit.pk])


def in_sample(audit):
    return list(audit.sample.filter(replaced=None).order_by("number").values_list("algorithm", flat=True))


# Opening and revising


def test_an_audit_is_opened_with_its_frameworks(organisation, auditor):
    framework = AuditFramework.objects.create(slug="adr", title_nl="ADR")

    opened = audits.open_audit(organisation, ABOUT | {"frameworks": [framework], "lead": auditor}, by=auditor)

    assert (opened.started_by, opened.lead, list(opened.frameworks.all())) == (auditor, auditor, [framework])
    assert AuditEvent.objects.about(opened).get().changes["frameworks"] == [None, ["ADR"]]


@pytest.mark.parametrize(
    ("fields", "wrong"), [({"period_to": date(2024, 1, 1)}, ["period_to"]), ({"title": ""}, ["title"])]
)
def test_what_cannot_be_is_refused_beside_the_field(organisation, auditor, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        audits.open_audit(organisation, ABOUT | fields, by=auditor)

    assert list(refused.value.error_dict) == wrong


def test_the_lead_is_an_auditor_there(organisation, auditor):
    for person in (factories.member("officer", organisation), factories.member("auditor")):
        with pytest.raises(ValidationError) as refused:
            audits.open_audit(organisation, ABOUT | {"lead": person}, by=auditor)
        assert list(refused.value.error_dict) == ["lead"]


def test_who_saves_second_sees_what_changed_and_loses_no_typing(client, audit, auditor):
    client.force_login(auditor)
    audits.revise(audit, {"scope": "Van een ander"}, seen=1, by=auditor)
    typed = {
        "seen": 1,
        "title": audit.title,
        "scope": "Van mij",
        "period_from": "2025-01-01",
        "period_to": "2025-12-31",
    }

    second = client.post(page("audit-edit", audit), typed)
    html = second.content.decode()
    client.post(page("audit-edit", audit), typed | {"seen": second.context["form"]["seen"].value()})

    assert ("Van een ander" in html, "Van mij" in html) == (True, True)
    assert Audit.objects.get().scope == "Van mij"


# The sample


def test_the_same_seed_over_the_same_algorithms_draws_the_same_sample(audit, auditor, organisation):
    part = factories.OrganisationFactory(parent=organisation)
    keys = [known(organisation=[organisation, part][n % 2]).pk for n in range(12)]
    known()

    first = audits.draw(audit, {}, size=5, seed="rivier", seen=1, by=auditor)
    drawn = in_sample(first)
    again = audits.draw(first, {}, size=5, seed="rivier", seen=2, by=auditor)

    assert drawn == [keys[number - 1] for number in (1, 4, 5, 11, 2)]
    assert (in_sample(again), again.population["keys"], again.population_size) == (drawn, keys, 12)


def test_without_a_seed_one_is_made_and_kept(audit, auditor, organisation):
    keys = [known(organisation=organisation).pk for _n in range(8)]

    drawn = audits.draw(audit, {}, size=3, seen=1, by=auditor)

    event = AuditEvent.objects.about(drawn).get()
    assert len(drawn.seed) == 16
    assert in_sample(drawn) == audits.sampled(keys, 3, drawn.seed)
    assert (event.verb, event.changes["seed"]) == ("audit.sample_drawn", [None, drawn.seed])


def test_drawn_again_the_earlier_sample_stays_as_replaced(audit, auditor, organisation):
    for _n in range(6):
        known(organisation=organisation)

    first = audits.draw(audit, {}, size=3, seed="a", seen=1, by=auditor)
    audits.draw(first, {}, size=4, seed="b", seen=2, by=auditor)

    assert (audit.sample.filter(replaced=None).count(), audit.sample.exclude(replaced=None).count()) == (4, 3)


def test_the_population_narrows_as_the_list_of_algorithms_does(audit, organisation, auditor):
    phase = factories.PhaseFactory(number=7)
    used = known(organisation=organisation, status="In gebruik", phase=phase)
    high = known(organisation=organisation, status="In gebruik")
    known(organisation=organisation, status="Buiten gebruik")
    Classification.objects.create(
        algorithm=high,
        tree=factories.DecisionTreeFactory(),
        conclusion="12.0",
        ai_act_applies=True,
        risk_group="hoog-risico-ai-systeem",
    )

    def fitting(**narrowed):
        return set(audits.population(organisation, narrowed))

    assert fitting(status=["In gebruik"]) == {used, high}
    assert fitting(phase=[phase.slug]) == {used}
    assert fitting(risk_group=["hoog-risico-ai-systeem"]) == {high}
    assert fitting(status=["In gebruik"], risk_group=["unclassified"]) == {used}


@pytest.mark.parametrize("size", [0, 3])
def test_a_sample_is_no_larger_than_what_it_is_drawn_from(audit, auditor, organisation, size):
    for _n in range(2):
        known(organisation=organisation)

    with pytest.raises(ValidationError) as refused:
        audits.draw(audit, {}, size=size, seen=1, by=auditor)

    assert list(refused.value.error_dict) == ["size"]


def test_out_of_nothing_nothing_is_drawn(audit, auditor):
    with pytest.raises(ValidationError):
        audits.draw(audit, {}, size=1, seen=1, by=auditor)


def test_drawing_from_the_page(client, audit, auditor, organisation):
    algorithm = known(organisation=organisation, status="In gebruik")
    known(organisation=organisation)
    client.force_login(auditor)

    refused = client.post(page("audit-draw", audit), {"seen": 1, "size": 2, "status": ["In gebruik"]})
    client.post(page("audit-draw", audit), {"seen": 1, "size": 1, "status": ["In gebruik"]})
    late = client.post(page("audit-draw", audit), {"seen": 1, "size": 1})

    assert list(refused.context["form"].errors) == ["size"]
    assert late.context["conflict"] is True
    assert in_sample(audit) == [algorithm.pk]


# What stood at the end of the period


def test_the_sample_shows_how_each_stood_at_the_end_of_the_period(audit, auditor, organisation):
    algorithm = known(organisation=organisation)
    person = factories.member("officer", organisation)
    inside, after = (timezone.make_aware(timezone.datetime(year, 6, 1)) for year in (2025, 2026))
    requirements = [factories.RequirementFactory() for _n in range(3)]
    for requirement in requirements:
        Applicability.objects.create(
            algorithm=algorithm,
            requirement=requirement,
            outcome="applies",
            rule_outcome="applies",
            reason={},
            since=inside,
        )
    claim = {"algorithm": algorithm, "status": "met", "explanation": "Zo.", "claimed_by": auditor, "claimed_at": inside}
    RequirementAssessment.objects.create(**claim, requirement=requirements[0], since=inside)
    RequirementAssessment.objects.create(
        **claim, requirement=requirements[1], since=inside, verified_by=person, verified_at=inside
    )
    RequirementAssessment.objects.create(**claim, requirement=requirements[2], since=after)
    LifecyclePeriod.objects.create(
        algorithm=algorithm, phase=factories.PhaseFactory(number=2), since=inside, until=after
    )
    LifecyclePeriod.objects.create(algorithm=algorithm, phase=factories.PhaseFactory(number=7), since=after)

    state = audits.state_at_the_end(audit, [algorithm.pk])[algorithm.pk]

    assert (state["applies"], state["claimed"], state["verified"]) == (3, 2, 1)
    assert (state["life"].phase.number, state["classification"]) == (2, None)


def test_before_it_was_known_nothing_is_said_of_an_algorithm(audit, organisation):
    algorithm = known(organisation=organisation)

    assert audits.state_at_the_end(audit, [algorithm.pk]) == {
        algorithm.pk: {"classification": None, "life": None, "applies": 0, "claimed": 0, "verified": 0}
    }


# The report


def test_a_concluded_audit_stays_as_it_is(audit, auditor, organisation):
    known(organisation=organisation)
    concluded = audits.conclude(audit, "# Oordeel\n\nVoldoende.", seen=1, by=auditor)

    assert (concluded.concluded_by, concluded.conclusion) == (auditor, "# Oordeel\n\nVoldoende.")
    for verb in (
        lambda: audits.revise(concluded, {"title": "Anders"}, seen=2, by=auditor),
        lambda: audits.draw(concluded, {}, size=1, seen=2, by=auditor),
        lambda: audits.conclude(concluded, "Anders.", seen=2, by=auditor),
    ):
        with pytest.raises(ValidationError):
            verb()


def test_without_a_report_it_is_not_concluded(audit, auditor):
    with pytest.raises(ValidationError) as refused:
        audits.conclude(audit, " ", seen=1, by=auditor)

    assert list(refused.value.error_dict) == ["conclusion"]


def test_the_report_is_saved_and_later_concluded(client, audit, auditor):
    client.force_login(auditor)

    client.post(page("audit-report", audit), {"seen": 1, "conclusion": "Concept."})
    late = client.post(page("audit-report", audit), {"seen": 1, "conclusion": "Anders.", "conclude": "yes"})
    running = Audit.objects.get().concluded
    client.post(page("audit-report", audit), {"seen": 2, "conclusion": "Klaar.", "conclude": "yes"})

    assert ("Concept." in late.content.decode(), "Anders." in late.content.decode()) == (True, True)
    assert running is None
    assert (Audit.objects.get().conclusion, Audit.objects.get().concluded_by) == ("Klaar.", auditor)


def test_a_lost_update_is_a_conflict(audit, auditor):
    audits.revise(audit, {"title": "Eerst"}, seen=1, by=auditor)

    for verb in (
        lambda: audits.revise(audit, {"title": "Dan"}, seen=1, by=auditor),
        lambda: audits.draw(audit, {}, size=1, seen=1, by=auditor),
        lambda: audits.conclude(audit, "Klaar.", seen=1, by=auditor),
    ):
        with pytest.raises(Conflict):
            verb()


# Pages


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, audit, auditor, organisation, language):
    for _n in range(3):
        known(organisation=organisation)
    first = audits.draw(audit, {"status": []}, size=2, seed="a", seen=1, by=auditor)
    drawn = audits.draw(first, {}, size=2, seed="b", seen=2, by=auditor)
    factories.FindingFactory(organisation=organisation, audit=audit)
    audits.revise(drawn, {"conclusion": "# Oordeel\n\n- Goed"}, seen=3, by=auditor)
    client.force_login(auditor)

    for address in [
        reverse("organisation-audits", args=[organisation.slug]),
        reverse("audit-add", args=[organisation.slug]),
        *(page(name, audit) for name in ("audit", "audit-edit", "audit-draw", "audit-report")),
    ]:
        look_at(client, address, language)


def test_an_organisation_lists_the_audits_of_its_parts_too_and_nothing_of_others(client, audit, auditor, organisation):
    below = factories.AuditFactory(organisation=factories.OrganisationFactory(parent=organisation))
    done = factories.AuditFactory(organisation=organisation, concluded=clock.now(), conclusion="Klaar.")
    factories.AuditFactory()
    client.force_login(auditor)

    def listed(query=""):
        address = reverse("organisation-audits", args=[organisation.slug])
        return set(client.get(address + query).context["page"].object_list)

    assert listed() == {audit, below, done}
    assert listed("?state=concluded") == {done}
    assert listed("?state=running") == {audit, below}


def test_listing_thirty_costs_as_many_queries_as_listing_one(client, audit, auditor, organisation):
    client.force_login(auditor)
    address = reverse("organisation-audits", args=[organisation.slug])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _n in range(29):
        part = factories.OrganisationFactory(parent=organisation)
        factories.FindingFactory(organisation=part, audit=factories.AuditFactory(organisation=part, lead=auditor))
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


def test_a_sample_of_thirty_with_findings_costs_as_many_queries_as_one(client, audit, auditor, organisation):
    client.force_login(auditor)

    def cost(number, seen):
        while organisation.algorithms.count() < number:
            algorithm = known(
                organisation=organisation, phase=factories.PhaseFactory(number=organisation.algorithms.count() + 1)
            )
            LifecyclePeriod.objects.create(
                algorithm=algorithm, phase=algorithm.phase, since=clock.now() - timedelta(days=900)
            )
            factories.FindingFactory(
                organisation=organisation, algorithm=algorithm, audit=audit, owner=factories.UserFactory()
            )
        audits.draw(audit, {}, size=number, seed="a", seen=seen, by=auditor)
        client.get(page("audit", audit))
        with CaptureQueriesContext(connection) as queries:
            client.get(page("audit", audit))
        return len(queries)

    first = cost(1, 1)
    audits.draw(audit, {}, size=1, seed="b", seen=2, by=auditor)
    assert cost(30, 3) == first
