"""What waits for a person and in an organisation, out of every table that holds work."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail
from governance.models import (
    OrganisationAssessment,
    OrganisationMeasureStatus,
    Position,
    ReadingRequest,
    RoleAssignment,
)
from governance.policies import add_policy
from governance.positions import add_position
from registry import compliance
from registry.models import (
    Applicability,
    Complaint,
    MeasureStatus,
    Proposal,
    RequirementAssessment,
    Responsibility,
)
from registry.my_work import my_desk, organisation_desk
from registry.work_lines import Section, lines
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


def day(number):
    return timezone.localdate() + timedelta(days=number)


@pytest.fixture
def organisation(db):
    return factories.OrganisationFactory()


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


@pytest.fixture
def me(organisation):
    return factories.member("contributor", organisation)


def everything(algorithm, person, colleague):
    """A row of everything that can be somebody's work, overdue, to do, to decide, awaited or held."""
    organisation = algorithm.organisation
    own = {"organisation": organisation}
    now = timezone.now()
    for due in (day(-1), day(3)):
        factories.open_requirement(algorithm, assignee=person, due=due)
        factories.open_measure(algorithm, assignee=person, due=due)
        OrganisationAssessment.objects.create(
            **own, requirement=factories.RequirementFactory(phases=[0]), assignee=person, due=due
        )
        OrganisationMeasureStatus.objects.create(
            **own, measure=factories.MeasureFactory(phases=[0]), assignee=person, due=due
        )
        Complaint.objects.create(**own, algorithm=algorithm, kind="question", summary="Hoe?", handler=person, due=due)
        version = factories.policy_version("adopted", organisation)
        ReadingRequest.objects.create(policy_version=version, person=person, due=due)
    factories.policy_version("adopted", organisation, owner=person, review_date=day(-1))
    for claimant in (person, colleague):
        factories.claimed(algorithm, claimant)
        OrganisationAssessment.objects.create(
            **own, requirement=factories.RequirementFactory(phases=[0]), status="met", explanation="Zo.",
            claimed_by=claimant, claimed_at=now,
        )  # fmt: skip
        factories.policy_version("in_review", organisation, authors=[claimant], submitted_by=claimant)
        Proposal.objects.create(**own, name="Idee", purpose="Iets.", origin="built", proposed_by=claimant)
        factories.GateFactory(algorithm=factories.AlgorithmFactory(**own), requested_by=claimant)
    decided = factories.GateFactory(algorithm=algorithm, decision="conditional_go", decided_by=colleague)
    for due in (day(-1), day(3)):
        factories.ConditionFactory(gate=decided, assignee=person, due=due)
    held = Position.objects.create(**own, name=f"Functie {factories.UserFactory().pk}")
    RoleAssignment.objects.create(position=held, person=person)
    other = factories.AlgorithmFactory(organisation=organisation)
    Responsibility.objects.create(algorithm=other, person=person, letter="A")
    Responsibility.objects.create(algorithm=other, person=person, letter="C")


# Vocabulary


def test_open_is_what_holds_now_and_leaves_something_to_do(algorithm, me):
    open_now = factories.open_requirement(algorithm, status="in_progress")
    factories.claimed(algorithm, me)
    factories.open_requirement(algorithm, until=timezone.now())
    does_not_apply = factories.open_requirement(algorithm)
    Applicability.objects.filter(requirement=does_not_apply.requirement).update(
        outcome="does_not_apply", rule_outcome="does_not_apply"
    )

    assert list(RequirementAssessment.objects.open()) == [open_now]


def test_a_measure_is_open_until_it_is_done_or_not_applied(algorithm):
    chosen = factories.open_measure(algorithm, choice="chosen")
    factories.open_measure(algorithm, choice="chosen", progress="done")
    factories.open_measure(algorithm, choice="not_applied", explanation="Nee.")
    not_recommended = factories.open_measure(algorithm)
    algorithm.recommendations.filter(measure=not_recommended.measure).update(until=timezone.now())

    assert list(MeasureStatus.objects.open()) == [chosen]


