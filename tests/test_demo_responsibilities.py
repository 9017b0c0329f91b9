"""The demo's responsibilities: most algorithms filled, some vacant, and something to see on every screen."""

import re

import pytest
from django.urls import reverse

from governance.leaving import holdings
from governance.models import User
from registry.handover import reach
from registry.models import Algorithm, Involvement, Responsibility
from registry.raci_defaults import defaults_of, proposed_responsibilities
from registry.team import staffing_of

pytestmark = pytest.mark.django_db


def test_the_demo_shows_responsibilities_half_worked_on(client, municipality):
    algorithms = Algorithm.objects.filter(organisation__in=reach(municipality))
    vacant = set(Algorithm.objects.vacant().filter(pk__in=algorithms))
    staffing = [staffing_of(algorithm) for algorithm in algorithms]
    developer = User.objects.get(email="ontwikkelaar@rivierwaard.example")

    assert 2 <= len(vacant) <= 4 and len(algorithms) == 15
    assert {bool(proposed_responsibilities(algorithm)) for algorithm in algorithms} == {True, False}
    assert {any(row.is_missing for row in rows) for rows in staffing} == {True, False}
    assert {row.scope is None for row in Responsibility.objects.all()} == {True, False}
    assert Responsibility.objects.exclude(until=None).exists()
    assert {row.risk_group for row in defaults_of(municipality)} == {"", "hoog-risico-ai-systeem"}
    assert Involvement.objects.count() >= 5
    assert len({one.kind for one in holdings(developer, reach(municipality))}) >= 4

    client.force_login(User.objects.get(email="manager@rivierwaard.example"))
    pages = [
        reverse(name, args=[algorithm.pk])
        for algorithm in algorithms
        for name in ("algorithm", "algorithm-responsibilities", "algorithm-responsibilities-edit",
                     "algorithm-proposed-responsibilities", "algorithm-team", "algorithm-history")
    ]  # fmt: skip
    pages += [
        reverse("handover-person", args=[municipality.slug, developer.pk]),
        *(reverse("raci-defaults", args=[organisation.slug]) for organisation in reach(municipality)),
    ]
    answers = {page: client.get(page) for page in pages}
    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code != 200} == {}
    told = {page: re.findall(r"(?:responsibility|team|involvement|position)\.\w+", answer.content.decode())
            for page, answer in answers.items()}  # fmt: skip
    assert {page: verbs for page, verbs in told.items() if verbs} == {}
