"""Working on requirements and measures, as each kind of person meets it."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import Measure, Requirement
from registry import working
from registry.models import Applicability, MeasureStatus, RequirementAssessment
from registry.registering import register
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm(client, as_somebody):
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", law=factories.LawFactory(slug="woo"))
    factories.MeasureFactory(urn="urn:nl:ak:mtr:imp-99", requirements=[requirement])
    client.force_login(as_somebody)
    return register(
        as_somebody.memberships.get().organisation,
        {"name": "Ordenen", "description_short": "Ordent."},
        by=as_somebody,
    )


@pytest.fixture
def requirement_page(algorithm):
    return reverse("algorithm-requirement", args=[algorithm.pk, "woo-99"])


@pytest.fixture
def measure_page(algorithm):
    return reverse("algorithm-measure", args=[algorithm.pk, "imp-99"])


def test_an_assessment_is_saved(client, requirement_page, as_somebody):
    client.post(requirement_page, {"status": "met", "explanation": "Zie het besluit.", "assignee": as_somebody.pk})

    claim = RequirementAssessment.objects.get()
    assert (claim.status, claim.claimed_by, claim.assignee) == ("met", as_somebody, as_somebody)


def test_met_without_an_explanation_is_refused_beside_the_field(client, requirement_page):
    page = client.post(requirement_page, {"status": "met"})

    assert list(page.context["form"].errors) == ["explanation"]


def test_two_people_saving_different_measures_both_succeed(client, algorithm, measure_page):
    requirement = Applicability.objects.get().requirement
    factories.MeasureFactory(urn="urn:nl:ak:mtr:imp-98", requirements=[requirement])

    client.post(measure_page, {"choice": "chosen", "progress": "to_do"})
    client.post(reverse("algorithm-measure", args=[algorithm.pk, "imp-98"]), {"choice": "chosen", "progress": "done"})

    assert MeasureStatus.objects.current().count() == 2


def test_who_saves_the_same_measure_second_sees_what_changed_and_loses_no_typing(
    client, algorithm, measure_page, as_somebody
):
    colleague = factories.member("officer", algorithm.organisation)
    measure = factories.governance.Measure.objects.get()
    working.record_measure(
        algorithm, measure, {"choice": "chosen", "explanation": "Van een ander"}, seen=None, by=colleague
    )

    second = client.post(measure_page, {"choice": "not_applied", "progress": "to_do", "explanation": "Van mij"})
    page = second.content.decode()
    seen = second.context["form"]["seen"].value()
    client.post(measure_page, {"choice": "not_applied", "progress": "to_do", "explanation": "Van mij", "seen": seen})

    assert (colleague.name in page, "Van een ander" in page, "Van mij" in page) == (True, True, True)
    assert MeasureStatus.objects.current().get().explanation == "Van mij"
    assert MeasureStatus.objects.count() == 2


@pytest.mark.parametrize("kind", ["requirement", "measure"])
def test_a_catalogue_text_is_shown_as_the_text_it_is_and_safely(client, algorithm, request, kind):
    item = {"requirement": Requirement, "measure": Measure}[kind].objects.get()
    item.summary_nl = "Volg het [doel](/voldoen-aan-wetten-en-regels/maatregelen/1-pba-02-doel.md)."
    item.risk_nl = "Een *groot* risico.\n\n### Voor wie\n<script>alert(1)</script>Iedereen."
    item.save()

    page = look_at(client, request.getfixturevalue(f"{kind}_page"))

    assert f'Volg het <a href="{reverse("measure", args=["1-pba-02-doel"])}">doel</a>.' in page
    assert "Een <em>groot</em> risico." in page
    assert "<script>alert" not in page


def test_the_overview_counts_what_is_open_overdue_and_assigned_to_nobody(client, algorithm, as_somebody):
    requirement = Requirement.objects.get()
    fields = {"due": date(2020, 1, 1), "assignee": as_somebody}
    working.assess(algorithm, requirement, fields, seen=None, by=as_somebody)

    client.cookies["django_language"] = "en"
    overview = client.get(algorithm.get_absolute_url())
    listed = client.get(reverse("algorithms")).context["page"][0]

    counted = overview.context["algorithm"].compliance
    assert (counted.open, counted.overdue, counted.unassigned) == (2, 1, 1)
    assert "<strong>1</strong> of these overdue" in overview.content.decode()
    assert listed.compliance.overdue == 1


def test_own_items_with_the_same_code_are_told_apart_by_their_organisation(client, as_somebody):
    above = as_somebody.memberships.get().organisation
    unit = factories.OrganisationFactory(parent=above, name="Sociaal Domein")
    for organisation in (above, unit):
        urn = f"urn:nl:{organisation.slug}"
        duty = factories.RequirementFactory(
            urn=f"{urn}:ver:01", slug=f"{organisation.slug}-ver-01", organisation=organisation, law=None
        )
        factories.MeasureFactory(
            urn=f"{urn}:mtr:01", slug=f"{organisation.slug}-mtr-01", organisation=organisation, requirements=[duty]
        )
    algorithm = register(unit, {"name": "Ordenen", "description_short": "x"}, by=as_somebody)
    client.force_login(as_somebody)

    for page in ("algorithm-requirements", "algorithm-measures"):
        shown = look_at(client, reverse(page, args=[algorithm.pk]), "en")
        assert [shown.count(f"Own item of {organisation}<") for organisation in (above, unit)] == [1, 1]


@pytest.mark.parametrize("links", ["geen adres", "javascript:alert(1)", "Titel ftp://voorbeeld.nl"])
def test_evidence_must_be_a_web_address(client, measure_page, links):
    page = client.post(measure_page, {"choice": "chosen", "progress": "done", "links": links})

    assert list(page.context["form"].errors) == ["links"]
    assert links in page.content.decode()


def test_a_contributor_changes_only_what_is_assigned_to_them_and_assigns_nothing(
    client, algorithm, measure_page, as_somebody
):
    contributor = factories.member("contributor", algorithm.organisation)
    client.force_login(contributor)

    refused = client.post(measure_page, {"choice": "chosen", "progress": "done"}).status_code
    row = working.record_measure(
        algorithm, factories.governance.Measure.objects.get(), {"assignee": contributor}, seen=None, by=as_somebody
    )
    client.post(
        measure_page,
        {"choice": "chosen", "progress": "done", "seen": row.pk, "assignee": as_somebody.pk, "due": "2030-01-01"},
    )

    now = MeasureStatus.objects.current().get()
    assert (refused, now.progress, now.assignee, now.due) == (403, "done", contributor, None)


@pytest.mark.parametrize("role", ["reader", "auditor", "administrator"])
def test_who_only_reads_sees_no_form_and_cannot_save(client, algorithm, requirement_page, role):
    client.force_login(factories.member(role, algorithm.organisation))

    page = client.get(requirement_page).content.decode()
    refused = client.post(requirement_page, {"status": "in_progress"}).status_code

    assert ('name="status"' in page, refused) == (False, 403)


def test_a_colleague_verifies_and_the_claimant_cannot(client, algorithm, requirement_page, as_somebody):
    client.post(requirement_page, {"status": "met", "explanation": "Zo."})
    claim = RequirementAssessment.objects.get()
    verdict = {"seen": claim.pk, "verdict": "confirm"}
    address = reverse("algorithm-verify", args=[algorithm.pk, "woo-99"])

    own = client.post(address, verdict).status_code
    client.force_login(factories.member("manager", algorithm.organisation))
    client.post(address, verdict)

    assert (own, RequirementAssessment.objects.current().exclude(verified_at=None).count()) == (403, 1)


def test_returning_a_claim_needs_a_reason(client, algorithm, requirement_page):
    client.post(requirement_page, {"status": "met", "explanation": "Zo."})
    claim = RequirementAssessment.objects.get()
    client.force_login(factories.member("manager", algorithm.organisation))

    page = client.post(
        reverse("algorithm-verify", args=[algorithm.pk, "woo-99"]), {"seen": claim.pk, "verdict": "return"}
    )

    assert list(page.context["verify_form"].errors) == ["reason"]


def test_the_page_with_the_forms_to_assess_verify_and_overrule_is_well_made(client, algorithm, requirement_page):
    client.post(requirement_page, {"status": "met", "explanation": "Zo."})
    client.force_login(factories.member("manager", algorithm.organisation))

    page = look_at(client, requirement_page)

    assert all(f'id="{name}_seen"' in page for name in ("id", "verify", "overrule"))


def test_overruling_needs_a_reason_and_is_shown_as_such(client, algorithm, requirement_page):
    row = Applicability.objects.current().get()
    address = reverse("algorithm-overrule", args=[algorithm.pk, "woo-99"])

    refused = client.post(address, {"seen": row.pk, "outcome": "does_not_apply"})
    client.post(address, {"seen": row.pk, "outcome": "does_not_apply", "reason": "Nooit documenten."})
    page = client.get(requirement_page).content.decode()

    assert list(refused.context["overrule_form"].errors) == ["reason"]
    assert "Nooit documenten." in page


def test_an_address_of_another_algorithm_does_not_widen_what_one_may(client, algorithm):
    elsewhere = factories.OrganisationFactory()
    hidden = register(elsewhere, {"name": "Van anderen", "description_short": "x"}, by=None)

    answers = [
        client.post(reverse(name, args=[hidden.pk, slug]), {"algorithm": algorithm.pk}).status_code
        for name, slug in (
            ("algorithm-requirement", "woo-99"),
            ("algorithm-measure", "imp-99"),
            ("algorithm-verify", "woo-99"),
            ("algorithm-overrule", "woo-99"),
        )
    ]

    assert answers == [404, 404, 404, 404]


def test_another_organisations_own_measure_is_not_shown(client, algorithm):
    own = factories.MeasureFactory(urn="urn:nl:anderen:mtr:01", organisation=factories.OrganisationFactory())

    assert client.get(reverse("algorithm-measure", args=[algorithm.pk, own.slug])).status_code == 404


@pytest.mark.parametrize("page", ["algorithm-requirements", "algorithm-measures"])
def test_a_list_costs_the_same_however_long_it_is(client, algorithm, as_somebody, page):
    address = reverse(page, args=[algorithm.pk])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _number in range(29):
        requirement = factories.RequirementFactory(law=factories.LawFactory(slug="woo"))
        factories.MeasureFactory(requirements=[requirement])
    working.decide_all([algorithm])
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


def test_what_belongs_to_the_organisation_level_is_inherited_and_not_counted(client, algorithm):
    factories.RequirementFactory(urn="urn:nl:ak:ver:woo-98", law=factories.LawFactory(slug="woo"), phases=[0])
    working.decide_all([algorithm])

    page = client.get(reverse("algorithm-requirements", args=[algorithm.pk]))

    assert [row.requirement.code for row in page.context["inherited"]] == ["woo-98"]
    assert [row.requirement.code for row in page.context["applies"]] == ["woo-99"]
    algorithm.compliance.refresh_from_db()
    assert algorithm.compliance.applies == 1


@pytest.mark.parametrize("page", ["algorithm-requirements", "algorithm-measures"])
@pytest.mark.parametrize("nonsense", ["%00", "a'b", "nergens"])
def test_nonsense_to_narrow_by_does_no_harm(client, algorithm, page, nonsense):
    answer = client.get(f"{reverse(page, args=[algorithm.pk])}?topic={nonsense}&phase={nonsense}&status={nonsense}")

    assert answer.status_code == 200
