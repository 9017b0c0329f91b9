"""What the demo tells of evidence, decisions and audits, and of its past."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import models
from django.db.models import F
from django.urls import reverse

from governance import clock
from governance.evidence_places import is_proven
from governance.models import (
    Evidence,
    Measure,
    Organisation,
    OrganisationAssessment,
    OrganisationEvidence,
    OrganisationMeasureStatus,
    User,
)
from registry.audits import sampled
from registry.figures import over_time
from registry.models import (
    AcceptedDeviation,
    Algorithm,
    AlgorithmEvidence,
    Applicability,
    Audit,
    Classification,
    Condition,
    Finding,
    Gate,
    ImpactAssessment,
    LifecyclePeriod,
    MeasureStatus,
    Recommendation,
    RequirementAssessment,
    Responsibility,
)

pytestmark = pytest.mark.django_db


def algorithms_of(organisation: Organisation):
    return Algorithm.objects.filter(organisation__path__startswith=organisation.path)


def person(email: str) -> User:
    return User.objects.get(email=email)


def test_an_audit_is_concluded_and_one_runs_with_findings_in_every_stage(municipality):
    audits = Audit.objects.filter(organisation=municipality)
    findings = Finding.objects.filter(organisation__path__startswith=municipality.path)

    assert (audits.filter(concluded=None).count(), audits.exclude(concluded=None).count()) == (1, 1)
    for audit in audits:
        drawn = list(audit.sample.filter(replaced=None).order_by("number").values_list("algorithm", flat=True))
        assert drawn == sampled(audit.population["keys"], len(drawn), audit.seed)
    assert findings.unanswered().exists() and findings.overdue().exists() and findings.asking_to_close().exists()
    assert findings.exclude(closed=None).exists()
    assert AcceptedDeviation.objects.current().exists()


def test_decisions_tell_a_history_in_which_every_kind_and_outcome_occurs(municipality):
    gates = Gate.objects.filter(algorithm__in=algorithms_of(municipality))

    kinds = set(gates.decided().values_list("kind", flat=True))
    outcomes = set(gates.decided().values_list("decision", flat=True))
    unreasoned = [gate for gate in gates.filter(decision="go") if any(not item["accepted"] for item in gate.open_items)]
    backwards = LifecyclePeriod.objects.filter(until__lt=F("since"))
    assert (kinds, outcomes) == (set(Gate.Kind.values) - {"resume"}, set(Gate.Decision.values))
    assert (gates.waiting().count(), unreasoned, list(backwards)) == (1, [], [])
    assert Condition.objects.open().exists() and Condition.objects.exclude(settled=None).exists()
    assert gates.decided().values("algorithm").distinct().count() > 4


def test_one_algorithm_is_paused_and_one_is_in_use_without_a_go(municipality):
    of_use = Gate.objects.allowing().filter(kind="into_use")
    unasked = algorithms_of(municipality).filter(status="In gebruik").exclude(pk__in=of_use.values("algorithm"))

    assert algorithms_of(municipality).filter(is_paused=True).count() == 1
    assert [algorithm.name for algorithm in unasked] == ["Facturen herkennen"]


def test_from_a_criterion_to_the_evidence_of_claims_and_who_added_it(municipality):
    """ADR SV.9 → its measures → algorithms → what is claimed → evidence → author and moment."""
    measures = Measure.objects.filter(criteria__framework__slug="adr", criteria__number="SV.9")
    found = {}
    for algorithm in algorithms_of(municipality).filter(measure_statuses__measure__in=measures).distinct():
        claims = (
            RequirementAssessment.objects.current()
            .met()
            .filter(algorithm=algorithm, requirement__measures__in=measures)
        )
        proven = [claim.requirement for claim in claims if is_proven(algorithm, claim.requirement)]
        uses = AlgorithmEvidence.objects.current().filter(algorithm=algorithm)
        on_measures, on_claims = uses.filter(measure__in=measures), uses.filter(requirement__in=proven)
        if on_measures and on_claims:
            found[algorithm.name] = {use.by.name for use in on_measures | on_claims}

    assert len(found) >= 2
    assert all(found.values())
    assert OrganisationEvidence.objects.current().filter(measure__in=measures).exists()


def test_evidence_is_used_in_several_places_has_expired_and_was_withdrawn(municipality):
    evidence = Evidence.objects.filter(organisation__path__startswith=municipality.path)
    used = Counter(AlgorithmEvidence.objects.current().values_list("evidence", flat=True))
    again = RequirementAssessment.objects.current().exclude(verify_again="")

    assert max(used.values()) > 1
    assert (evidence.expired().count(), evidence.exclude(withdrawn=None).count()) == (1, 1)
    assert [(row.requirement.code, row.verify_again) for row in again] == [("avg-13", "evidence_withdrawn")]
    assert ImpactAssessment.objects.due().exists()
    assert ImpactAssessment.objects.being_done().exists()


# The past


def test_the_demo_has_a_past_in_which_every_period_ends_after_it_begins(municipality):
    periods = [Applicability, Classification, MeasureStatus, Recommendation, RequirementAssessment,
               OrganisationAssessment, OrganisationMeasureStatus, Responsibility]  # fmt: skip

    backwards = {model.__name__: model.objects.filter(until__lt=models.F("since")).count() for model in periods}

    assert backwards == dict.fromkeys(backwards, 0)
    assert not RequirementAssessment.objects.filter(verified_at__lt=models.F("claimed_at")).exists()
    assert not RequirementAssessment.objects.filter(since__lt=models.F("algorithm__created")).exists()


def test_a_year_ago_there_was_less_and_it_has_grown_since(municipality):
    months = over_time(algorithm__organisation__path__startswith=municipality.path)
    two_years_ago, a_year_ago, now = months[0], months[12], months[-1]

    assert 0 < two_years_ago.applies < a_year_ago.applies < now.applies
    assert 0 < a_year_ago.claimed < now.claimed * 0.8
    assert 0 < a_year_ago.verified < now.verified * 0.8


def test_an_auditor_walks_from_a_criterion_to_the_claims_of_now_and_of_a_year_ago(client, municipality):
    client.force_login(person("auditor@rivierwaard.example"))
    there = reverse("compliance-criterion", args=["adr", "SV.9"])
    a_year_ago = (clock.today() - timedelta(days=365)).isoformat()

    now, then = (client.get(f"{there}?{query}").context["page"].object_list for query in ("", f"dag={a_year_ago}"))

    assert len(now) > len(then) > 0
    for rows in (now, then):
        assert any(row.work for row in rows)
        claims = [claim.work for row in rows for claim in row.claims if claim.work and claim.work.claimed_by]
        assert claims and all(claim.claimed_at for claim in claims)
