"""The verbs that record work, and the figures that follow from it."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from governance import audit_trail
from governance.conflict import Conflict
from governance.models import AuditEvent
from registry import compliance, working
from registry.classifying import decide_all
from registry.models import Applicability, Compliance, MeasureStatus, Recommendation, RequirementAssessment
from registry.registering import register, revise
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm(as_somebody):
    """An algorithm of somebody's organisation to which one requirement of national law applies, with one measure."""
    requirement = factories.RequirementFactory(urn="urn:nl:ak:ver:woo-99", law=factories.LawFactory(slug="woo"))
    factories.MeasureFactory(urn="urn:nl:ak:mtr:imp-99", requirements=[requirement])
    organisation = as_somebody.memberships.get().organisation
    return register(
        organisation, {"name": "Meldingen ordenen", "description_short": "Ordent meldingen."}, by=as_somebody
    )


@pytest.fixture
def requirement(algorithm):
    return Applicability.objects.current().get(algorithm=algorithm).requirement


@pytest.fixture
def measure(requirement):
    return requirement.measures.get()


def stored(algorithm):
    row = Compliance.objects.get(algorithm=algorithm)
    return {name: getattr(row, name) for name in compliance.COUNTS}


def test_registering_decides_at_once_what_applies(algorithm, requirement, measure):
    assert stored(algorithm) == {
        "applies": 1,
        "undetermined": 0,
        "claimed": 0,
        "verified": 0,
        "measures": 1,
        "settled": 0,
        "unassigned": 2,
        "next_due": None,
        "ratio": 0.0,
    }


def test_a_measure_that_is_not_applied_needs_an_explanation(algorithm, measure, as_somebody):
    with pytest.raises(ValidationError) as refused:
        working.record_measure(algorithm, measure, {"choice": "not_applied"}, seen=None, by=as_somebody)

    assert list(refused.value.message_dict) == ["explanation"]
    assert not MeasureStatus.objects.exists()


def test_doing_every_measure_does_not_meet_the_requirement(algorithm, requirement, measure, as_somebody):
    working.record_measure(algorithm, measure, {"choice": "chosen", "progress": "done"}, seen=None, by=as_somebody)

    assert (stored(algorithm)["settled"], stored(algorithm)["claimed"]) == (1, 0)


def test_met_is_a_claim_with_a_name_a_moment_and_the_revision_of_the_text(algorithm, requirement, as_somebody):
    claim = working.assess(
        algorithm, requirement, {"status": "met", "explanation": "Zie het besluit."}, seen=None, by=as_somebody
    )

    assert (claim.claimed_by, claim.claimed_revision, claim.claimed_at is not None) == (as_somebody, 1, True)
    assert stored(algorithm)["ratio"] == 1.0


def test_met_needs_an_explanation_or_a_link(algorithm, requirement, as_somebody):
    with pytest.raises(ValidationError):
        working.assess(algorithm, requirement, {"status": "met"}, seen=None, by=as_somebody)

    working.assess(
        algorithm,
        requirement,
        {"status": "met", "links": [{"title": "Besluit", "url": "https://voorbeeld.nl"}]},
        seen=None,
        by=as_somebody,
    )

    assert stored(algorithm)["claimed"] == 1


def test_nobody_verifies_a_claim_of_their_own(algorithm, requirement, as_somebody):
    claim = working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)

    with pytest.raises(ValidationError):
        working.verify(claim, confirmed=True, by=as_somebody)

    assert stored(algorithm)["verified"] == 0


def test_a_second_person_verifies_a_claim_and_a_changed_claim_must_be_verified_again(
    algorithm, requirement, as_somebody
):
    colleague = factories.member("manager", algorithm.organisation)
    claim = working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)

    verified = working.verify(claim, confirmed=True, by=colleague)
    after_verifying = stored(algorithm)["verified"]
    working.assess(algorithm, requirement, {"explanation": "Anders."}, seen=verified.pk, by=as_somebody)

    assert (after_verifying, stored(algorithm)["verified"], stored(algorithm)["claimed"]) == (1, 0, 1)


def test_a_returned_claim_is_in_progress_again_with_the_reason(algorithm, requirement, as_somebody):
    colleague = factories.member("manager", algorithm.organisation)
    claim = working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)

    returned = working.verify(claim, confirmed=False, reason="Het besluit ontbreekt.", by=colleague)

    assert (returned.status, returned.returned_reason, returned.claimed_by) == (
        "in_progress",
        "Het besluit ontbreekt.",
        None,
    )


def test_a_due_date_does_not_touch_the_claim(algorithm, requirement, as_somebody):
    claim = working.assess(algorithm, requirement, {"status": "met", "explanation": "Zo."}, seen=None, by=as_somebody)
    colleague = factories.member("manager", algorithm.organisation)

    working.assess(algorithm, requirement, {"assignee": colleague}, seen=claim.pk, by=colleague)

    now = working.current_assessment(algorithm, requirement)
    assert (now.claimed_by, now.claimed_at, now.assignee) == (as_somebody, claim.claimed_at, colleague)


def test_the_second_of_two_writers_of_one_row_is_told_what_changed(algorithm, measure, as_somebody):
    working.record_measure(algorithm, measure, {"choice": "chosen"}, seen=None, by=as_somebody)

    with pytest.raises(Conflict) as conflict:
        working.record_measure(algorithm, measure, {"choice": "chosen", "progress": "done"}, seen=None, by=as_somebody)

    assert conflict.value.current.progress == "to_do"


def test_saving_what_already_stands_writes_nothing(algorithm, measure, as_somebody):
    row = working.record_measure(algorithm, measure, {"choice": "chosen"}, seen=None, by=as_somebody)
    events = AuditEvent.objects.count()

    again = working.record_measure(algorithm, measure, {"choice": "chosen"}, seen=row.pk, by=as_somebody)

    assert (again.pk, MeasureStatus.objects.count(), AuditEvent.objects.count()) == (row.pk, 1, events)


