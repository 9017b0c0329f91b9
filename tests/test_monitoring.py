"""Evaluation cycles: the plan, holding an evaluation, and what gives rise to one."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, leaving
from governance.conflict import Conflict
from governance.models import AuditEvent, FrameworkRelease, Notification, Organisation
from governance.own_items import add_requirement
from registry import catalogue_changes, complaints, monitoring, use_reminders
from registry.classifying import decide_all
from registry.models import Algorithm, Evaluation, MonitoringPoint, Responsibility
from registry.my_work import my_desk, organisation_desk
from registry.work_lines import Section
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

IN_USE = Algorithm.Status.IN_USE
SEEN = {"outcome": "in_order", "findings": "De cijfers zijn stabiel."}


def day(number):
    return timezone.localdate() + timedelta(days=number)


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation, status=IN_USE)


@pytest.fixture
def person(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def manager(organisation):
    return factories.member("manager", organisation)


@pytest.fixture
def point(as_somebody, algorithm, person):
    fields = {"what": "Foute uitkomsten", "every_months": 6, "next_on": day(10), "assignee": person}
    return monitoring.plan(algorithm, fields, by=as_somebody)


def waiting(point):
    return point.evaluations.get(held_on=None)


def page(name, record):
    return reverse(name, args=[record.algorithm_id, record.pk])


def verbs(record):
    return list(AuditEvent.objects.about(record).values_list("verb", flat=True))


def told(person):
    return sorted(row.details["sentence"] for row in person.notifications.all())


# The plan


def test_a_line_of_the_plan_has_one_evaluation_to_be_held_and_who_holds_it_is_told(point, person):
    evaluation = waiting(point)

    assert (evaluation.due, evaluation.assignee, evaluation.trigger) == (day(10), person, "planned")
    assert (told(person), verbs(point)) == (["evaluation_assigned"], ["monitoringpoint.added"])
    assert AuditEvent.objects.about(point).get().organisation == point.algorithm.organisation


def test_changing_the_line_moves_its_evaluation(point, manager, as_somebody):
    monitoring.revise_point(point, {"next_on": day(20), "assignee": manager}, seen=1, by=as_somebody)

    evaluation = waiting(point)
    assert (evaluation.due, evaluation.assignee, verbs(evaluation)) == (
        day(20),
        manager,
        ["evaluation.revised", "evaluation.asked"],
    )


@pytest.mark.parametrize("verb", ["held", "moved"])
def test_a_form_of_the_line_from_before_its_evaluation_was_held_or_moved_is_a_conflict(point, as_somebody, verb):
    if verb == "held":
        monitoring.hold_evaluation(waiting(point), SEEN, seen=1, by=as_somebody)
    else:
        monitoring.revise_evaluation(waiting(point), {"due": day(3)}, seen=1, by=as_somebody)

    with pytest.raises(Conflict):
        monitoring.revise_point(point, {"next_on": day(10)}, seen=1, by=as_somebody)

    event = AuditEvent.objects.about(point).get(verb="monitoringpoint.revised")
    fresh = MonitoringPoint.objects.get(pk=point.pk)
    assert event.changes == {"next_on": [day(10).isoformat(), fresh.next_on.isoformat()]}
    assert "evaluation.asked" in verbs(waiting(point))


def test_another_day_for_the_evaluation_moves_the_plan(point, as_somebody):
    monitoring.revise_evaluation(waiting(point), {"due": day(3)}, seen=1, by=as_somebody)

    point.refresh_from_db()
    assert point.next_on == day(3)


@pytest.mark.parametrize(
    ("fields", "wrong"), [({"what": ""}, "what"), ({"every_months": 0}, "every_months"), ({"next_on": None}, "next_on")]
)
def test_what_cannot_be_planned_is_refused_beside_the_field(as_somebody, algorithm, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        monitoring.plan(algorithm, {"what": "Iets", "next_on": day(1), **fields}, by=as_somebody)

    assert wrong in refused.value.error_dict
    assert not MonitoringPoint.objects.exists()


def test_only_who_works_there_holds_evaluations(as_somebody, algorithm):
    for person in (factories.member("reader", algorithm.organisation), factories.member("contributor")):
        with pytest.raises(ValidationError) as refused:
            monitoring.plan(algorithm, {"what": "Iets", "next_on": day(1), "assignee": person}, by=as_somebody)
        assert list(refused.value.error_dict) == ["assignee"]


def test_a_line_that_ends_drops_what_was_to_be_held_and_keeps_what_was(point, as_somebody):
    held = monitoring.hold_evaluation(waiting(point), SEEN, seen=1, by=as_somebody)
    dropped = waiting(point)
    monitoring.end_point(point, because="Dit meten we niet meer.", seen=2, by=as_somebody)

    assert list(Evaluation.objects.open()) == []
    assert list(Evaluation.objects.held()) == [held]
    with pytest.raises(ValidationError):
        monitoring.hold_evaluation(dropped, SEEN, seen=1, by=as_somebody)


def test_what_was_planned_for_an_algorithm_out_of_use_is_no_longer_asked_for(point, as_somebody):
    asked = factories.EvaluationFactory(algorithm=point.algorithm)
    Algorithm.objects.update(status=Algorithm.Status.OUT_OF_USE)

    assert list(Evaluation.objects.open()) == [asked]
    assert [row.is_open for row in Evaluation.objects.order_by("pk").select_related("algorithm", "point")] == [
        False, True,
    ]  # fmt: skip


# Holding


def test_holding_it_plans_the_next_one_from_the_day_it_was_held(client, point, person):
    client.force_login(person)
    evaluation = waiting(point)
    held_on = day(-2)

    client.post(page("evaluation-hold", evaluation), SEEN | {"seen": 1, "held_on": held_on.isoformat()})

    evaluation.refresh_from_db()
    point.refresh_from_db()
    following = waiting(point)
    expected = monitoring.months_after(held_on, 6)
    assert (evaluation.outcome, evaluation.held_by) == ("in_order", person)
    assert verbs(evaluation) == ["evaluation.held", "evaluation.asked"]
    assert (point.next_on, following.due, following.assignee) == (expected, expected, person)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"outcome": ""}, "outcome"), ({"findings": " "}, "findings"), ({"held_on": date(2999, 1, 1)}, "held_on")],
)
def test_holding_needs_an_outcome_what_was_seen_and_a_day_that_has_come(point, as_somebody, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        monitoring.hold_evaluation(waiting(point), SEEN | fields, seen=1, by=as_somebody)

    assert list(refused.value.error_dict) == [wrong]


def test_a_lost_update_is_a_conflict_and_it_is_held_once(point, as_somebody):
    evaluation = waiting(point)
    monitoring.hold_evaluation(evaluation, SEEN, seen=1, by=as_somebody)

    for seen in (1, 2):
        with pytest.raises(Conflict):
            monitoring.hold_evaluation(evaluation, SEEN, seen=seen, by=as_somebody)
    monitoring.revise_point(point, {"what": "Anders"}, seen=2, by=as_somebody)
    with pytest.raises(Conflict):
        monitoring.revise_point(point, {"what": "Weer anders"}, seen=1, by=as_somebody)


def test_who_records_second_sees_it_was_recorded_and_loses_no_typing(client, point, as_somebody):
    client.force_login(as_somebody)
    evaluation = factories.EvaluationFactory(algorithm=point.algorithm)
    monitoring.revise_evaluation(evaluation, {"due": day(1)}, seen=1, by=as_somebody)
    typed = SEEN | {"seen": 1, "held_on": day(0).isoformat()}

    second = client.post(page("evaluation-hold", evaluation), typed)
    html = second.content.decode()
    client.post(page("evaluation-hold", evaluation), typed | {"seen": second.context["form"]["seen"].value()})

    assert SEEN["findings"] in html
    assert Evaluation.objects.get(pk=evaluation.pk).outcome == "in_order"


@pytest.mark.parametrize(
    ("outcome", "leads_to"),
    [("adjust", "algorithm-measures"), ("pause", "algorithm-measures"), ("stop", "algorithm-risks")],
)
def test_an_outcome_that_asks_for_something_says_what_follows(client, point, as_somebody, outcome, leads_to):
    client.force_login(as_somebody)
    held = monitoring.hold_evaluation(waiting(point), SEEN | {"outcome": outcome}, seen=1, by=as_somebody)

    html = look_at(client, held.get_absolute_url())

    follows = html[html.index('id="follows"') :]
    assert reverse(leads_to, args=[held.algorithm_id]) in follows


# What gives rise to one


def test_by_hand_it_needs_an_occasion_and_what_happened(client, algorithm, as_somebody):
    client.force_login(as_somebody)
    address = reverse("evaluation-ask", args=[algorithm.pk])

    refused = client.post(address, {"trigger": "planned", "trigger_note": ""})
    client.post(address, {"trigger": "changed_data", "trigger_note": "Een nieuwe bron."})

    evaluation = Evaluation.objects.get()
    assert {"trigger", "trigger_note"} <= set(refused.context["form"].errors)
    assert (evaluation.trigger, evaluation.due, evaluation.created_by) == ("changed_data", day(30), as_somebody)


@pytest.mark.parametrize(
    ("outcome", "status", "asked"),
    [
        ("upheld", IN_USE, 1),
        ("partly_upheld", IN_USE, 1),
        ("not_upheld", IN_USE, 0),
        ("upheld", "In ontwikkeling", 0),
    ],
)
def test_an_upheld_complaint_asks_for_an_evaluation_of_an_algorithm_in_use(
    as_somebody, algorithm, outcome, status, asked
):
    Algorithm.objects.update(status=status)
    algorithm.refresh_from_db()
    complaint = factories.ComplaintFactory(algorithm=algorithm)

    complaints.handle(complaint, {"outcome": outcome, "response": "Hersteld."}, seen=1, by=as_somebody)

    found = Evaluation.objects.all()
    assert (len(found), {row.trigger for row in found}) == (asked, {"complaint"} if asked else set())
    assert all("Hersteld." in row.trigger_note for row in found)


def test_a_second_occasion_of_the_kind_is_added_to_the_open_one(as_somebody, algorithm):
    for number in (1, 2):
        complaint = factories.ComplaintFactory(algorithm=algorithm)
        complaints.handle(complaint, {"outcome": "upheld", "response": f"Brief {number}."}, seen=1, by=as_somebody)

    evaluation = Evaluation.objects.get()
    assert ["Brief 1." in evaluation.trigger_note, "Brief 2." in evaluation.trigger_note] == [True, True]
    assert verbs(evaluation) == ["evaluation.revised", "evaluation.asked"]


def test_what_is_asked_for_by_itself_goes_to_the_responsible_else_the_accountable(
    as_somebody, algorithm, person, manager
):
    Responsibility.objects.create(algorithm=algorithm, person=manager, letter="A")
    accountable = monitoring.who_does_it([algorithm])
    Responsibility.objects.create(algorithm=algorithm, person=factories.member("reader"), letter="R")
    Responsibility.objects.create(algorithm=algorithm, person=person, letter="R")

    assert (accountable, monitoring.who_does_it([algorithm])) == ({algorithm.pk: manager}, {algorithm.pk: person})


@pytest.fixture
def requirement(point, as_somebody):
    """A requirement that applies to every algorithm."""
    fields = {"title_nl": "Regel", "summary_nl": "Doe dit."}
    requirement = add_requirement(point.algorithm.organisation, fields, as_somebody)
    decide_all(Algorithm.objects.select_related("organisation"))
    return requirement


def release():
    return FrameworkRelease.objects.create(source="algoritmekader", name="2027-01", fingerprint="f")


def test_changed_law_asks_for_one_evaluation_of_each_algorithm_in_use_with_a_plan(point, requirement, as_somebody):
    factories.AlgorithmFactory(organisation=point.algorithm.organisation, status=IN_USE)
    designed = factories.AlgorithmFactory(organisation=point.algorithm.organisation)
    factories.MonitoringPointFactory(algorithm=designed)
    decide_all(Algorithm.objects.select_related("organisation"))

    for _twice in range(2):
        catalogue_changes.after_framework_import(release(), {requirement.pk}, set())

    asked = Evaluation.objects.get(trigger="changed_law")
    assert (asked.algorithm, asked.created_by) == (point.algorithm, None)
    assert asked.trigger_note.count(requirement.code) == 2
    assert verbs(asked) == ["evaluation.revised", "evaluation.asked"]


def test_a_change_that_matters_to_no_algorithm_asks_for_nothing(point, requirement, as_somebody):
    other = factories.RequirementFactory(slug="vreemd", organisation=factories.OrganisationFactory(), law=None)

    catalogue_changes.after_framework_import(release(), {other.pk}, set())

    assert not Evaluation.objects.filter(trigger="changed_law").exists()


def test_changed_law_costs_as_many_queries_for_thirty_algorithms_as_for_one(organisation, requirement, as_somebody):
    def asked():
        touched = monitoring.touched_by_law([requirement.pk])
        return monitoring.law_changed(touched, {requirement.pk: requirement.code}, release())

    with CaptureQueriesContext(connection) as one:
        first = asked()
    Evaluation.objects.filter(trigger="changed_law").delete()
    for _n in range(29):
        factories.MonitoringPointFactory(algorithm__organisation=organisation, algorithm__status=IN_USE)
    decide_all(Algorithm.objects.select_related("organisation"))
    with CaptureQueriesContext(connection) as thirty:
        others = asked()

    assert (first, others, len(one)) == (1, 30, len(thirty))


# Reminders and work


def test_an_evaluation_is_told_when_in_sight_and_when_overdue_and_then_to_the_managers(point, person, manager):
    Notification.objects.all().delete()

    steps = [
        use_reminders.evaluations(day(n)) + use_reminders.late_evaluations(day(n)) for n in (-5, -4, 10, 11, 23, 24, 25)
    ]

    assert steps == [0, 1, 0, 1, 0, 1, 0]
    assert (told(person), told(manager)) == (["evaluation_due", "evaluation_overdue"], ["evaluation_escalated"])


def test_without_anybody_to_hold_it_officers_and_managers_are_told(algorithm, somebody, manager):
    factories.EvaluationFactory(algorithm=algorithm, due=day(-1))

    assert use_reminders.evaluations(day(0)) == 2
    assert (told(somebody), told(manager)) == (["evaluation_overdue"], ["evaluation_overdue"])


def test_evaluations_are_in_the_work_of_who_holds_them_and_else_of_nobody(point, person, organisation):
    factories.EvaluationFactory(algorithm=point.algorithm, assignee=person, due=day(-1))
    factories.EvaluationFactory(algorithm=point.algorithm, due=day(1))

    mine = my_desk(person).narrowed("evaluation").counts()
    whole = organisation_desk(organisation).narrowed("evaluation").counts()

    assert mine == {Section.OVERDUE: 1, Section.DUE: 1}
    assert whole == {Section.OVERDUE: 1, Section.DUE: 2, Section.UNASSIGNED: 1}


def test_plan_lines_and_evaluations_are_handed_over(point, person, manager):
    held = {one.key for one in leaving.holdings(person, Organisation.objects.all())}
    with audit_trail.acting(manager, "command"):
        for name, pk in (("monitoring-point", point.pk), ("evaluation", waiting(point).pk)):
            source = next(source for source in leaving.sources if source.name == name)
            source.hand_over([pk], manager, timezone.now(), by=manager)

    point.refresh_from_db()
    assert held == {f"monitoring-point:{point.pk}", f"evaluation:{waiting(point).pk}"}
    assert (point.assignee, waiting(point).assignee) == (manager, manager)


# Pages and lists


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, point, as_somebody, language):
    held = monitoring.hold_evaluation(waiting(point), SEEN, seen=1, by=as_somebody)
    asked = factories.EvaluationFactory(algorithm=point.algorithm, due=day(-1))
    client.force_login(as_somebody)

    for address in [
        reverse("algorithm-monitoring", args=[point.algorithm_id]),
        reverse("organisation-monitoring", args=[point.algorithm.organisation.slug]),
        reverse("monitoring-point-add", args=[point.algorithm_id]),
        reverse("evaluation-ask", args=[point.algorithm_id]),
        page("monitoring-point-edit", point),
        page("monitoring-point-end", point),
        page("evaluation", held),
        page("evaluation", asked),
        page("evaluation-edit", asked),
    ]:
        look_at(client, address, language)


def test_an_algorithm_in_use_without_a_plan_is_shown_as_such(client, point, organisation, as_somebody):
    bare = factories.AlgorithmFactory(organisation=organisation, status=IN_USE)
    factories.AlgorithmFactory(organisation=organisation)
    client.force_login(as_somebody)

    listed = client.get(reverse("algorithms") + "?unmonitored=true").context["page"].object_list
    overview = client.get(reverse("organisation-monitoring", args=[organisation.slug]))
    html = look_at(client, reverse("algorithm-monitoring", args=[bare.pk]))

    assert ([row.pk for row in listed], overview.context["unmonitored"]) == ([bare.pk], 1)
    assert "notice warning" in html


def test_the_list_narrows(client, point, organisation, as_somebody, person):
    held = monitoring.hold_evaluation(waiting(point), SEEN | {"outcome": "adjust"}, seen=1, by=as_somebody)
    late = factories.EvaluationFactory(algorithm__organisation=organisation, due=day(-1), assignee=as_somebody)
    factories.EvaluationFactory()
    client.force_login(as_somebody)

    def listed(query):
        answer = client.get(reverse("organisation-monitoring", args=[organisation.slug]) + query)
        return set(answer.context["page"].object_list)

    assert listed("") == {held, late, waiting(point)}
    assert listed("?state=open") == {late, waiting(point)}
    assert listed("?state=held") == {held}
    assert listed("?overdue=true") == {late}
    assert listed("?trigger=drift") == {late}
    assert listed("?outcome=adjust") == {held}
    assert listed("?mine=true") == {late}
    assert listed(f"?algorithm={late.algorithm_id}") == {late}


@pytest.mark.parametrize("name", ["organisation-monitoring", "algorithm-monitoring"])
def test_listing_thirty_costs_as_many_queries_as_listing_one(client, point, as_somebody, name):
    client.force_login(as_somebody)
    algorithm = point.algorithm
    about = algorithm.pk if name == "algorithm-monitoring" else algorithm.organisation.slug
    monitoring.hold_evaluation(waiting(point), SEEN, seen=1, by=as_somebody)
    address = reverse(name, args=[about])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _n in range(29):
        own = (
            algorithm
            if name == "algorithm-monitoring"
            else factories.AlgorithmFactory(organisation=algorithm.organisation)
        )
        person = factories.UserFactory()
        another = factories.MonitoringPointFactory(algorithm=own, assignee=person)
        factories.EvaluationFactory(algorithm=own, point=another, assignee=person)
        factories.EvaluationFactory(algorithm=own, point=another, held_on=day(-1), **SEEN)
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)
