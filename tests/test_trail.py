"""The pages of the audit trail: what an auditor finds in it, and what they take away."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import audit_chain, audit_trail, clock, timeline, trail, trail_filters
from governance.membership import home_of
from governance.models import AuditEvent
from registry.registering import register
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation():
    return factories.OrganisationFactory(slug="rivierwaard")


@pytest.fixture
def auditor(client, organisation):
    person = factories.member("auditor", organisation)
    client.force_login(person)
    return person


@pytest.fixture
def officer(organisation):
    return factories.member("officer", organisation)


@pytest.fixture
def algorithm(officer, organisation):
    with audit_trail.acting(officer, "page", "11111111-1111", address="192.0.2.7"):
        return register(organisation, {"name": "Parkeercontrole", "description_short": "Boetes."}, by=officer)


def shown(client, address=None, **query):
    """The verbs and records on the page, the newest first."""
    response = client.get(address or reverse("organisation-trail", args=["rivierwaard"]), query)
    assert response.status_code == 200
    return [(event.verb, event.label) for event in response.context["page"].events]


def write(verb, record, changes=None, **options):
    with audit_trail.acting(options.pop("by", None), options.pop("channel", "command"), options.pop("request", "")):
        return audit_trail.record(verb, record, changes, **options)


# Reading


def test_an_event_is_told_in_a_sentence_with_its_record_and_what_changed(client, auditor, officer, algorithm):
    answer = client.get(reverse("organisation-trail", args=["rivierwaard"])).content.decode()

    assert f"{officer} registreerde het algoritme" in " ".join(answer.split())
    assert f'<a href="{algorithm.get_absolute_url()}">Parkeercontrole</a>' in answer
    assert "192.0.2.7" in answer and "nog niet verzegeld" in answer


def test_an_event_says_on_whose_behalf_it_was_done(client, auditor, officer, algorithm):
    with audit_trail.acting(officer, "page"), audit_trail.on_behalf_of(auditor):
        audit_trail.record("algorithm.revised", algorithm)

    assert f"(namens {auditor})" in client.get(reverse("organisation-trail", args=["rivierwaard"])).content.decode()


def test_trail_shows_the_organisation_and_its_parts_and_no_other(client, auditor, organisation):
    part = factories.OrganisationFactory(parent=organisation)
    other = factories.OrganisationFactory()
    for record in (organisation, part, other):
        write("organisation.changed", record, organisation=record)

    expected = [("organisation.changed", str(part)), ("organisation.changed", str(organisation))]
    assert shown(client) == expected
    assert shown(client, reverse("trail")) == expected


def test_operator_reads_what_belongs_to_no_organisation_and_nothing_else(client, organisation):
    operator = factories.UserFactory(is_superuser=True)
    client.force_login(operator)
    write("organisation.changed", organisation, organisation=organisation)
    write("user.added", operator)

    assert shown(client, reverse("trail")) == [("user.added", str(operator))]


@pytest.mark.parametrize(
    ("query", "verbs"),
    [
        ({"q": "parkeer"}, ["algorithm.registered"]),
        ({"q": "niets"}, []),
        ({"kind": "registry.algorithm"}, ["algorithm.registered"]),
        ({"kind": "governance.policy"}, []),
        ({"done": "algorithm"}, ["algorithm.registered"]),
        ({"done": "taken"}, ["export.taken"]),
        ({"done": ["taken", "algorithm"]}, ["export.taken", "algorithm.registered"]),
        ({"channel": "page"}, ["algorithm.registered"]),
        ({"channel": "api"}, []),
        ({"request_id": "11111111-1111"}, ["algorithm.registered"]),
        ({"request_id": "1111"}, []),
        ({"person": "mira jansen"}, ["algorithm.registered"]),
        ({"person": "niemand"}, []),
        ({"since": "2026-03-02"}, ["export.taken"]),
        ({"until": "2026-03-01"}, ["algorithm.registered"]),
        ({"since": "2026-03-01", "until": "2026-03-02"}, ["export.taken", "algorithm.registered"]),
        ({"since": "geen dag"}, []),
    ],
)
def test_trail_is_narrowed(client, auditor, officer, organisation, query, verbs):
    officer.name = "Mira Jansen"
    officer.save()
    first = clock.now().replace(year=2026, month=3, day=1, hour=12)
    with clock.at(first), audit_trail.acting(officer, "page", "11111111-1111"):
        audit_trail.record(
            "algorithm.registered", factories.AlgorithmFactory(name="Parkeercontrole", organisation=organisation)
        )
    with clock.at(first + timedelta(days=1)):
        write("export.taken", organisation, organisation=organisation)

    assert [verb for verb, _label in shown(client, **query)] == verbs


def test_trail_is_turned_over_without_missing_or_repeating_an_event(client, auditor, organisation, monkeypatch):
    monkeypatch.setattr(trail, "PAGE_SIZE", 4)
    for n in range(10):
        moment = clock.now() - timedelta(days=n // 3)
        with clock.at(moment.replace(microsecond=0)):
            write("algorithm.seen", organisation, organisation=organisation, label=str(n))
    everything = [event.label for event in AuditEvent.objects.all()]
    address = reverse("organisation-trail", args=["rivierwaard"])

    there, back, query = [], [], {}
    while True:
        page = client.get(address, query).context["page"]
        there += [event.label for event in page.events]
        if not page.older:
            break
        query = {"before": page.older}
    while True:
        back = [event.label for event in page.events] + back
        if not page.newer:
            break
        page = client.get(address, {"after": page.newer}).context["page"]

    assert there == back == everything
    assert client.get(address, {"before": "geen"}).status_code == 200
    assert client.get(address, {"before": "9" * 40}).status_code == 200


def test_empty_trail_says_so(client, auditor):
    assert (
        "Er is nog niets vastgelegd."
        in client.get(reverse("organisation-trail", args=["rivierwaard"])).content.decode()
    )


def test_number_of_queries_does_not_grow_with_the_events(client, auditor, organisation):
    asked = []
    for number in (1, 29):
        for n in range(number):
            algorithm = factories.AlgorithmFactory(organisation=organisation)
            person = factories.UserFactory()
            with audit_trail.acting(person, "page", "gelijk"), audit_trail.on_behalf_of(factories.UserFactory()):
                event = audit_trail.record("algorithm.revised", algorithm, {"name": ["Oud", str(n)]})
                audit_trail.record("membership.given", factories.MembershipFactory(organisation=organisation))
            audit_chain.seal(organisation.pk, event.pk, event.pk + 1)
        for address in (
            reverse("organisation-trail", args=["rivierwaard"]),
            reverse("trail"),
            reverse("trail-event", args=[event.pk]),
        ):
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            asked.append(len(queries))

    assert asked[:3] == asked[3:]


@pytest.mark.parametrize(("role", "sees"), [("auditor", True), ("administrator", True), ("officer", False)])
def test_when_people_logged_in_is_for_auditors_and_administrators(client, organisation, role, sees):
    colleague = factories.member("reader", factories.OrganisationFactory(parent=organisation))
    factories.MembershipFactory(user=colleague, organisation=organisation, role="reader")
    event = write("user.log_in_failed", colleague, organisation=home_of(colleague))
    person = factories.member(role, organisation)
    client.force_login(person)

    assert event.organisation == organisation
    assert shown(client) == [("user.log_in_failed", str(colleague))] * sees
    assert shown(client, reverse("trail")) == [("user.log_in_failed", str(colleague))] * sees
    assert client.get(reverse("trail-event", args=[event.pk])).status_code == (200 if sees else 404)
    assert person.has_perm("governance.view_auditevent", event) == sees


def test_who_works_for_two_organisations_logs_in_for_neither(organisation):
    person = factories.member("reader", organisation)
    factories.MembershipFactory(user=person, organisation=factories.OrganisationFactory())

    assert home_of(person) is None
    assert home_of(factories.UserFactory()) is None


# One event


def test_event_shows_all_that_is_known_of_it_and_what_else_was_in_the_request(client, auditor, officer, algorithm):
    with audit_trail.acting(officer, "page", "11111111-1111"):
        event = audit_trail.record("algorithm.revised", algorithm, {"name": ["Oud", "Nieuw"], "x-1": [1, 2]})
    audit_chain.seal(event.organisation_id, event.pk, event.pk)

    answer = client.get(reverse("trail-event", args=[event.pk]))

    page = answer.content.decode()
    assert [other.verb for other in answer.context["beside"]] == ["algorithm.registered"]
    assert event.seal.hash in page and "<td>Oud</td><td>Nieuw</td>" in page and "x-1" in page


def test_what_else_was_in_the_request_is_shown_only_as_far_as_one_may_read_it(client, auditor, algorithm):
    write("organisation.changed", other := factories.OrganisationFactory(), organisation=other, request="gelijk")
    event = write("algorithm.revised", algorithm, request="gelijk")

    assert client.get(reverse("trail-event", args=[event.pk])).context["beside"] == []


# Taking it away


def download(client, **narrowed):
    query = {"organisation": "rivierwaard", **narrowed}
    return b"".join(client.get(reverse("table", args=["audittrail", "csv"]), query).streaming_content).decode(
        "utf-8-sig"
    )


def test_download_has_what_the_filters_leave_and_no_formulas(client, auditor, officer, organisation, algorithm):
    write("algorithm.revised", algorithm, {"name": ["=1+1", "Nieuw"]}, label="=HYPERLINK(1)")

    head, line, below, *_about = download(client, channel="command").splitlines()

    assert head.startswith("Tijdstip;Organisatie;") and "'=HYPERLINK(1)" in line and "Naam: =1+1 → Nieuw" in line
    assert below == ""


def test_download_is_in_the_trail_with_its_filter(client, auditor, organisation):
    download(client, request_id="x")

    event = AuditEvent.objects.get(verb="export.taken")
    assert (event.actor, event.organisation) == (auditor, organisation)
    assert "Verzoek: x" in event.changes["filter"][1]


def test_download_asks_as_much_of_the_database_for_many_events(client, auditor, organisation):
    asked = []
    for number in (1, 29):
        for _n in range(number):
            write("organisation.changed", organisation, organisation=organisation, by=factories.UserFactory())
        with CaptureQueriesContext(connection) as queries:
            download(client)
        asked.append(len(queries))

    assert asked[0] == asked[1]


# The history of a record


@pytest.mark.parametrize(
    "name", ["organisation", "position", "position-edit", "objective-edit", "knowledge-edit", "requirement"]
)
def test_pages_of_records_show_their_history(client, organisation, name):
    client.force_login(factories.member("manager", organisation))
    record = {
        "organisation": lambda: organisation,
        "position": lambda: factories.PositionFactory(organisation=organisation),
        "position-edit": lambda: factories.PositionFactory(organisation=organisation),
        "objective-edit": lambda: factories.ObjectiveFactory(organisation=organisation),
        "knowledge-edit": lambda: factories.KnowledgeFactory(organisation=organisation),
        "requirement": lambda: factories.RequirementFactory(organisation=organisation, law=None),
    }[name]()
    write(
        "organisation.changed",
        record,
        {"name": ["Oud", "Nieuw"]},
        organisation=organisation,
        by=organisation.people().first(),
    )
    arguments = {"organisation": [organisation.slug], "requirement": [getattr(record, "slug", "")]}

    answer = client.get(reverse(name, args=arguments.get(name, [organisation.slug, record.pk])))

    assert "wijzigde de organisatie" in answer.content.decode()


def test_history_on_a_page_that_everybody_reads_is_not_for_everybody(client):
    requirement = factories.RequirementFactory()
    write("requirement.revised", requirement, {"title_nl": ["Oud", "Nieuw"]})
    address = reverse("requirement", args=[requirement.slug])

    assert "wijzigde: vereiste" not in client.get(address).content.decode()
    client.force_login(factories.UserFactory())
    assert "wijzigde: vereiste" in client.get(address).content.decode()


def test_every_verb_is_found_under_what_was_done():
    fitting = set().union(*trail_filters.VERBS.values())

    def is_found(verb):
        return any(
            verb == fit or (fit.endswith(".") and verb.startswith(fit)) or (fit.startswith(".") and verb.endswith(fit))
            for fit in fitting
        )

    assert [verb for verb in timeline.VERBS if not is_found(verb)] == []
