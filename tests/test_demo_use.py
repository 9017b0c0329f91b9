"""The demo's risks, evaluations and incidents: something to see on every screen, told as people would have done it."""

import pytest
from django.urls import reverse

from governance import clock
from governance.models import AuditEvent, User
from registry import incidents, monitoring, risks
from registry.handover import reach
from registry.models import Algorithm, Evaluation, Incident, IncidentReport, MonitoringPoint, Risk

pytestmark = pytest.mark.django_db


def test_the_demo_shows_an_algorithm_in_use_with_what_went_well_and_wrong(client, municipality):
    here = {"algorithm__organisation__in": reach(municipality)}
    today, now = clock.today(), clock.now()

    assert all(risks.figures(Risk.objects.filter(**here)).values()) and Risk.objects.filter(**here).count() >= 8
    assert Risk.objects.filter(**here).exclude(closed=None).count() == 2
    evaluations = Evaluation.objects.filter(**here)
    assert {row.outcome for row in evaluations.held()} == {"in_order", "adjust", "pause"}
    assert (today - evaluations.held().earliest("held_on").held_on).days > 500
    assert evaluations.overdue().exists() and not evaluations.held().filter(trigger="complaint").exists()
    assert {"complaint", "incident", "drift", "planned"} == {row.trigger for row in evaluations.open()}
    assert Algorithm.objects.filter(monitoring.unmonitored()).exists()
    figures = incidents.figures(Incident.objects.filter(**here), now)
    assert (figures["open"], figures["to_report"], figures["late"]) == (2, 1, 0)
    made = IncidentReport.objects.exclude(reported=None).get()
    assert made.incident.known < made.reported < made.deadline
    by_hand = AuditEvent.objects.filter(subject_type__in=["registry.risk", "registry.incident", "registry.evaluation"])
    assert not by_hand.filter(actor=None).exists() and not by_hand.filter(organisation=None).exists()

    client.force_login(User.objects.get(email="manager@rivierwaard.example"))
    records = [*Risk.objects.all(), *Evaluation.objects.all(), *Incident.objects.all(), *MonitoringPoint.objects.all()]
    routes = ("organisation-risks", "organisation-monitoring", "organisation-incidents", "organisation-work")
    addresses = {row.get_absolute_url() for row in records if row.algorithm.organisation != municipality}
    addresses |= {reverse(route, args=[municipality.slug]) for route in routes}
    addresses |= {reverse("risk-proposals", args=[row.pk]) for row in Algorithm.objects.filter(risk_register=None)[:3]}
    answers = {address: client.get(address).status_code for address in addresses}
    assert {address: status for address, status in answers.items() if status not in (200, 403, 404)} == {}
    assert list(answers.values()).count(200) > 30