@pytest.mark.parametrize(("due", "is_overdue"), [(-1, True), (0, False), (14, False)])
def test_overdue_is_before_today(algorithm, due, is_overdue):
    factories.open_requirement(algorithm, due=day(due))

    assert RequirementAssessment.objects.overdue().exists() == is_overdue


@pytest.mark.parametrize(("letters", "vacant"), [("", True), ("A", True), ("R", True), ("AR", False), ("ACIS", True)])
def test_an_algorithm_is_vacant_without_an_accountable_or_without_a_responsible_for_the_whole(
    algorithm, me, letters, vacant
):
    for letter in letters:
        Responsibility.objects.create(algorithm=algorithm, person=me, letter=letter)
    Responsibility.objects.create(algorithm=algorithm, person=me, letter="R", phase=factories.PhaseFactory())

    found = type(algorithm).objects.vacant()

    assert found.exists() == vacant


def test_a_responsibility_that_has_ended_fills_nothing(algorithm, me):
    for letter in "AR":
        Responsibility.objects.create(algorithm=algorithm, person=me, letter=letter, since=day_ago(9), until=day_ago(1))

    assert type(algorithm).objects.vacant().exists()


def day_ago(number):
    return timezone.now() - timedelta(days=number)


# Of a person


def test_a_contributor_sees_what_is_theirs_and_decides_nothing(algorithm, me, organisation):
    everything(algorithm, me, factories.member("officer", organisation))

    assert my_desk(me).counts() == {"overdue": 8, "due": 7, "decision": 0, "waiting": 5, "responsible": 2}


@pytest.mark.parametrize(
    ("role", "decisions"),
    [("officer", 2 + 2), ("manager", 2 + 1 + 2), ("auditor", 0), ("administrator", 0), ("reader", 0)],
)
def test_each_role_decides_what_is_for_it(algorithm, organisation, role, decisions):
    """Claims of others; for managers versions they did not write alone and gates, for officers proposals."""
    me = factories.member(role, organisation)
    everything(algorithm, me, factories.member("manager", organisation))

    assert my_desk(me).counts()["decision"] == decisions


def test_nobody_waits_to_adopt_a_text_of_which_they_are_the_only_author(organisation):
    me, colleague = factories.member("manager", organisation), factories.member("manager", organisation)
    factories.policy_version("in_review", organisation, authors=[me])
    together = factories.policy_version("in_review", organisation, authors=[me, colleague])

    shown = lines((Section.DECISION, row) for row in my_desk(me).rows(Section.DECISION))

    assert [line.record for line in shown] == [together]


def test_a_review_date_that_passed_is_work_of_the_owner_and_without_one_of_officers_and_managers(organisation):
    owner, gone = factories.member("contributor", organisation), factories.member("contributor", organisation)
    gone.is_active = False
    gone.save()
    owned, ownerless, left = (
        factories.policy_version("adopted", organisation, owner=person, review_date=day(-1))
        for person in (owner, None, gone)
    )
    factories.policy_version("adopted", organisation, review_date=day(1))

    def overdue(person):
        shown = lines((Section.OVERDUE, row) for row in my_desk(person).rows(Section.OVERDUE))
        return {line.record for line in shown}

    assert overdue(owner) == {owned}
    for role in ("officer", "manager"):
        assert overdue(factories.member(role, organisation)) == {ownerless, left}
        assert overdue(factories.member(role)) == set()
    assert overdue(factories.member("auditor", organisation)) == set()


def test_work_of_others_and_of_other_organisations_is_not_mine(algorithm, me, organisation):
    stranger = factories.member("manager")
    everything(algorithm, factories.member("officer", organisation), factories.member("manager", organisation))
    factories.open_requirement(algorithm, assignee=stranger)

    assert sum(my_desk(me).counts().values()) == 0
    assert sum(my_desk(stranger).counts().values()) == 0


