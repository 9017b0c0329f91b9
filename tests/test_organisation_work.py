"""The work at organisation level: what is tracked there, how far it is, and who inherits it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance import leaving, organisation_level
from governance.conflict import Conflict
from governance.models import (
    AuditEvent,
    FrameworkRelease,
    Measure,
    Organisation,
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Requirement,
)
from governance.organisation_level import Standing
from registry import working
from registry.registering import register
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(as_somebody):
    return as_somebody.memberships.get().organisation


@pytest.fixture
def requirement(db):
    return factories.phase_zero("woo-01")


@pytest.fixture
def measure(db):
    return factories.phase_zero_measure("org-02")


def codes(items):
    return [item.code for item in items.order_by("urn")]


# What is tracked


def test_what_has_phase_zero_is_tracked_alone_or_beside_other_phases_and_nothing_else_is(organisation):
    factories.phase_zero("woo-01")
    factories.phase_zero("aia-26", phases=[0, 2, 7])
    factories.phase_zero("aia-02", phases=[2])
    factories.phase_zero("aia-03", phases=[])

    assert codes(organisation_level.tracked(Requirement, organisation)) == ["aia-26", "woo-01"]


def test_what_is_withdrawn_is_not_tracked_and_stays_set_aside_where_somebody_worked_on_it(
    organisation, requirement, as_somebody
):
    unused = factories.phase_zero("woo-02")
    organisation_level.assess(organisation, requirement, {"status": "in_progress"}, seen=None, by=as_somebody)
    release = FrameworkRelease.objects.create(source="algoritmekader", name="2026-06", fingerprint="f")
    Requirement.objects.update(withdrawn_in=release)

    rows, set_aside = organisation_level.requirement_rows(organisation)

    assert (rows, [row.item.code for row in set_aside]) == ([], ["woo-01"])
    assert not organisation_level.is_tracked(organisation, unused)


def test_own_items_count_for_the_organisation_below_and_of_departments_for_the_one_that_is_accountable():
    above = factories.OrganisationFactory()
    own = factories.OrganisationFactory(parent=above)
    department = factories.OrganisationFactory(parent=own, kind="department")
    team = factories.OrganisationFactory(parent=department, kind="department")
    agency = factories.OrganisationFactory(parent=own, kind="agency")
    places = {
        "above": above, "own": own, "department": department, "team": team, "agency": agency,
        "of the agency": factories.OrganisationFactory(parent=agency, kind="department"),
        "foreign": factories.OrganisationFactory(),
    }  # fmt: skip
    for name, place in places.items():
        factories.MeasureFactory(title_nl=name, organisation=place, phases=[0])

    tracked = organisation_level.tracked(Measure, own).values_list("title_nl", flat=True)

    assert set(tracked) == {"above", "own", "department", "team"}
    assert (team.accountable(), agency.accountable()) == (own, agency)


# Working


def test_met_is_a_claim_that_somebody_else_verifies(organisation, requirement, as_somebody):
    colleague = factories.member("manager", organisation)
    claim = organisation_level.assess(
        organisation, requirement, {"status": "met", "explanation": "Zie besluit."}, seen=None, by=as_somebody
    )

    with pytest.raises(ValidationError):
        organisation_level.verify(claim, confirmed=True, by=as_somebody)
    organisation_level.verify(claim, confirmed=True, by=colleague)

    now = organisation_level.current_assessment(organisation, requirement)
    assert (now.claimed_by, now.claimed_revision, now.verified_by) == (as_somebody, 1, colleague)


def test_not_applicable_is_a_judgement_with_an_explanation(organisation, requirement, as_somebody):
    links = [{"title": "Besluit", "url": "https://voorbeeld.nl"}]
    with pytest.raises(ValidationError) as refused:
        organisation_level.assess(
            organisation, requirement, {"status": "not_applicable", "links": links}, seen=None, by=as_somebody
        )

    row = organisation_level.assess(
        organisation, requirement, {"status": "not_applicable", "explanation": "Wij bouwen niets."}, seen=None,
        by=as_somebody,
    )  # fmt: skip

    assert list(refused.value.message_dict) == ["explanation"]
    assert (row.status, row.claimed_by) == ("not_applicable", None)


def test_for_an_algorithm_the_rule_decides_what_does_not_apply(organisation, as_somebody):
    requirement = factories.phase_zero("woo-03", phases=[2])
    algorithm = register(organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody)

    with pytest.raises(ValidationError) as refused:
        working.assess(
            algorithm, requirement, {"status": "not_applicable", "explanation": "Nee."}, seen=None, by=as_somebody
        )

    assert list(refused.value.message_dict) == ["status"]


def test_a_measure_that_is_not_applied_needs_an_explanation(organisation, measure, as_somebody):
    with pytest.raises(ValidationError) as refused:
        organisation_level.record_measure(organisation, measure, {"choice": "not_applied"}, seen=None, by=as_somebody)

    assert list(refused.value.message_dict) == ["explanation"]


def test_the_second_of_two_writers_is_told_what_changed(organisation, measure, as_somebody):
    organisation_level.record_measure(organisation, measure, {"choice": "chosen"}, seen=None, by=as_somebody)

    with pytest.raises(Conflict) as conflict:
        organisation_level.record_measure(organisation, measure, {"choice": "replaced"}, seen=None, by=as_somebody)

    assert conflict.value.current.choice == "chosen"


def test_every_change_closes_a_row_and_is_in_the_trail_of_the_organisation(organisation, measure, as_somebody):
    first = organisation_level.record_measure(organisation, measure, {"choice": "chosen"}, seen=None, by=as_somebody)
    organisation_level.record_measure(organisation, measure, {"progress": "done"}, seen=first.pk, by=as_somebody)

    event = AuditEvent.objects.about(organisation).first()
    assert (event.verb, event.label, event.organisation, event.changes) == (
        "measure.recorded",
        "org-02",
        organisation,
        {"progress": ["to_do", "done"]},
    )
    assert OrganisationMeasureStatus.objects.count() == 2
    assert OrganisationMeasureStatus.objects.current().count() == 1


# How far


def recounted(organisation):
    """The obvious way: look at every requirement and every measure."""
    today = timezone.localdate()
    counts = dict.fromkeys(Standing.__dataclass_fields__, 0)
    for item in Requirement.objects.all():
        if item.is_withdrawn or 0 not in [phase.number for phase in item.phases.all()]:
            continue
        row = OrganisationAssessment.objects.filter(organisation=organisation, requirement=item, until=None).first()
        status = row.status if row else "open"
        if status == "not_applicable":
            continue
        counts["requirements"] += 1
        if status == "met":
            counts["claimed"] += 1
            counts["verified"] += row.verified_at is not None
        else:
            counts["requirements_unassigned"] += row is None or row.assignee is None
            counts["requirements_overdue"] += bool(row and row.due and row.due < today)
    for item in Measure.objects.all():
        if item.is_withdrawn or 0 not in [phase.number for phase in item.phases.all()]:
            continue
        row = OrganisationMeasureStatus.objects.filter(organisation=organisation, measure=item, until=None).first()
        counts["measures"] += 1
        if row and (row.progress == "done" or row.choice == "not_applied"):
            counts["settled"] += 1
        else:
            counts["measures_unassigned"] += row is None or row.assignee is None
            counts["measures_overdue"] += bool(row and row.due and row.due < today)
    return Standing(**counts)


def test_how_far_an_organisation_is_equals_the_obvious_recount(organisation, as_somebody):
    other = factories.OrganisationFactory()
    today = timezone.localdate()
    moments = [None, today - timedelta(days=1), today, today + timedelta(days=1)]
    statuses = ["open", "in_progress", "met", "not_met", "not_applicable"]
    choices = [
        ("open", "to_do"),
        ("chosen", "to_do"),
        ("chosen", "done"),
        ("not_applied", "to_do"),
        ("replaced", "done"),
    ]
    for number in range(20):
        common = {
            "explanation": "Zo.",
            "due": moments[number // 2 % 4],
            "assignee": as_somebody if number % 3 else None,
        }
        requirement = factories.phase_zero(f"woo-{number + 10}", phases=[0, 2] if number % 2 else [0])
        measure = factories.phase_zero_measure(f"org-{number + 20}", phases=[2] if number == 7 else [0])
        choice, progress = choices[number % 5]
        for place in [organisation, other][number % 2 :]:
            claim = organisation_level.assess(
                place, requirement, {**common, "status": statuses[number % 5]}, seen=None, by=as_somebody
            )
            if number == 2:
                organisation_level.verify(claim, confirmed=True, by=factories.member("manager", place))
            organisation_level.record_measure(
                place, measure, {**common, "choice": choice, "progress": progress}, seen=None, by=as_somebody
            )

    counted = organisation_level.standing(organisation)

    assert counted == recounted(organisation)
    assert organisation_level.standing(other) == recounted(other)
    assert min(counted.claimed, counted.verified, counted.settled, counted.requirements_overdue) > 0
    assert counted.requirements < 20


def test_rows_tell_the_same_as_the_counts(organisation, as_somebody, requirement, measure):
    organisation_level.assess(
        organisation, requirement, {"status": "not_met", "due": "2020-01-01"}, seen=None, by=as_somebody
    )

    counted = organisation_level.standing(organisation)
    requirements, _aside = organisation_level.requirement_rows(organisation)
    measures, _aside = organisation_level.measure_rows(organisation)

    assert counted.requirements_overdue == sum(row.is_overdue for row in requirements) == 1
    assert counted.requirements_unassigned == sum(row.is_unassigned for row in requirements) == 1
    assert counted.measures_unassigned == sum(row.is_unassigned for row in measures) == 1


# Inheriting


def test_an_algorithm_of_a_department_inherits_from_the_organisation_that_is_accountable(
    organisation, requirement, as_somebody
):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    claim = organisation_level.assess(
        organisation, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody
    )

    inherited = organisation_level.inherited(Organisation.objects.get(pk=department.pk))

    assert (inherited.organisation, inherited.assessments) == (organisation, {requirement.pk: claim})


def test_what_is_inherited_is_not_recorded_again_for_an_algorithm(organisation, requirement, measure, as_somebody):
    algorithm = register(organisation, {"name": "Ordenen", "description_short": "Ordent."}, by=as_somebody)

    with pytest.raises(ValidationError):
        working.assess(algorithm, requirement, {"status": "in_progress"}, seen=None, by=as_somebody)
    with pytest.raises(ValidationError):
        working.record_measure(algorithm, measure, {"choice": "chosen"}, seen=None, by=as_somebody)


# Leaving


def test_open_work_of_the_organisation_is_what_a_person_holds_and_can_be_handed_over(
    organisation, requirement, measure, as_somebody
):
    leaver, successor = factories.member("contributor", organisation), factories.member("contributor", organisation)
    organisation_level.assess(organisation, requirement, {"assignee": leaver}, seen=None, by=as_somebody)
    organisation_level.record_measure(
        organisation, measure, {"assignee": leaver, "choice": "chosen", "progress": "done"}, seen=None, by=as_somebody
    )
    here = Organisation.objects.filter(pk=organisation.pk)

    held = leaving.holdings(leaver, here)
    numbers = leaving.numbers_by_source(holding.key for holding in held)
    source = next(one for one in leaving.sources if one.name == "organisation-assessment")
    handed_over = source.hand_over(numbers["organisation-assessment"], successor, timezone.now(), by=as_somebody)

    assert [(holding.what, holding.where) for holding in held] == [(str(requirement), str(organisation))]
    assert handed_over == 1
    assert leaving.holdings(leaver, here) == []
    assert organisation_level.current_assessment(organisation, requirement).assignee == successor


def test_what_somebody_holds_elsewhere_is_not_shown(organisation, requirement, as_somebody):
    elsewhere = factories.OrganisationFactory()
    leaver = factories.member("contributor", elsewhere)
    organisation_level.assess(elsewhere, requirement, {"assignee": leaver}, seen=None, by=as_somebody)

    assert leaving.holdings(leaver, Organisation.objects.filter(pk=organisation.pk)) == []


def test_handing_over_costs_the_same_per_piece_and_listing_the_same_in_all(organisation, as_somebody):
    leaver, here = factories.member("contributor", organisation), Organisation.objects.filter(pk=organisation.pk)

    def listing(numbers):
        for number in numbers:
            requirement = factories.phase_zero(f"woo-{number}")
            organisation_level.assess(organisation, requirement, {"assignee": leaver}, seen=None, by=as_somebody)
        with CaptureQueriesContext(connection) as queries:
            leaving.holdings(leaver, here)
        return len(queries)

    assert listing([10]) == listing(range(11, 40))
