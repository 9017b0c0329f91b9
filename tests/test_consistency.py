"""Consistency checks: what each finds and what not, and that what is accepted stands apart until its day."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import audit_trail, clock
from governance.conflict import Conflict
from governance.models import (
    AuditEvent,
    Evidence,
    Notification,
    Organisation,
    OrganisationAssessment,
    OrganisationEvidence,
    OrganisationMeasureStatus,
    PolicyVersion,
)
from registry import deviations, oversight_reminders
from registry.consistency import CHECKS
from registry.models import (
    AcceptedDeviation,
    Algorithm,
    AlgorithmEvidence,
    Applicability,
    Classification,
    Condition,
    Evaluation,
    Finding,
    Gate,
    ImpactAssessment,
    Incident,
    IncidentReport,
    MeasureStatus,
    MonitoringPoint,
    Recommendation,
    RequirementAssessment,
    Responsibility,
    Risk,
)
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation():
    return factories.OrganisationFactory()


@pytest.fixture
def manager(organisation):
    person = factories.member("manager", organisation)
    with audit_trail.acting(person, "command"):
        yield person


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


def yesterday():
    return clock.today() - timedelta(days=1)


def tomorrow():
    return clock.today() + timedelta(days=1)


def found(code):
    """The records that a check finds, accepted or not."""
    return list(deviations.records(deviations.check_of(code)))


def evidence(organisation, **fields):
    return Evidence.objects.create(organisation=organisation, title="Bewijs", url="https://voorbeeld.nl/", **fields)


# What each check finds


def done(algorithm, **fields):
    measure = factories.MeasureFactory()
    Recommendation.objects.create(algorithm=algorithm, measure=measure)
    return MeasureStatus.objects.create(
        algorithm=algorithm, measure=measure, **{"choice": "chosen", "progress": "done", **fields}
    )


def test_a_measure_that_is_done_needs_a_link_or_evidence_that_counts(algorithm):
    bare, proven, expired, ended = (done(algorithm) for _n in range(4))
    linked, busy = done(algorithm, links=[{"title": "A", "url": "https://a.nl"}]), done(algorithm, progress="to_do")
    own = algorithm.organisation
    for status, proof, until in (
        (proven, evidence(own, valid_until=clock.today()), None),
        (expired, evidence(own, valid_until=yesterday()), None),
        (ended, evidence(own), clock.now()),
    ):
        AlgorithmEvidence.objects.create(
            algorithm=algorithm, measure=status.measure, evidence=proof, until=until, since=clock.now() - timedelta(1)
        )

    assert set(found("measure_without_evidence")) == {bare, expired, ended}
    assert {linked, busy} & set(found("measure_without_evidence")) == set()


def claim(algorithm, person, **fields):
    requirement = factories.RequirementFactory()
    Applicability.objects.create(
        algorithm=algorithm, requirement=requirement, outcome="applies", rule_outcome="applies", reason={}
    )
    return RequirementAssessment.objects.create(
        algorithm=algorithm,
        requirement=requirement,
        claimed_by=person,
        claimed_at=clock.now(),
        **{"status": "met", "explanation": "Zo.", **fields},
    )


def prove(row, **fields):
    own = row.algorithm.organisation
    AlgorithmEvidence.objects.create(
        algorithm=row.algorithm, requirement=row.requirement, evidence=evidence(own, **fields)
    )


def test_a_claim_rests_on_an_explanation_or_on_evidence_that_counts(algorithm, manager):
    on_evidence = {"explanation": "", "on_evidence": True}
    explained, proven = claim(algorithm, manager), claim(algorithm, manager, **on_evidence)
    expired, withdrawn, bare = claim(algorithm, manager), claim(algorithm, manager, **on_evidence), None
    bare = claim(algorithm, manager, **on_evidence)
    both = claim(algorithm, manager)
    prove(proven)
    prove(expired, valid_until=yesterday())
    prove(withdrawn, withdrawn=clock.now())
    prove(both, valid_until=yesterday())
    prove(both)

    assert set(found("claim_without_evidence")) == {expired, withdrawn, bare}
    assert explained not in found("claim_without_evidence")


def test_an_impact_assessment_that_is_not_due_proves_what_its_tool_is_for(algorithm, manager):
    on_evidence = {"explanation": "", "on_evidence": True}
    fresh, late = claim(algorithm, manager, **on_evidence), claim(algorithm, manager, **on_evidence)
    for row, again in ((fresh, tomorrow()), (late, yesterday())):
        tool = factories.ToolFactory()
        tool.requirements.add(row.requirement)
        assess(algorithm, tool, next_on=again)

    assert found("claim_without_evidence") == [late]


def test_what_the_organisation_arranges_needs_evidence_too(organisation, manager):
    measures = [factories.phase_zero_measure(f"org-9{n}") for n in range(2)]
    bare, proven = (
        OrganisationMeasureStatus.objects.create(
            organisation=organisation, measure=measure, choice="chosen", progress="done"
        )
        for measure in measures
    )
    OrganisationEvidence.objects.create(organisation=organisation, measure=measures[1], evidence=evidence(organisation))
    claimed = OrganisationAssessment.objects.create(
        organisation=organisation,
        requirement=factories.phase_zero("woo-97"),
        status="met",
        on_evidence=True,
        claimed_by=manager,
        claimed_at=clock.now(),
    )

    assert found("organisation_measure_without_evidence") == [bare]
    assert found("organisation_claim_without_evidence") == [claimed]
    assert proven not in found("organisation_measure_without_evidence")


def decided(algorithm, decision, kind="into_use"):
    person = factories.UserFactory()
    return Gate.objects.create(
        algorithm=algorithm,
        kind=kind,
        decision=decision,
        decided_by=person,
        decided=clock.now(),
        decided_on=clock.today(),
    )


def test_in_use_needs_a_go_that_puts_it_into_use(organisation):
    def in_use(**fields):
        return factories.AlgorithmFactory(organisation=organisation, status="In gebruik", **fields)

    bare, refused, elsewhere, went, conditionally = (in_use() for _n in range(5))
    developed = factories.AlgorithmFactory(organisation=organisation, status="In ontwikkeling")
    decided(refused, "no_go")
    decided(elsewhere, "go", kind="on")
    decided(went, "go")
    decided(conditionally, "conditional_go")

    assert set(found("in_use_without_go")) == {bare, refused, elsewhere}
    assert developed not in found("in_use_without_go")


def assess(algorithm, tool, **fields):
    carried_out = {"carried_out_on": clock.today(), "outcome": "acceptable", "conclusion": "Kan."}
    return ImpactAssessment.objects.create(algorithm=algorithm, tool=tool, **{**carried_out, **fields})


def high_risk(organisation, **fields):
    algorithm = factories.AlgorithmFactory(organisation=organisation, **fields)
    tree = factories.DecisionTreeFactory.build(is_current=False)
    tree.version = str(algorithm.pk)
    tree.save()
    Classification.objects.create(
        algorithm=algorithm, tree=tree, conclusion="12.0", ai_act_applies=True, risk_group="hoog-risico-ai-systeem"
    )
    return algorithm


def test_high_risk_needs_a_dpia_or_iama_that_was_carried_out(organisation, algorithm):
    bare, busy, withdrawn, done_, retired = (
        high_risk(organisation, status=status) for status in ("", "", "", "", "Buiten gebruik")
    )
    dpia = factories.ToolFactory(urn="urn:nl:ak:hlp:dpia", slug="dpia")
    assess(busy, dpia, carried_out_on=None, outcome="", conclusion="")
    assess(withdrawn, dpia, withdrawn=clock.now())
    assess(done_, dpia)
    assess(bare, factories.ToolFactory())

    assert set(found("high_risk_without_impact_assessment")) == {bare, busy, withdrawn}
    assert {algorithm, retired} & set(found("high_risk_without_impact_assessment")) == set()


def test_a_policy_whose_review_date_passed(organisation):
    late = factories.policy_in_force(organisation, "Laat", review_date=yesterday())
    factories.policy_in_force(organisation, "Op tijd", review_date=clock.today())

    assert found("policy_past_review") == [PolicyVersion.objects.get(policy=late)]


def test_somebody_accountable_who_left(algorithm):
    gone, closed, here = (factories.ResponsibilityFactory(algorithm=algorithm_) for algorithm_ in _three(algorithm))
    gone.person.memberships.update(until=clock.now())
    closed.person.is_active = False
    closed.person.save()
    Responsibility.objects.create(algorithm=algorithm, person=factories.UserFactory(), letter="R")

    assert set(found("accountable_left")) == {gone, closed}
    assert here not in found("accountable_left")


def _three(algorithm):
    return [algorithm, *(factories.AlgorithmFactory(organisation=algorithm.organisation) for _n in range(2))]


def test_in_use_while_nobody_is_responsible(organisation):
    vacant, held = (factories.AlgorithmFactory(organisation=organisation, status="In gebruik") for _n in range(2))
    factories.AlgorithmFactory(organisation=organisation)
    for letter in "AR":
        factories.ResponsibilityFactory(algorithm=held, letter=letter)

    assert found("vacant_in_use") == [vacant]


def test_what_is_overdue_is_found_the_day_after(organisation, algorithm):
    """Of each: one a day too late, one of today, and one that is settled."""
    gate = decided(algorithm, "conditional_go")
    condition, evaluation, finding, risk, review = [], [], [], [], []
    for due, settled in ((yesterday(), False), (clock.today(), False), (yesterday(), True)):
        moment = clock.now() if settled else None
        condition.append(Condition.objects.create(gate=gate, text="Eerst.", due=due, settled=moment, result="Ja."))
        held = {"held_on": clock.today(), "outcome": "in_order", "findings": "Goed."} if settled else {}
        evaluation.append(Evaluation.objects.create(algorithm=algorithm, due=due, **held))
        finding.append(
            factories.FindingFactory(organisation=organisation, due=due, closed=moment, closed_because="Ja.")
        )
        risk.append(
            Risk.objects.create(
                algorithm=algorithm,
                title="Risico",
                accepted=clock.now(),
                accepted_by=factories.UserFactory(),
                accepted_until=due,
                closed=moment,
                closed_because="Ja.",
            )
        )
        status = "Buiten gebruik" if settled else ""
        review.append(factories.AlgorithmFactory(organisation=organisation, review_date=due, status=status))

    assert found("condition_overdue") == condition[:1]
    assert found("evaluation_overdue") == evaluation[:1]
    assert found("finding_overdue") == finding[:1]
    assert found("risk_acceptance_over") == risk[:1]
    assert found("algorithm_past_review") == review[:1]


def test_an_impact_assessment_that_has_to_be_done_again(algorithm):
    tool = factories.ToolFactory()
    late = assess(algorithm, tool, next_on=yesterday(), carried_out_on=clock.today() - timedelta(days=400))

    before = found("impact_assessment_due")
    assess(algorithm, tool, next_on=tomorrow())

    assert (before, found("impact_assessment_due")) == ([late], [])


def test_in_use_without_a_monitoring_plan(organisation):
    bare, ended, planned = (
        factories.AlgorithmFactory(organisation=organisation, status="In gebruik") for _n in range(3)
    )
    for algorithm, moment in ((ended, clock.now()), (planned, None)):
        MonitoringPoint.objects.create(algorithm=algorithm, what="Uitkomsten", next_on=tomorrow(), ended=moment)

    assert set(found("in_use_without_monitoring")) == {bare, ended}


def test_an_incident_of_which_the_term_for_reporting_passed(algorithm):
    incident = Incident.objects.create(
        algorithm=algorithm, summary="Storing", description="Stil.", known=clock.now(), seriousness="serious"
    )

    def duty(code, hours, **fields):
        deadline = clock.now() + timedelta(hours=hours)
        return IncidentReport.objects.create(incident=incident, duty=code, deadline=deadline, **fields)

    late = duty("gdpr_33", -1)
    duty("gdpr_34", 1)
    duty("ai_act_73", -1, reported=clock.now())

    assert found("incident_report_late") == [late]


# Accepting


@pytest.fixture
def late(organisation):
    return factories.FindingFactory(organisation=organisation, due=yesterday())


def deviation(code, record):
    check = deviations.check_of(code)
    return deviations.shown(check, [deviations.records(check).get(pk=record.pk)])[0]


def tally(organisation, code):
    here = Organisation.objects.filter(pk=organisation.pk)
    row = next(row for row in deviations.counts(here) if row.check.code == code)
    return row.open, row.accepted


def test_what_is_accepted_stands_apart_until_its_day_has_passed(organisation, manager, late):
    before = tally(organisation, "finding_overdue")
    deviations.accept(deviation("finding_overdue", late), reason="Wacht op de raad.", until=tomorrow(), by=manager)
    during = tally(organisation, "finding_overdue")
    with clock.at(clock.now() + timedelta(days=2)):
        after = tally(organisation, "finding_overdue")

    assert (before, during, after) == ((1, 0), (0, 1), (1, 0))


def test_a_withdrawn_acceptance_lets_it_come_back(organisation, manager, late):
    accepted = deviations.accept(deviation("finding_overdue", late), reason="Kan zo.", until=tomorrow(), by=manager)
    deviations.withdraw(accepted, by=manager)

    assert tally(organisation, "finding_overdue") == (1, 0)
    assert list(AuditEvent.objects.about(accepted).order_by("pk").values_list("verb", flat=True)) == [
        "deviation.accepted",
        "deviation.acceptance_withdrawn",
    ]
    with pytest.raises(Conflict):
        deviations.withdraw(accepted, by=manager)


def test_an_acceptance_outlives_a_change_of_the_row_that_it_is_about(organisation, manager, algorithm):
    row = done(algorithm)
    deviations.accept(deviation("measure_without_evidence", row), reason="Kan zo.", until=tomorrow(), by=manager)
    row.close(clock.now())
    MeasureStatus.objects.create(algorithm=algorithm, measure=row.measure, choice="chosen", progress="done")

    assert tally(organisation, "measure_without_evidence") == (0, 1)


def test_an_acceptance_is_of_one_record_and_one_check(organisation, manager):
    algorithms = [factories.AlgorithmFactory(organisation=organisation, status="In gebruik") for _n in range(2)]
    accepted = deviation("in_use_without_go", algorithms[0])
    deviations.accept(accepted, reason="Van voor dit register.", until=tomorrow(), by=manager)

    assert tally(organisation, "in_use_without_go") == (1, 1)
    assert tally(organisation, "in_use_without_monitoring") == (2, 0)
    with pytest.raises(Conflict):
        deviations.accept(accepted, reason="Nog eens.", until=tomorrow(), by=manager)


@pytest.mark.parametrize(
    ("fields", "wrong"), [({"reason": " "}, ["reason"]), ({"until": None}, ["until"]), ({"until": "past"}, ["until"])]
)
def test_accepting_without_a_reason_or_a_day_ahead_is_refused(manager, late, fields, wrong):
    given = {"reason": "Kan zo.", "until": tomorrow(), **fields}
    given["until"] = yesterday() if given["until"] == "past" else given["until"]

    with pytest.raises(ValidationError) as refused:
        deviations.accept(deviation("finding_overdue", late), **given, by=manager)

    assert list(refused.value.error_dict) == wrong


# Pages


def test_accepting_from_the_page(client, organisation, manager, late):
    client.force_login(manager)
    address = reverse("deviation-accept", args=[organisation.slug, "finding_overdue", str(late.pk)])

    refused = client.post(address, {"reason": "", "until": tomorrow().isoformat()})
    client.post(address, {"reason": "Wacht op de raad.", "until": tomorrow().isoformat()})
    accepted = AcceptedDeviation.objects.get()
    listed = client.get(reverse("consistency-check", args=[organisation.slug, "finding_overdue"]) + "?accepted=true")
    client.post(reverse("deviation-withdraw", args=[organisation.slug, accepted.pk]))

    assert list(refused.context["form"].errors) == ["reason"]
    assert "Wacht op de raad." in listed.content.decode()
    assert tally(organisation, "finding_overdue") == (1, 0)


def test_what_does_not_deviate_is_not_there_to_accept(client, organisation, manager):
    record = factories.FindingFactory(organisation=organisation)
    foreign = factories.FindingFactory(due=yesterday())
    client.force_login(manager)

    for key in (record.pk, foreign.pk, "x"):
        address = reverse("deviation-accept", args=[organisation.slug, "finding_overdue", str(key)])
        assert client.get(address).status_code == 404
    assert client.get(reverse("consistency-check", args=[organisation.slug, "nonsense"])).status_code == 404


def test_an_organisation_counts_what_is_below_it_and_nothing_of_others(client, organisation, manager, late):
    part = factories.OrganisationFactory(parent=organisation)
    below = factories.FindingFactory(organisation=part, due=yesterday())
    factories.FindingFactory(due=yesterday())
    client.force_login(manager)

    def listed(owner):
        page = client.get(reverse("consistency-check", args=[owner.slug, "finding_overdue"])).context["page"]
        return set(page.object_list)

    totals = client.get(reverse("organisation-consistency", args=[organisation.slug])).context["total"]
    assert (listed(organisation), listed(part), totals) == ({late, below}, {below}, 2)


def fill(organisation, manager):
    """An algorithm in use, and of each check a record that it finds."""
    algorithm = high_risk(organisation, status="In gebruik", review_date=yesterday())
    done(algorithm)
    claim(algorithm, manager, explanation="", on_evidence=True)
    gate = decided(algorithm, "conditional_go", kind="on")
    Condition.objects.create(gate=gate, text="Eerst.", due=yesterday())
    assess(algorithm, factories.ToolFactory(), next_on=yesterday())
    Evaluation.objects.create(algorithm=algorithm, due=yesterday())
    factories.FindingFactory(organisation=organisation, algorithm=algorithm, due=yesterday())
    Risk.objects.create(
        algorithm=algorithm,
        title="Risico",
        accepted=clock.now(),
        accepted_by=factories.UserFactory(),
        accepted_until=yesterday(),
    )
    Responsibility.objects.create(algorithm=algorithm, person=factories.UserFactory(), letter="A")
    incident = Incident.objects.create(
        algorithm=algorithm, summary="Storing", description="Stil.", known=clock.now(), seriousness="minor"
    )
    IncidentReport.objects.create(incident=incident, duty="gdpr_33", deadline=clock.now() - timedelta(hours=1))
    factories.policy_in_force(organisation, f"Beleid {algorithm.pk}", review_date=yesterday())
    OrganisationMeasureStatus.objects.create(
        organisation=organisation,
        measure=factories.phase_zero_measure(f"org-{algorithm.pk + 100}"),
        choice="chosen",
        progress="done",
    )
    OrganisationAssessment.objects.create(
        organisation=organisation,
        requirement=factories.phase_zero(f"woo-{algorithm.pk + 100}"),
        status="met",
        on_evidence=True,
        claimed_by=manager,
        claimed_at=clock.now(),
    )
    return algorithm


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made_and_every_check_finds_its_record(client, organisation, manager, language):
    algorithm = fill(organisation, manager)
    client.force_login(manager)
    slug = organisation.slug

    look_at(client, reverse("organisation-consistency", args=[slug]), language)
    look_at(client, reverse("algorithm-consistency", args=[algorithm.pk]), language)
    for check in CHECKS:
        page = reverse("consistency-check", args=[slug, check.code])
        look_at(client, page, language)
        shown = client.get(page).context["deviations"]
        assert len(shown) == 1, check.code
        look_at(client, reverse("deviation-accept", args=[slug, check.code, shown[0].key]), language)
        deviations.accept(shown[0], reason="Kan zo.", until=tomorrow(), by=manager)
        look_at(client, f"{page}?accepted=true", language)
    look_at(client, reverse("algorithm-consistency", args=[algorithm.pk]), language)
    assert tally(organisation, "policy_past_review") == (0, 1)


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as made:
        client.get(address)
    return len(made)


def test_listing_thirty_costs_as_many_queries_as_listing_one(client, organisation, manager):
    client.force_login(manager)
    pages = [
        reverse("organisation-consistency", args=[organisation.slug]),
        *(reverse("consistency-check", args=[organisation.slug, check.code]) for check in CHECKS),
        *(f"{reverse('consistency-check', args=[organisation.slug, check.code])}?accepted=true" for check in CHECKS),
    ]

    def accept_all():
        for check in CHECKS:
            rows = deviations.records(check).filter(was_accepted=False).select_related(*check.related)
            for row in deviations.shown(check, list(rows)[::2]):
                deviations.accept(row, reason="Kan zo.", until=tomorrow(), by=manager)

    fill(organisation, manager)
    fill(organisation, manager)
    accept_all()
    one = [queries(client, address) for address in pages]
    for _n in range(28):
        fill(organisation, manager)
    accept_all()
    thirty = [queries(client, address) for address in pages]

    assert one == thirty


def test_the_page_of_an_algorithm_shows_the_first_of_each_check_and_leads_to_all(client, algorithm, manager):
    client.force_login(manager)
    address = reverse("algorithm-consistency", args=[algorithm.pk])
    done(algorithm)
    one = queries(client, address)
    for _n in range(29):
        done(algorithm)
    other = factories.AlgorithmFactory(organisation=algorithm.organisation)
    done(other)
    thirty = queries(client, address)
    page = client.get(address).context["parts"][0]
    listed = reverse("consistency-check", args=[algorithm.organisation.slug, "measure_without_evidence"])
    rows = client.get(f"{listed}?algorithm={algorithm.pk}").context["page"].paginator.count

    assert (one, len(page[1]), page[2], rows) == (thirty, 10, True, 30)


def test_the_list_of_algorithms_narrows_to_what_a_check_finds(client, organisation, manager):
    bare, accepted = (factories.AlgorithmFactory(organisation=organisation, status="In gebruik") for _n in range(2))
    factories.AlgorithmFactory(organisation=organisation)
    deviations.accept(deviation("in_use_without_go", accepted), reason="Kan zo.", until=tomorrow(), by=manager)
    client.force_login(manager)

    listed = client.get(reverse("algorithms") + "?check=in_use_without_go").context["page"].object_list

    assert list(listed) == [bare]
    assert Algorithm.objects.count() == 3


# Reminding


def test_managers_hear_once_a_month_how_much_does_not_fit(organisation, manager, late):
    factories.FindingFactory(organisation=organisation, due=yesterday())
    accepted = factories.FindingFactory(organisation=organisation, due=yesterday())
    deviations.accept(deviation("finding_overdue", accepted), reason="Kan zo.", until=tomorrow(), by=manager)
    first = clock.today().replace(day=1)

    told = [
        oversight_reminders.consistency(on) for on in (first, first + timedelta(days=5), first + timedelta(days=35))
    ]

    notification = Notification.objects.filter(recipient=manager).order_by("pk").first()
    assert told == [1, 0, 1]
    assert (notification.details["number"], notification.url) == (
        2,
        reverse("organisation-consistency", args=[organisation.slug]),
    )
    assert Finding.objects.count() == 3