def test_the_earliest_due_date_comes_first_whatever_the_table_and_no_date_last(algorithm, me):
    without = factories.open_requirement(algorithm, assignee=me)
    later = factories.open_measure(algorithm, assignee=me, due=day(9))
    sooner = factories.open_requirement(algorithm, assignee=me, due=day(2))

    shown = lines((Section.DUE, row) for row in my_desk(me).rows(Section.DUE))

    assert [(line.record, line.day) for line in shown] == [(sooner, day(2)), (later, day(9)), (without, None)]


def test_the_list_narrows_by_organisation_and_kind(client, me, algorithm, organisation):
    part = factories.AlgorithmFactory(organisation=factories.OrganisationFactory(parent=organisation))
    factories.open_requirement(algorithm, assignee=me)
    factories.open_measure(part, assignee=me)
    client.force_login(me)

    def shown(query):
        return client.get(reverse("my-work") + query).context["total"]

    assert [
        shown(query)
        for query in ("", f"?organisation={part.organisation.slug}", "?kind=measure", "?kind=proposal", "?kind=onzin")
    ] == [2, 1, 1, 0, 2]


def test_an_organisation_of_others_in_the_address_shows_nothing_of_it(client, me):
    foreign = factories.AlgorithmFactory()
    factories.open_requirement(foreign, assignee=me)
    client.force_login(me)

    page = client.get(reverse("my-work") + f"?organisation={foreign.organisation.slug}")

    assert (page.context["total"], "organisation" in page.context["form"].errors) == (0, True)
    assert foreign.name not in page.content.decode()


def test_a_chosen_section_is_paged(client, me, algorithm):
    for number in range(51):
        factories.open_measure(algorithm, assignee=me, due=day(number))
    client.force_login(me)

    overview = client.get(reverse("my-work"))
    second = client.get(reverse("my-work") + "?section=due&page=2")

    assert [len(found) for _section, _number, found in overview.context["parts"]] == [10]
    assert [(number, len(found)) for _section, number, found in second.context["parts"]] == [(51, 1)]


@pytest.mark.parametrize("query", ["", "?section=overdue", "?section=decision", "?section=responsible"])
@pytest.mark.parametrize("route", ["my-work", "home"])
def test_a_page_costs_no_more_however_much_work_there_is(client, algorithm, organisation, route, query):
    """It costs a query for each table in sight: less when the first ten rows come from fewer tables."""
    me = factories.member("manager", organisation)
    factories.MembershipFactory(user=me, organisation=organisation, role="officer")
    factories.MembershipFactory(user=me, organisation=organisation, role="auditor")
    colleague = factories.member("manager", organisation)
    client.force_login(me)
    everything(algorithm, me, colleague)

    with CaptureQueriesContext(connection) as few:
        client.get(reverse(route) + query)
    for _number in range(5):
        everything(algorithm, me, colleague)
    with CaptureQueriesContext(connection) as many:
        assert client.get(reverse(route) + query).status_code == 200

    assert len(many) <= len(few)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_pages_are_well_made(client, algorithm, organisation, language):
    me = factories.member("manager", organisation)
    everything(algorithm, me, factories.member("officer", organisation))
    client.force_login(me)
    work = reverse("organisation-work", args=[organisation.slug])

    look_at(client, reverse("my-work"), language)
    look_at(client, reverse("home"), language)
    look_at(client, work, language)
    for section in Section.values:
        look_at(client, f"{reverse('my-work')}?section={section}", language)
        look_at(client, f"{work}?section={section}", language)
    look_at(client, f"{work}?person={me.pk}", language)


def test_somebody_without_work_reads_that_there_is_none(client, me):
    client.force_login(me)

    page = client.get(reverse("my-work"))

    assert (page.context["total"], page.context["parts"]) == (0, [])
    assert 'class="notice"' in page.content.decode()


