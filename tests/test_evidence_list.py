"""The list of an organisation's evidence."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from governance import evidence
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_list_narrows_and_shows_the_parts_of_the_organisation(client, as_somebody):
    organisation = as_somebody.memberships.get().organisation
    algorithm = factories.AlgorithmFactory(organisation=organisation)
    measure = factories.MeasureFactory()
    part = factories.OrganisationFactory(parent=organisation)
    used = factories.EvidenceFactory(organisation=organisation, title="DPIA van 2025")
    old = factories.EvidenceFactory(organisation=part, valid_until=date(2020, 1, 1))
    gone = factories.EvidenceFactory(organisation=organisation)
    factories.EvidenceFactory()
    evidence.attach(used, algorithm, measure, by=as_somebody)
    evidence.withdraw(gone, "Oud.", by=as_somebody)
    client.force_login(as_somebody)

    def listed(query):
        return set(client.get(reverse("evidence-list", args=[organisation.slug]) + query).context["page"].object_list)

    assert listed("") == {used, old, gone}
    assert listed("?q=dpia") == {used}
    assert listed("?state=valid") == {used}
    assert listed("?state=expired") == {old}
    assert listed("?state=withdrawn") == {gone}
    assert listed("?unused=true") == {old, gone}
    assert listed("?kind=file") == set()
    assert listed("?kind=link") == {used, old, gone}


def test_what_a_decision_rests_on_stays_with_it_once_it_was_taken(as_somebody):
    algorithm = factories.AlgorithmFactory(organisation=as_somebody.memberships.get().organisation)
    waiting = factories.GateFactory(algorithm=algorithm)
    taken = factories.GateFactory(algorithm=algorithm, decision="go", decided_by=as_somebody)
    report = factories.EvidenceFactory(organisation=algorithm.organisation)
    at_waiting, at_taken = (evidence.attach(report, gate, by=as_somebody) for gate in (waiting, taken))

    evidence.detach(at_waiting, by=as_somebody)
    with pytest.raises(ValidationError):
        evidence.detach(at_taken, by=as_somebody)

    assert list(report.algorithmevidence_uses.current()) == [at_taken]