def test_every_change_is_in_the_audit_trail_with_old_and_new(algorithm, measure, as_somebody):
    working.record_measure(algorithm, measure, {"choice": "chosen"}, seen=None, by=as_somebody)

    event = AuditEvent.objects.about(algorithm).first()
    assert (event.verb, event.actor, event.label, event.changes) == (
        "measure.recorded",
        as_somebody,
        "imp-99",
        {"choice": ["open", "chosen"]},
    )


def test_a_verb_without_a_context_is_a_programming_error(db):
    organisation = factories.OrganisationFactory()

    with pytest.raises(audit_trail.NobodyIsActing):
        register(organisation, {"name": "Zonder", "description_short": "x"}, by=None)


def test_overruling_counts_and_outlives_a_new_decision(algorithm, requirement, as_somebody):
    row = Applicability.objects.current().get(algorithm=algorithm)

    working.overrule(algorithm, requirement, applies=False, reason="Geen besluit.", seen=row.pk, by=as_somebody)
    decide_all([algorithm])

    now = Applicability.objects.current().get(algorithm=algorithm)
    assert (now.outcome, now.rule_outcome, now.overruling) == ("does_not_apply", "applies", "Geen besluit.")
    assert (stored(algorithm)["applies"], stored(algorithm)["measures"]) == (0, 0)


def test_following_the_rule_again_brings_the_work_back_with_its_history(algorithm, requirement, measure, as_somebody):
    working.record_measure(algorithm, measure, {"choice": "chosen", "progress": "done"}, seen=None, by=as_somebody)
    row = Applicability.objects.current().get(algorithm=algorithm)
    overruled = working.overrule(algorithm, requirement, applies=False, reason="Nee.", seen=row.pk, by=as_somebody)

    working.follow_rule(algorithm, requirement, seen=overruled.pk, by=as_somebody)

    assert (stored(algorithm)["applies"], stored(algorithm)["settled"]) == (1, 1)
    assert Applicability.objects.filter(algorithm=algorithm).count() == 3


def test_the_description_is_changed_only_from_the_version_that_was_seen(algorithm, as_somebody):
    revise(algorithm, {"goal": "Sneller helpen"}, seen=1, by=as_somebody)

    with pytest.raises(Conflict):
        revise(algorithm, {"goal": "Iets anders"}, seen=1, by=as_somebody)


def plainly_overdue(algorithm, on):
    """The oracle: row by row, what is open and past its date."""
    count = 0
    for row in Applicability.objects.filter(algorithm=algorithm, until=None, outcome="applies"):
        assessment = RequirementAssessment.objects.filter(
            algorithm=algorithm, requirement=row.requirement, until=None
        ).first()
        is_inherited = [phase.number for phase in row.requirement.phases.all()] == [0]
        if assessment and not is_inherited and assessment.status != "met":
            count += assessment.due is not None and assessment.due < on
    for row in Recommendation.objects.filter(algorithm=algorithm, until=None):
        status = MeasureStatus.objects.filter(algorithm=algorithm, measure=row.measure, until=None).first()
        if status and status.progress != "done" and status.choice != "not_applied":
            count += status.due is not None and status.due < on
    return count


def test_what_is_overdue_is_counted_by_the_day_and_equals_the_obvious_recount(as_somebody, django_assert_num_queries):
    law = factories.LawFactory(slug="woo")
    requirements = [factories.RequirementFactory(law=law) for _number in range(4)]
    inherited = factories.RequirementFactory(law=law, phases=[0])
    measures = [factories.MeasureFactory(requirements=requirements) for _number in range(5)]
    late, today, later = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
    organisation = as_somebody.memberships.get().organisation
    algorithms = [
        register(organisation, {"name": name, "description_short": "x"}, by=as_somebody) for name in ("Een", "Twee")
    ]
    for requirement, fields in zip(
        requirements,
        [{"due": late}, {"due": today}, {"due": late, "status": "met", "explanation": "Zo."}, {}],
        strict=True,
    ):
        working.assess(algorithms[0], requirement, fields, seen=None, by=as_somebody)
    RequirementAssessment.objects.create(algorithm=algorithms[0], requirement=inherited, due=late)
    for measure, fields in zip(
        measures,
        [
            {"due": late, "choice": "chosen"},
            {"due": late, "choice": "chosen", "progress": "done"},
            {"due": late, "choice": "not_applied", "explanation": "Nee."},
            {"due": later},
            {"due": late},
        ],
        strict=True,
    ):
        working.record_measure(algorithms[0], measure, fields, seen=None, by=as_somebody)
    rows = list(Compliance.objects.order_by("pk"))

    counted = {}
    for day in (late, today, later, date(2026, 3, 4)):
        with django_assert_num_queries(2):
            compliance.count_overdue(rows, on=day)
        counted[day] = [row.overdue for row in rows]

    assert counted == {day: [plainly_overdue(algorithm, day) for algorithm in algorithms] for day in counted}
    assert list(counted.values()) == [[0, 0], [3, 0], [4, 0], [5, 0]]


def test_stored_figures_equal_the_obvious_recount(algorithm, requirement, measure, as_somebody):
    working.assess(algorithm, requirement, {"due": "2020-01-01"}, seen=None, by=as_somebody)
    RequirementAssessment.objects.filter(until=None).update(due="2019-01-01")

    differing = [found for found, _stored, _counted in compliance.differences()]
    compliance.recount([algorithm.pk])

    assert differing == [algorithm]
    assert list(compliance.differences()) == []
