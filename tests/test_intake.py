"""Proposing an algorithm, and what officers make of it."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import audit_trail, commenting
from governance.conflict import Conflict
from governance.models import AuditEvent, Comment, Notification
from registry import intake
from registry.models import Algorithm, Proposal
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

ANSWERS = {
    "name": "Drukte op het plein meten",
    "purpose": "Telt met camera's hoeveel mensen er zijn.",
    "origin": "bought",
    "department": "Toezicht",
    "affects_people": "unknown",
    "personal_data": "yes",
    "contact": "Kees van de balie",
}


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def reader(organisation):
    return factories.member("reader", organisation)


@pytest.fixture
def proposal(organisation, reader):
    return factories.ProposalFactory(organisation=organisation, proposed_by=reader, name="Drukte op het plein meten")


def fields_of(**fields):
    return {"name": "Drukte meten", "description_short": "Telt mensen.", **fields}


def verbs(record):
    return list(AuditEvent.objects.about(record).values_list("verb", flat=True))


# Proposing


def test_a_reader_proposes_and_the_officer_is_told(client, organisation, reader, somebody):
    client.force_login(reader)

    answer = client.post(reverse("proposal-add"), ANSWERS | {"organisation": organisation.pk})

    proposal = Proposal.objects.get()
    assert answer.url == proposal.get_absolute_url()
    assert (proposal.proposed_by, proposal.status, proposal.department) == (reader, "new", "Toezicht")
    told = Notification.objects.get()
    assert (told.recipient, told.kind, told.details["sentence"]) == (somebody, "intake", "proposal_made")
    assert verbs(proposal) == ["proposal.made"]


def test_without_an_officer_the_manager_is_told(as_somebody):
    manager = factories.member("manager")

    intake.propose(
        manager.memberships.get().organisation, {"name": "A", "purpose": "B", "origin": "built"}, by=as_somebody
    )

    assert Notification.objects.get().recipient == manager


def test_what_is_missing_is_said_and_nothing_typed_is_lost(client, organisation, reader):
    client.force_login(reader)

    page = client.post(reverse("proposal-add"), ANSWERS | {"organisation": organisation.pk, "name": ""})

    assert list(page.context["form"].errors) == ["name"]
    assert "Telt met camera" in page.content.decode()


def test_nobody_proposes_for_an_organisation_of_others(client, reader):
    elsewhere = factories.OrganisationFactory()
    client.force_login(reader)

    page = client.post(reverse("proposal-add"), ANSWERS | {"organisation": elsewhere.pk})

    assert list(page.context["form"].errors) == ["organisation"]
    assert elsewhere.name not in page.content.decode()


def test_an_auditor_reads_proposals_and_makes_none(client, organisation):
    auditor = factories.member("auditor", organisation)
    client.force_login(auditor)

    answers = [client.get(reverse("proposal-add")), client.post(reverse("proposal-add"), ANSWERS)]

    assert [answer.status_code for answer in answers] == [403, 403]
    for page in ("home", "proposals", "algorithms"):
        assert reverse("proposal-add") not in look_at(client, reverse(page))


def test_who_audits_one_organisation_and_works_in_another_proposes_for_the_other_only(client, organisation, reader):
    factories.MembershipFactory(user=reader, role="auditor", organisation=(audited := factories.OrganisationFactory()))
    client.force_login(reader)

    page = client.post(reverse("proposal-add"), ANSWERS | {"organisation": audited.pk})

    assert list(page.context["form"].errors) == ["organisation"]
    assert list(page.context["form"].fields["organisation"].queryset) == [organisation]


# Following


def test_a_proposer_finds_their_own_and_an_officer_finds_all(client, organisation, proposal, reader, somebody):
    other = factories.ProposalFactory(organisation=organisation, proposed_by=somebody)
    factories.ProposalFactory()

    def listed(person):
        client.force_login(person)
        return set(client.get(reverse("proposals")).context["page"].object_list)

    assert listed(reader) == {proposal}
    assert listed(somebody) == {proposal, other}
    assert listed(factories.member("auditor", organisation)) == {proposal, other}
    assert listed(factories.member("officer")) == set()


def test_who_finds_a_proposal_in_the_list_sees_it_everywhere_and_nobody_else(client, organisation, proposal, reader):
    """Its page, its comments and the right follow the list; being mentioned in a comment shows it."""
    officer = factories.member("officer", organisation)
    other, mentioned = factories.member("reader", organisation), factories.member("contributor", organisation)
    with audit_trail.acting(officer, "command"):
        written = commenting.comment(proposal, "Kijk hier eens naar.", also=[mentioned], by=officer)

    for person, sees in ((reader, True), (officer, True), (mentioned, True), (other, False)):
        client.force_login(person)
        answers = [client.get(proposal.get_absolute_url()), client.get(reverse("comment", args=[written.pk]))]
        assert [answer.status_code for answer in answers] == ([200, 302] if sees else [404, 404])
        assert person.has_perm("registry.view_proposal", proposal) == sees
        assert (proposal in client.get(reverse("proposals")).context["page"].object_list) == sees
        assert Comment.objects.visible_to(person).exists() == sees


def test_the_list_narrows_by_status_and_organisation(client, organisation, proposal, somebody):
    child = factories.OrganisationFactory(parent=organisation)
    declined = factories.ProposalFactory(organisation=child, status="declined", reason="Nee")
    client.force_login(somebody)

    def listed(query):
        return set(client.get(reverse("proposals") + query).context["page"].object_list)

    assert listed("?status=new") == {proposal}
    assert listed(f"?organisation={child.slug}") == {declined}
    assert listed("?status=nonsense") == set()


def test_listing_thirty_costs_as_many_queries_as_listing_one(client, organisation, proposal, somebody):
    client.force_login(somebody)
    client.get(reverse("proposals"))

    with CaptureQueriesContext(connection) as one:
        client.get(reverse("proposals"))
    for _n in range(29):
        factories.ProposalFactory(organisation=organisation, proposed_by=factories.UserFactory())
    with CaptureQueriesContext(connection) as thirty:
        client.get(reverse("proposals"))

    assert len(one) == len(thirty)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "name", ["proposals", "proposal-add", "proposal", "proposal-register", "proposal-merge", "proposal-decline"]
)
def test_pages_are_well_made(client, organisation, proposal, somebody, name, language):
    factories.AlgorithmFactory(organisation=organisation, name="Drukte meten op straat")
    client.force_login(somebody)

    look_at(client, reverse(name, args=[] if name in ("proposals", "proposal-add") else [proposal.pk]), language)


# Deciding


def test_registering_takes_the_answers_over_and_lets_them_be_changed(client, organisation, proposal, somebody, reader):
    phase = factories.PhaseFactory(number=2)
    client.force_login(somebody)
    address = reverse("proposal-register", args=[proposal.pk])

    filled_in = client.get(address).context["form"].initial
    answer = client.post(
        address,
        {
            "name": "Drukte meten",
            "description_short": filled_in["description_short"],
            "organisation": organisation.pk,
            "acquisition": filled_in["acquisition"],
            "phase": phase.pk,
            "contact_email": "plein@voorbeeld.nl",
        },
    )

    algorithm = Algorithm.objects.get()
    proposal.refresh_from_db()
    assert answer.url == algorithm.get_absolute_url()
    assert (algorithm.name, algorithm.description_short, algorithm.acquisition) == (
        "Drukte meten", proposal.purpose, "bought",
    )  # fmt: skip
    assert (proposal.status, proposal.algorithm, proposal.decided_by) == ("registered", algorithm, somebody)
    assert verbs(algorithm) == ["algorithm.registered"]
    assert verbs(proposal) == ["proposal.registered"]
    told = Notification.objects.get()
    assert (told.recipient, told.details["sentence"]) == (reader, "proposal_registered")


def test_a_proposal_comes_into_the_register_within_its_own_tree_only(as_somebody, proposal):
    elsewhere = factories.MembershipFactory(user=as_somebody, role="officer").organisation

    with pytest.raises(ValidationError):
        intake.register(proposal, elsewhere, fields_of(), by=as_somebody)
    with pytest.raises(ValidationError):
        intake.merge(proposal, factories.AlgorithmFactory(organisation=elsewhere), by=as_somebody)

    assert not Algorithm.objects.exclude(organisation=elsewhere).exists()
    assert Proposal.objects.get().status == "new"


def test_merging_keeps_what_was_said_and_shows_it_on_the_algorithm(client, organisation, proposal, somebody):
    child = factories.OrganisationFactory(parent=organisation, kind="department")
    algorithm = factories.AlgorithmFactory(organisation=child, name="Tellen")
    client.force_login(somebody)

    client.post(
        reverse("proposal-merge", args=[proposal.pk]), {"algorithm": algorithm.pk, "reason": "Dat is dezelfde camera."}
    )

    proposal.refresh_from_db()
    assert (proposal.status, proposal.algorithm, proposal.reason) == ("merged", algorithm, "Dat is dezelfde camera.")
    assert proposal.purpose in client.get(algorithm.get_absolute_url()).content.decode()
    assert verbs(algorithm) == ["algorithm.proposal_merged"]


def test_what_was_proposed_elsewhere_is_not_shown_to_whom_may_not_see_it(client, organisation, proposal, as_somebody):
    child = factories.OrganisationFactory(parent=organisation, kind="department")
    algorithm = factories.AlgorithmFactory(organisation=child)
    intake.merge(proposal, algorithm, by=as_somebody)
    client.force_login(factories.member("reader", child))

    page = client.get(algorithm.get_absolute_url())

    assert page.status_code == 200
    assert proposal.purpose not in page.content.decode()


def test_an_algorithm_of_others_cannot_be_merged_with(client, proposal, somebody):
    hidden = factories.AlgorithmFactory(name="Geheim")
    client.force_login(somebody)

    page = client.post(reverse("proposal-merge", args=[proposal.pk]), {"algorithm": hidden.pk})

    assert list(page.context["form"].errors) == ["algorithm"]
    assert "Geheim" not in page.content.decode()


def test_searching_finds_algorithms_of_the_tree_to_merge_with(client, organisation, proposal, somebody):
    found = factories.AlgorithmFactory(organisation=organisation, name="Fietsen tellen")
    factories.AlgorithmFactory(organisation=organisation, name="Bruggen")
    factories.AlgorithmFactory(name="Fietsen elders")
    client.force_login(somebody)

    page = client.get(reverse("proposal-merge", args=[proposal.pk]) + "?q=fietsen")

    assert page.context["offered"] == [found]


def test_declining_needs_a_reason_which_the_proposer_reads(client, proposal, somebody, reader):
    client.force_login(somebody)
    address = reverse("proposal-decline", args=[proposal.pk])

    refused = client.post(address, {"reason": " "})
    client.post(address, {"reason": "Dit is een rekenblad."})

    assert list(refused.context["form"].errors) == ["reason"]
    assert Notification.objects.get().details["sentence"] == "proposal_declined"
    client.force_login(reader)
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert ("Dit is een rekenblad." in page, somebody.name in page) == (True, True)


def test_the_second_to_decide_is_told_and_changes_nothing(client, organisation, proposal, as_somebody):
    colleague = factories.member("manager", organisation)
    client.force_login(as_somebody)
    intake.decline(proposal, reason="Bestaat niet.", by=colleague)

    page = client.post(reverse("proposal-decline", args=[proposal.pk]), {"reason": "Van mij"}, follow=True)

    assert colleague.name in str(next(iter(page.context["messages"])))
    assert Proposal.objects.get().reason == "Bestaat niet."
    for decide in (
        lambda: intake.register(proposal, organisation, fields_of(), by=as_somebody),
        lambda: intake.merge(proposal, factories.AlgorithmFactory(organisation=organisation), by=as_somebody),
        lambda: intake.decline(proposal, reason="Van mij", by=as_somebody),
    ):
        with pytest.raises(Conflict):
            decide()
    assert not Algorithm.objects.filter(name="Drukte meten").exists()


def test_who_decides_about_their_own_proposal_is_not_told(as_somebody, organisation):
    proposal = factories.ProposalFactory(organisation=organisation, proposed_by=as_somebody)

    intake.decline(proposal, reason="Dubbel.", by=as_somebody)

    assert not Notification.objects.exists()


# Likely duplicates


@pytest.mark.parametrize(
    ("name", "resembles"),
    [
        ("Parkeren controleren met de scanauto", True),
        ("Scanauto voor parkeercontrole", True),
        ("Parkeerplaatsen tellen", False),
        ("Facturen herkennen", False),
        ("Bruggen bedienen", False),
    ],
)
def test_likely_duplicates_resemble_in_name_or_words(organisation, name, resembles):
    algorithm = factories.AlgorithmFactory(organisation=organisation, name=name, description_short="Doet iets.")
    proposal = factories.ProposalFactory(
        organisation=organisation, name="Scanauto's parkeren", purpose="Leest kentekens van geparkeerde auto's."
    )

    found = intake.likely_duplicates(proposal, Algorithm.objects.all())

    assert found == ([algorithm] if resembles else [])


def test_the_most_alike_comes_first(organisation):
    far = factories.AlgorithmFactory(organisation=organisation, name="Chatbot van de bibliotheek")
    near = factories.AlgorithmFactory(organisation=organisation, name="Vragen beantwoorden met chatbot Riva")
    proposal = factories.ProposalFactory(organisation=organisation, name="Chatbot voor vragen van inwoners")

    assert intake.likely_duplicates(proposal, Algorithm.objects.all()) == [near, far]
