"""Where an algorithm is in its life, kept as periods whatever writes it."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry import lifecycle
from registry.models import Algorithm, LifecyclePeriod
from registry.registering import register, revise
from tests import factories

pytestmark = pytest.mark.django_db

REGISTERED = {"name": "Ordenen", "description_short": "Ordent meldingen.", "status": "In ontwikkeling"}


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation, as_somebody):
    return register(organisation, REGISTERED | {"phase": factories.PhaseFactory(number=1)}, by=as_somebody)


def periods(algorithm):
    rows = LifecyclePeriod.objects.filter(algorithm=algorithm).order_by("pk")
    return [(row.phase.number, row.status, row.until is None) for row in rows]


def test_registering_opens_the_first_period(algorithm, as_somebody):
    assert periods(algorithm) == [(1, "In ontwikkeling", True)]
    assert LifecyclePeriod.objects.get().by == as_somebody


def test_a_change_of_phase_or_status_closes_one_period_and_opens_the_next(algorithm, as_somebody):
    moved = revise(algorithm, {"phase": factories.PhaseFactory(number=3)}, seen=1, by=as_somebody)
    revise(moved, {"goal": "Sneller helpen."}, seen=2, by=as_somebody)

    first, second = LifecyclePeriod.objects.order_by("pk")
    assert periods(algorithm) == [(1, "In ontwikkeling", False), (3, "In ontwikkeling", True)]
    assert first.until == second.since


def test_following_thirty_costs_as_many_queries_as_one(organisation):
    rows = [factories.AlgorithmFactory(organisation=organisation) for _n in range(31)]

    with CaptureQueriesContext(connection) as one:
        lifecycle.follow(rows[:1], by=None)
    with CaptureQueriesContext(connection) as thirty:
        lifecycle.follow(rows[1:], by=None)

    assert len(one) == len(thirty)
    assert LifecyclePeriod.objects.current().count() == 31


def test_the_migration_opens_a_period_for_what_was_registered_before_and_takes_it_away_again(organisation):
    begun, new = factories.AlgorithmFactory(), factories.AlgorithmFactory(phase=factories.PhaseFactory(number=4))
    LifecyclePeriod.objects.create(algorithm=begun)
    migration = import_module("registry.migrations.0006_gates_first_periods")

    migration.open_first_periods(apps, None)
    period = LifecyclePeriod.objects.get(algorithm=new)
    migration.remove_first_periods(apps, None)

    assert (period.phase, period.since) == (new.phase, new.created)
    assert not LifecyclePeriod.objects.exists()


def test_the_description_leads_to_the_decisions_instead_of_changing_phase_and_status(client, algorithm, as_somebody):
    client.force_login(as_somebody)
    address = reverse("algorithm-edit", args=[algorithm.pk])

    page = client.get(address)
    client.post(
        address,
        {
            "seen": 1, "name": "Ordenen", "description_short": "Anders.", "status": "In gebruik",
            "phase": factories.PhaseFactory(number=5).pk,
        },
    )  # fmt: skip

    fresh = Algorithm.objects.get()
    assert {"phase", "status"} & set(page.context["form"].fields) == set()
    assert reverse("algorithm-lifecycle", args=[algorithm.pk]) in page.content.decode()
    assert (fresh.description_short, fresh.status, fresh.phase.number) == ("Anders.", "In ontwikkeling", 1)


def test_registering_asks_for_phase_and_status(client, organisation, somebody):
    client.force_login(somebody)

    client.post(
        reverse("algorithm-add"),
        {
            "name": "Ordenen", "description_short": "Ordent.", "organisation": organisation.pk, "status": "In gebruik",
            "phase": factories.PhaseFactory(number=7).pk, "contact_email": "algoritmes@voorbeeld.nl",
        },
    )  # fmt: skip

    assert periods(Algorithm.objects.get()) == [(7, "In gebruik", True)]
