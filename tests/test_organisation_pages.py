"""The page of an organisation, and working on its organisation level, as each kind of person meets it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import organisation_level, overview
from governance.models import Organisation, OrganisationAssessment, OrganisationMeasureStatus, PolicyVersion, Topic
from governance.positions import responsible
from registry import working
from registry.first_steps import first_steps
from registry.models import RaciDefault
from registry.registering import register
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(client, as_somebody):
    client.force_login(as_somebody)
    return as_somebody.memberships.get().organisation


@pytest.fixture
def department(organisation):
    return factories.OrganisationFactory(parent=organisation, kind="department")


@pytest.fixture
def requirement(db):
    return factories.phase_zero("woo-01")


@pytest.fixture
def measure(requirement):
    return factories.phase_zero_measure("org-02", requirements=[requirement])


@pytest.fixture
def requirement_page(organisation, requirement):
    return reverse("organisation-requirement", args=[organisation.slug, requirement.slug])


@pytest.fixture
def measure_page(organisation, measure):
    return reverse("organisation-measure", args=[organisation.slug, measure.slug])


@pytest.fixture
def claim(organisation, requirement, as_somebody):
    return organisation_level.assess(
        organisation, requirement, {"status": "met", "explanation": "Zie het besluit."}, seen=None, by=as_somebody
    )


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(address).status_code == 200
    return len(counted)


# Working


def test_an_assessment_is_saved(client, requirement_page, as_somebody):
    client.post(requirement_page, {"status": "met", "explanation": "Zie het besluit.", "assignee": as_somebody.pk})

    row = OrganisationAssessment.objects.get()
    assert (row.status, row.claimed_by, row.assignee) == ("met", as_somebody, as_somebody)


@pytest.mark.parametrize("status", ["met", "not_applicable"])
def test_an_assessment_without_an_explanation_is_refused_beside_the_field(client, requirement_page, status):
    page = client.post(requirement_page, {"status": status})

    assert list(page.context["form"].errors) == ["explanation"]


def test_who_saves_second_sees_what_changed_and_loses_no_typing(client, organisation, measure, measure_page):
    colleague = factories.member("officer", organisation)
    fields = {"choice": "chosen", "explanation": "Van een ander"}
    organisation_level.record_measure(organisation, measure, fields, seen=None, by=colleague)

    typed = {"choice": "not_applied", "progress": "to_do", "explanation": "Van mij"}
    second = client.post(measure_page, typed)
    page = second.content.decode()
    client.post(measure_page, {**typed, "seen": second.context["form"]["seen"].value()})

    assert (colleague.name in page, "Van een ander" in page, "Van mij" in page) == (True, True, True)
    assert OrganisationMeasureStatus.objects.current().get().explanation == "Van mij"


def test_a_contributor_changes_only_what_is_assigned_to_them_and_assigns_nothing(
    client, organisation, measure, measure_page, as_somebody
):
    contributor = factories.member("contributor", organisation)
    client.force_login(contributor)

    refused = client.post(measure_page, {"choice": "chosen", "progress": "done"}).status_code
    row = organisation_level.record_measure(organisation, measure, {"assignee": contributor}, seen=None, by=as_somebody)
    client.post(
        measure_page,
        {"choice": "chosen", "progress": "done", "seen": row.pk, "assignee": as_somebody.pk, "due": "2030-01-01"},
    )

    now = OrganisationMeasureStatus.objects.current().get()
    assert (refused, now.progress, now.assignee, now.due) == (403, "done", contributor, None)


@pytest.mark.parametrize("role", ["reader", "auditor", "administrator"])
def test_who_only_reads_sees_no_form_and_cannot_save(client, organisation, requirement_page, claim, role):
    client.force_login(factories.member(role, organisation))

    page = look_at(client, requirement_page)
    refused = client.post(requirement_page, {"status": "in_progress"}).status_code

    assert ('name="status"' in page, "Zie het besluit." in page, refused) == (False, True, 403)


def test_a_colleague_verifies_and_the_claimant_cannot(client, organisation, requirement, requirement_page, claim):
    address = reverse("organisation-verify", args=[organisation.slug, requirement.slug])
    verdict = {"seen": claim.pk, "verdict": "confirm"}

    offered = address in client.get(requirement_page).content.decode()
    own = client.post(address, verdict).status_code
    client.force_login(factories.member("manager", organisation))
    offered_to_colleague = address in client.get(requirement_page).content.decode()
    client.post(address, verdict)

    assert (offered, own, offered_to_colleague) == (False, 403, True)
    assert OrganisationAssessment.objects.current().exclude(verified_at=None).count() == 1


def test_returning_a_claim_needs_a_reason(client, organisation, requirement, claim):
    client.force_login(factories.member("manager", organisation))
    address = reverse("organisation-verify", args=[organisation.slug, requirement.slug])

    page = client.post(address, {"seen": claim.pk, "verdict": "return"})

    assert list(page.context["verify_form"].errors) == ["reason"]
    assert OrganisationAssessment.objects.current().get() == claim


@pytest.mark.parametrize("name", ["organisation-requirement", "organisation-verify"])
def test_another_organisations_own_item_is_not_there(client, organisation, name):
    own = factories.RequirementFactory(organisation=factories.OrganisationFactory(), phases=[0])

    answer = client.post(reverse(name, args=[organisation.slug, own.slug]), {"status": "in_progress"})

    assert (answer.status_code, OrganisationAssessment.objects.exists()) == (404, False)


def test_what_has_no_phase_zero_is_not_worked_on_here(client, organisation):
    elsewhere = factories.RequirementFactory(phases=[2])

    address = reverse("organisation-requirement", args=[organisation.slug, elsewhere.slug])

    assert client.get(address).status_code == 404


# Lists


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "name", ["organisation", "organisation-requirements", "organisation-measures", "organisations"]
)
def test_pages_are_well_made_with_and_without_rows(client, organisation, name, language):
    address = reverse(name, args=[organisation.slug] if name != "organisations" else [])

    look_at(client, address, language)
    factories.phase_zero("woo-01")
    factories.phase_zero_measure("org-02")
    look_at(client, address, language)


def test_pages_of_one_item_are_well_made(client, requirement_page, measure_page, claim):
    look_at(client, requirement_page)
    look_at(client, measure_page)


def test_the_requirement_of_ai_literacy_leads_to_where_that_is_arranged(client, organisation, requirement_page):
    factories.phase_zero("aia-01", slug="aia-01")
    address = reverse("organisation-requirement", args=[organisation.slug, "aia-01"])

    link = f'<p><a href="{reverse("literacy", args=[organisation.slug])}">'
    assert link in look_at(client, address)
    assert link not in client.get(requirement_page).content.decode()


def test_the_page_with_the_forms_to_assess_and_verify_is_well_made(client, organisation, requirement_page, claim):
    client.force_login(factories.member("manager", organisation))

    page = look_at(client, requirement_page)

    assert 'id="id_seen"' in page and 'id="verify_seen"' in page


def test_requirements_are_narrowed_by_topic_status_and_state(client, organisation, as_somebody):
    topic = factories.TopicFactory(slug="transparantie")
    late, done, open_one = (factories.phase_zero(f"woo-0{number}") for number in (1, 2, 3))
    late.topics.set([topic])
    fields = {"status": "not_met", "due": timezone.localdate() - timedelta(days=1), "assignee": as_somebody}
    organisation_level.assess(organisation, late, fields, seen=None, by=as_somebody)
    met = {"status": "met", "explanation": "Zo."}
    organisation_level.assess(organisation, done, met, seen=None, by=as_somebody)
    address = reverse("organisation-requirements", args=[organisation.slug])

    def shown(query):
        return [row.item for row in client.get(f"{address}?{query}").context["rows"]]

    assert shown("") == [late, done, open_one]
    assert shown("topic=transparantie") == [late]
    assert shown("status=met") == shown("show=to-verify") == shown("show=settled") == [done]
    assert shown("show=overdue") == [late]
    assert shown("show=unassigned") == shown("status=open") == [open_one]
    assert shown("show=verified") == shown("topic=nergens") == []


@pytest.mark.parametrize("nonsense", ["%00", "a'b", "nergens"])
@pytest.mark.parametrize("page", ["organisation-requirements", "organisation-measures"])
def test_nonsense_to_narrow_by_does_no_harm(client, organisation, page, nonsense):
    address = reverse(page, args=[organisation.slug])

    assert (
        client.get(f"{address}?topic={nonsense}&status={nonsense}&choice={nonsense}&show={nonsense}").status_code == 200
    )


@pytest.mark.parametrize("page", ["organisation-requirements", "organisation-measures", "organisation"])
def test_a_page_costs_the_same_however_much_there_is(client, organisation, as_somebody, page):
    address = reverse(page, args=[organisation.slug])

    def fill(numbers):
        for n in numbers:
            requirement = factories.phase_zero(f"woo-{n}", organisation=organisation)
            measure = factories.phase_zero_measure(f"org-{n}", requirements=[requirement])
            organisation_level.assess(organisation, requirement, {"assignee": as_somebody}, seen=None, by=as_somebody)
            organisation_level.record_measure(organisation, measure, {"choice": "chosen"}, seen=None, by=as_somebody)
            policy = factories.policy_in_force(organisation, f"Beleid {n}", review_date="2021-01-01")
            policy.topics.set([factories.TopicFactory(slug=f"onderwerp-{n}")])
            factories.PositionFactory(organisation=organisation)
            factories.holder(factories.PositionFactory(organisation=organisation, governs_algorithms=True))
            register(organisation, {"name": f"Algoritme {n}", "description_short": "Iets."}, by=as_somebody)
            factories.OrganisationFactory(parent=organisation, kind="department")

    fill([10])
    one = queries(client, address)
    fill(range(11, 40))

    assert queries(client, address) == one


# Departments


def test_a_department_shows_how_far_the_organisation_is_and_leads_there(client, organisation, department, claim):
    page = look_at(client, reverse("organisation-requirements", args=[department.slug]))

    assert [
        row.work for row in client.get(reverse("organisation-requirements", args=[department.slug])).context["rows"]
    ] == [claim]
    assert reverse("organisation-requirement", args=[organisation.slug, "woo-01"]) in page
    assert client.get(reverse("organisation-requirement", args=[department.slug, "woo-01"])).status_code == 404


@pytest.mark.parametrize("role", ["manager", "contributor", "reader"])
def test_who_sees_the_department_alone_sees_the_status_and_not_what_it_says(
    client, organisation, department, claim, role
):
    client.force_login(factories.member(role, department))

    address = reverse("organisation-requirements", args=[department.slug])
    page = look_at(client, address)
    rows = client.get(f"{address}?show=unassigned").context["rows"]
    refused = client.post(reverse("organisation-requirement", args=[organisation.slug, "woo-01"]), {"status": "open"})

    assert (str(claim.claimed_by) in page, "Zie het besluit." in page) == (True, False)
    assert reverse("organisation-requirement", args=[organisation.slug, "woo-01"]) not in page
    assert refused.status_code == 404
    assert [row.work for row in rows] == [claim]


# Inherited by algorithms


@pytest.fixture
def algorithm(department, requirement, measure, as_somebody):
    factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", law=factories.LawFactory(slug="woo"))
    return register(department, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody)


def test_an_algorithm_shows_the_organisations_status_and_who_and_when_with_a_link(
    client, organisation, algorithm, requirement, measure, claim, as_somebody
):
    organisation_level.record_measure(organisation, measure, {"choice": "chosen"}, seen=None, by=as_somebody)
    pages = {
        name: look_at(client, reverse(name, args=[algorithm.pk, *slug]))
        for name, slug in {
            "algorithm-requirements": [],
            "algorithm-measures": [],
            "algorithm-requirement": [requirement.slug],
            "algorithm-measure": [measure.slug],
        }.items()
    }
    there = reverse("organisation-requirement", args=[organisation.slug, requirement.slug])
    measure_there = reverse("organisation-measure", args=[organisation.slug, measure.slug])

    assert [there in pages["algorithm-requirements"], there in pages["algorithm-requirement"]] == [True, True]
    assert [measure_there in pages["algorithm-measures"], measure_there in pages["algorithm-measure"]] == [True, True]
    assert all(as_somebody.name in page for page in pages.values())
    assert 'name="status"' not in pages["algorithm-requirement"]
    assert 'name="choice"' not in pages["algorithm-measure"]


def test_who_sees_the_algorithm_and_not_the_organisation_gets_no_link_and_no_explanation(
    client, organisation, department, algorithm, requirement, claim
):
    client.force_login(factories.member("officer", department))

    pages = [
        look_at(client, reverse("algorithm-requirements", args=[algorithm.pk])),
        look_at(client, reverse("algorithm-requirement", args=[algorithm.pk, requirement.slug])),
    ]

    for page in pages:
        assert (str(claim.claimed_by) in page, "Zie het besluit." in page) == (True, False)
        assert reverse("organisation-requirement", args=[organisation.slug, requirement.slug]) not in page


@pytest.mark.parametrize(("name", "slug"), [("algorithm-requirement", "woo-01"), ("algorithm-measure", "org-02")])
def test_what_is_inherited_cannot_be_saved_at_the_algorithm(client, algorithm, name, slug):
    answer = client.post(
        reverse(name, args=[algorithm.pk, slug]), {"status": "open", "choice": "open", "progress": "to_do"}
    )

    assert answer.status_code == 403
    assert working.current_assessment(algorithm, factories.governance.Requirement.objects.get(slug="woo-01")).pk is None


def test_requirements_of_an_algorithm_are_narrowed_by_the_inherited_status(client, algorithm, claim):
    address = reverse("algorithm-requirements", args=[algorithm.pk])

    met, open_ones = (client.get(f"{address}?status={status}").context for status in ("met", "open"))

    assert ([row.assessment for row in met["inherited"]], met["applies"]) == ([claim], [])
    assert (open_ones["inherited"], [row.requirement.code for row in open_ones["applies"]]) == ([], ["woo-99"])


@pytest.mark.parametrize("page", ["algorithm-requirements", "algorithm-measures"])
def test_what_is_inherited_costs_no_query_for_each_row(client, organisation, algorithm, as_somebody, page):
    address = reverse(page, args=[algorithm.pk])
    before = queries(client, address)

    for number in range(10, 39):
        requirement = factories.phase_zero(f"woo-{number}")
        measure = factories.phase_zero_measure(f"org-{number}", requirements=[requirement])
        organisation_level.assess(organisation, requirement, {"assignee": as_somebody}, seen=None, by=as_somebody)
        organisation_level.record_measure(organisation, measure, {"choice": "chosen"}, seen=None, by=as_somebody)
    working.decide_all([algorithm])

    assert len(client.get(address).context["inherited"]) == 30
    assert queries(client, address) == before


def test_api_says_how_far_the_organisation_is(client, algorithm, claim):
    rows = client.get(f"/api/v1/algorithms/{algorithm.pk}/applicability").json()["results"]

    inherited = {row["requirement"]["code"]: row["inherited"] for row in rows}
    assert inherited["woo-99"] is None
    assert (inherited["woo-01"]["status"], inherited["woo-01"]["claimedBy"]) == ("met", str(claim.claimed_by))
    assert "explanation" not in inherited["woo-01"]


# At a glance


def test_somebody_is_responsible_here_or_in_the_nearest_organisation_above_where_somebody_is(organisation, department):
    above = factories.holder(factories.PositionFactory(organisation=organisation, governs_algorithms=True))
    factories.holder(factories.PositionFactory(organisation=department))
    from_above = responsible(department).holders
    own = factories.PositionFactory(organisation=department, governs_algorithms=True)
    while_vacant = responsible(department)
    here = factories.holder(own)

    assert (from_above, while_vacant.holders, while_vacant.functions) == ([above], [above], [own])
    assert responsible(department).holders == [here]
    assert responsible(organisation).holders == [above]


@pytest.mark.parametrize(
    "period",
    [
        {"since": timezone.now() - timedelta(days=9), "until": timezone.now() - timedelta(days=1)},
        {"since": timezone.now() + timedelta(days=9)},
        {"is_deputy": True},
    ],
    ids=["ended", "still to begin", "deputy"],
)
def test_who_does_not_hold_the_function_now_is_not_responsible(client, organisation, period):
    position = factories.PositionFactory(organisation=organisation, governs_algorithms=True)
    factories.holder(position, **period)

    page = look_at(client, reverse("organisation", args=[organisation.slug]))

    assert responsible(organisation).holders == []
    assert "Niemand" in page


def test_who_is_responsible_is_named_with_since_when(client, organisation):
    position = factories.PositionFactory(organisation=organisation, name="Chief data officer", governs_algorithms=True)
    row = factories.holder(position, since=timezone.datetime(2024, 3, 1, 12, tzinfo=timezone.get_current_timezone()))

    page = look_at(client, reverse("organisation", args=[organisation.slug]))

    assert (row.person.name in page, "Chief data officer" in page, "1 maart 2024" in page) == (True, True, True)


def test_topics_have_the_policies_in_force_of_the_organisation_and_above_and_others_are_missing(
    organisation, department
):
    covered, missing = Topic.objects.create(slug="data", title_nl="Data"), factories.TopicFactory()
    of_above = factories.policy_in_force(organisation, "Gemeentebreed")
    of_above.topics.set([covered])
    foreign = factories.policy_in_force(factories.OrganisationFactory(), "Van anderen")
    foreign.topics.set([missing])
    draft = factories.policy_in_force(department, "Nog niet")
    draft.topics.set([missing])
    PolicyVersion.objects.filter(policy=draft).update(status="draft", adopted_at=None, in_force_from=None)

    found = overview.policies(department)

    assert dict(found.topics) == {covered: [of_above], missing: []}
    assert (found.missing, found.in_preparation) == ([missing], 1)


def test_policies_with_a_review_date_that_passed_are_due(client, organisation):
    factories.policy_in_force(organisation, "Oud beleid", review_date=timezone.localdate() - timedelta(days=1))
    factories.policy_in_force(organisation, "Vers beleid", review_date=timezone.localdate())

    due = overview.policies(organisation).due

    assert [version.policy.title for version in due] == ["Oud beleid"]
    assert "Oud beleid" in look_at(client, reverse("organisation", args=[organisation.slug]))


def figures(page):
    """The figures of a page, in words."""
    html = look_at(*page)
    rows = re.findall(r'<ul class="figures">(.*?)</ul>', html, re.DOTALL)
    items = re.findall(r"<li>(.*?)</li>", "".join(rows), re.DOTALL)
    return {" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in items}


def test_one_of_something_is_told_in_the_singular(client, organisation, as_somebody, requirement, measure):
    page = client, reverse("organisation", args=[organisation.slug])
    none = figures(page)
    factories.policy_in_force(organisation, "Oud beleid", review_date=timezone.localdate() - timedelta(days=1))
    factories.PositionFactory(organisation=organisation)
    organisation_level.assess(organisation, requirement, {"due": "2020-01-01"}, seen=None, by=as_somebody)
    register(organisation, {"name": "Een", "description_short": "Iets."}, by=as_somebody)

    one = figures(page)

    assert {"0 beleidsstukken van kracht", "0 functies niet vervuld", "0 vereisten te laat"} <= none
    assert {
        "1 beleidsstuk van kracht",
        "1 beleidsstuk dat herzien moet worden",
        "1 functie niet vervuld",
        "1 vereiste te laat",
        "1 vereiste van niemand",
        "0 meldingen wachten op verificatie",
        "1 algoritme",
    } <= one


def test_functions_that_nobody_holds_are_vacant(organisation):
    vacant = factories.PositionFactory(organisation=organisation)
    factories.holder(factories.PositionFactory(organisation=organisation))
    factories.PositionFactory(organisation=organisation, ended=timezone.now())

    assert overview.vacant_functions(organisation) == [vacant]


def test_numbers_lead_to_as_many_rows(client, organisation, department, as_somebody, requirement, measure):
    organisation_level.assess(organisation, requirement, {"due": "2020-01-01"}, seen=None, by=as_somebody)
    for place in (organisation, department):
        register(place, {"name": f"Van {place}", "description_short": "Iets."}, by=as_somebody)
    register(factories.OrganisationFactory(), {"name": "Van anderen", "description_short": "Iets."}, by=as_somebody)
    page = look_at(client, reverse("organisation", args=[organisation.slug]))
    standing = organisation_level.standing(organisation)
    here = "&".join(f"organisation={place.slug}" for place in (organisation, department))
    there = reverse("organisation-requirements", args=[organisation.slug])

    for query, number in (("show=overdue", standing.requirements_overdue), ("show=unassigned", 1), ("status=met", 0)):
        assert f"{there}?{query}" in page
        assert len(client.get(f"{there}?{query}").context["rows"]) == number
    for query in ("", "risk_group=unclassified&", "vacant=true&"):
        address = f"{reverse('algorithms')}?{query}{here}"
        assert address.replace("&", "&amp;") in page
        assert client.get(address).context["page"].paginator.count == 2


def test_the_page_of_a_department_shows_nothing_of_its_neighbours(client, organisation, department, as_somebody):
    neighbour = factories.OrganisationFactory(parent=organisation, kind="department")
    factories.policy_in_force(neighbour, "Beleid van de buren")
    factories.PositionFactory(organisation=neighbour, name="Functie van de buren")
    register(neighbour, {"name": "Algoritme van de buren", "description_short": "Iets."}, by=as_somebody)
    client.force_login(factories.member("reader", department))

    page = client.get(reverse("organisation", args=[department.slug]))

    assert "van de buren" not in page.content.decode()
    assert Organisation.objects.visible_to(page.wsgi_request.user).get() == department


# The first steps of a new organisation


def test_a_new_organisation_shows_its_first_steps_until_all_are_taken(client, organisation):
    manager = factories.member("manager", organisation)
    client.force_login(manager)
    page = look_at(client, organisation.get_absolute_url())
    before = [step.is_done for step in first_steps(organisation, manager)]

    position = factories.PositionFactory(organisation=organisation, governs_algorithms=True)
    factories.RoleAssignmentFactory(position=position, person=manager)
    factories.member("manager", organisation)
    RaciDefault.objects.create(organisation=organisation, position=position, letter="A")
    factories.policy_in_force(organisation, "Beleid")
    factories.ObjectiveFactory(organisation=organisation)
    factories.KnowledgeFactory(organisation=organisation)
    nearly = [step.is_done for step in first_steps(organisation, manager)]
    factories.AlgorithmFactory(organisation=organisation)
    after = client.get(organisation.get_absolute_url())

    assert "0 van 8 gedaan" in page and reverse("raci-defaults", args=[organisation.slug]) in page
    assert (before, nearly) == ([False] * 8, [True] * 7 + [False])
    assert "Eerste stappen" not in after.content.decode()


@pytest.mark.parametrize("role", ["officer", "auditor", "contributor", "reader"])
def test_first_steps_are_for_who_arranges_the_organisation(client, organisation, role):
    client.force_login(factories.member(role, organisation))

    assert "Eerste stappen" not in client.get(organisation.get_absolute_url()).content.decode()


def test_only_an_administrator_is_led_to_the_people(client, organisation):
    there = f'href="{reverse("members", args=[organisation.slug])}"'
    pages = {}
    for role in ("manager", "administrator"):
        client.force_login(factories.member(role, organisation))
        pages[role] = look_at(client, organisation.get_absolute_url())

    assert [there in pages[role] for role in ("manager", "administrator")] == [False, True]