# Of an organisation


def test_a_manager_sees_what_is_overdue_vacant_unassigned_and_undecided_below_as_well(algorithm, me, organisation):
    part = factories.OrganisationFactory(parent=organisation)
    lower = factories.AlgorithmFactory(organisation=part)
    everything(lower, me, factories.member("officer", organisation))
    Position.objects.create(organisation=part, name="CDO")
    Complaint.objects.create(organisation=part, algorithm=lower, kind="question", summary="Hoe?")
    OrganisationMeasureStatus.objects.create(organisation=part, measure=factories.MeasureFactory(phases=[0]))
    compliance.recount([algorithm.pk, lower.pk])
    factories.open_measure(algorithm)
    compliance.recount([algorithm.pk])

    counts = organisation_desk(organisation).counts()

    assert counts == {
        "overdue": 8,
        "due": 7 + 3,
        "decision": 10,
        "vacant": 1 + 5,
        "unassigned": 3,
    }
    assert sum(organisation_desk(factories.OrganisationFactory()).counts().values()) == 0


def test_each_person_has_their_counts_with_links_to_the_rows(client, algorithm, me, organisation):
    everything(algorithm, me, factories.member("officer", organisation))
    client.force_login(factories.member("manager", organisation))
    address = reverse("organisation-work", args=[organisation.slug])

    page = client.get(address)
    overdue = client.get(f"{address}?person={me.pk}&section=overdue")

    assert page.context["people"].object_list == [(me, 8, 7)]
    assert f"?person={me.pk}&amp;section=overdue" in page.content.decode()
    assert [number for _section, number, _lines in overdue.context["parts"]] == [8]


def test_a_person_without_work_here_is_not_named(client, organisation):
    client.force_login(factories.member("manager", organisation))
    stranger = factories.member("officer")
    address = reverse("organisation-work", args=[organisation.slug])

    answers = [client.get(f"{address}?person={who}").status_code for who in (stranger.pk, "onzin", "9" * 30)]

    assert answers == [404, 404, 404]


@pytest.mark.parametrize("query", ["", "?section=overdue", "?section=vacant", "?section=unassigned"])
def test_the_page_of_an_organisation_costs_no_more_however_much_work_there_is(client, algorithm, organisation, query):
    me, colleague = factories.member("manager", organisation), factories.member("officer", organisation)
    client.force_login(me)
    address = reverse("organisation-work", args=[organisation.slug]) + query

    def more():
        everything(algorithm, factories.member("contributor", organisation), colleague)
        Position.objects.create(organisation=organisation, name=f"Leeg {Position.objects.count()}")
        compliance.recount(type(algorithm).objects.values_list("pk", flat=True))

    factories.open_measure(algorithm)
    more()
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _number in range(5):
        more()
    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200

    assert len(many) <= len(few)


# The front page


def test_each_role_sees_first_what_it_is_for(client, algorithm, organisation):
    def shown(role):
        client.force_login(factories.member(role, organisation))
        context = client.get(reverse("home")).context
        return (
            context["officer"] is not None,
            [place for place, _figures in context["managed"]],
            list(context["audited"]),
        )

    assert {role: shown(role) for role in ("officer", "manager", "auditor", "contributor")} == {
        "officer": (True, [], []),
        "manager": (False, [organisation], []),
        "auditor": (False, [], [organisation]),
        "contributor": (False, [], []),
    }


def test_a_manager_of_an_organisation_without_algorithms_sees_what_is_vacant(client, organisation):
    Position.objects.create(organisation=organisation, name="CDO")
    client.force_login(factories.member("manager", organisation))

    page = client.get(reverse("home"))

    assert dict(page.context["managed"][0][1])["vacant"] == 1
    assert f"{reverse('organisation-work', args=[organisation.slug])}?section=vacant" in page.content.decode()


def test_the_figures_of_a_manager_count_what_is_below_once(client, algorithm, me, organisation):
    part = factories.OrganisationFactory(parent=organisation)
    everything(factories.AlgorithmFactory(organisation=part), me, factories.member("officer", organisation))
    manager = factories.member("manager", organisation)
    factories.MembershipFactory(user=manager, organisation=part, role="manager")
    client.force_login(manager)

    managed = client.get(reverse("home")).context["managed"]

    assert [(place, dict(figures)) for place, figures in managed] == [
        (organisation, {"vacant": 5, "overdue": 8, "decision": 10, "unassigned": 0})
    ]


@pytest.mark.parametrize(
    ("role", "route"),
    [
        ("officer", "algorithm-add"),
        ("manager", "algorithm-add"),
        ("contributor", "proposal-add"),
        ("auditor", None),
        (None, None),
    ],
)
def test_without_algorithms_there_is_a_button_for_what_one_may_do(client, role, route):
    person = factories.member(role) if role else factories.UserFactory()
    client.force_login(person)

    page = look_at(client, reverse("home"))

    offered = {name for name in ("algorithm-add", "proposal-add") if f'class="button" href="{reverse(name)}"' in page}
    assert offered == ({route} if route else set())
    assert ("geen rol in een organisatie" in page) == (role is None)


@pytest.mark.parametrize(
    ("section", "kind"), [("overdue", "function"), ("due", "proposal"), ("responsible", "complaint")]
)
def test_a_section_that_a_kind_cannot_have_is_empty(client, section, kind):
    client.force_login(factories.member("officer"))

    page = client.get(reverse("my-work"), {"section": section, "kind": kind})

    assert page.status_code == 200


def test_the_front_page_says_that_nothing_waits_only_when_the_figures_say_so(client, organisation):
    client.force_login(factories.member("officer", organisation))
    nothing = client.get(reverse("home")).content.decode()
    factories.ProposalFactory(organisation=organisation)
    to_decide = client.get(reverse("home")).content.decode()

    assert ["Er ligt niets op je te wachten" in page for page in (nothing, to_decide)] == [True, False]


def test_what_happened_lately_tells_of_organisations_one_sees_with_links(client, organisation):
    manager, elsewhere = factories.member("manager", organisation), factories.member("manager")
    with audit_trail.acting(manager, "page"):
        function = add_position(organisation, {"name": "CDO", "line": "second"}, by=manager)
        policy = add_policy(organisation, {"kind": "guideline", "title": "Beleid algoritmes"}, by=manager)
        hidden = add_policy(
            elsewhere.memberships.get().organisation, {"kind": "guideline", "title": "Elders"}, by=elsewhere
        )

    def told(person):
        client.force_login(person)
        look_at(client, reverse("home"))
        return {(event.about, event.address) for event in client.get(reverse("home")).context["recent"]}

    assert told(manager) == {
        (policy, policy.get_absolute_url()),
        (function, reverse("positions", args=[organisation.slug])),
    }
    assert told(factories.member("reader", factories.OrganisationFactory(parent=organisation))) == set()
    assert told(elsewhere) == {(hidden, hidden.get_absolute_url())}


def test_a_vacant_function_leads_to_the_vacant_functions_and_a_held_one_to_all(client, organisation):
    Position.objects.create(organisation=organisation, name="CDO")
    held = factories.RoleAssignmentFactory(
        position__organisation=organisation, person=factories.member("manager", organisation)
    )
    client.force_login(held.person)
    there = reverse("positions", args=[organisation.slug])

    vacant = client.get(reverse("organisation-work", args=[organisation.slug]) + "?section=vacant").content.decode()
    mine = client.get(reverse("my-work") + "?section=responsible").content.decode()

    assert f'href="{there}?vacant=true"' in vacant
    assert f'href="{there}"' in mine
