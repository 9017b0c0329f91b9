"""Findings: raised and closed by auditors only, answered by managers, followed up by their owner."""

import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import audit_trail, clock, leaving
from governance.conflict import Conflict
from governance.models import AuditCriterion, AuditEvent, AuditFramework, Notification, Organisation
from governance.tables import TABLES
from registry import findings, oversight_reminders
from registry.models import Finding, FollowUp
from registry.my_work import my_desk, organisation_desk
from registry.work_lines import Section
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

SAW = {"title": "Geen logboek", "observation": "Er is geen logboek van de uitkomsten.", "severity": "high"}


@pytest.fixture
def organisation():
    return factories.OrganisationFactory()


@pytest.fixture
def auditor(organisation):
    return factories.member("auditor", organisation)


@pytest.fixture
def manager(organisation):
    return factories.member("manager", organisation)


@pytest.fixture
def owner(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


@pytest.fixture
def finding(algorithm, auditor):
    return factories.FindingFactory(organisation=algorithm.organisation, algorithm=algorithm, raised_by=auditor)


@pytest.fixture
def acting(auditor):
    with audit_trail.acting(auditor, "command"):
        yield


def answer(owner, **fields):
    return {
        "owner": owner,
        "response": "agreed",
        "response_text": "Wij maken een logboek.",
        "due": clock.today() + timedelta(days=30),
        **fields,
    }


def page(name, finding):
    return reverse(name, args=[finding.organisation.slug, finding.pk])


def told(person):
    return [row.details["sentence"] for row in Notification.objects.filter(recipient=person).order_by("pk")]


def verbs(finding):
    return list(AuditEvent.objects.about(finding).order_by("pk").values_list("verb", flat=True))


# Raising


def test_raising_a_finding_tells_the_managers(acting, organisation, algorithm, auditor, manager):
    raised = findings.raise_finding(organisation, SAW, algorithm=algorithm, by=auditor)

    assert (raised.raised_by, raised.organisation, raised.is_open) == (auditor, organisation, True)
    assert told(manager) == ["finding_raised"]
    assert verbs(raised) == ["finding.raised"]


def test_a_finding_about_an_algorithm_of_a_part_belongs_to_that_part(acting, organisation, auditor):
    part = factories.OrganisationFactory(parent=organisation)
    algorithm = factories.AlgorithmFactory(organisation=part)

    assert findings.raise_finding(organisation, SAW, algorithm=algorithm, by=auditor).organisation == part


def test_a_finding_is_not_about_an_algorithm_of_others(acting, organisation, auditor):
    with pytest.raises(ValidationError) as refused:
        findings.raise_finding(organisation, SAW, algorithm=factories.AlgorithmFactory(), by=auditor)

    assert list(refused.value.error_dict) == ["algorithm"]


def test_nothing_is_added_to_a_concluded_audit_or_to_one_of_others(acting, organisation, auditor):
    concluded = factories.AuditFactory(organisation=organisation, concluded=clock.now(), conclusion="Klaar.")

    for audit in (concluded, factories.AuditFactory()):
        with pytest.raises(ValidationError) as refused:
            findings.raise_finding(organisation, SAW, audit=audit, by=auditor)
        assert list(refused.value.error_dict) == ["audit"]


def test_the_form_begins_with_what_the_page_it_comes_from_is_about(client, algorithm, auditor):
    requirement = factories.RequirementFactory()
    client.force_login(auditor)
    address = reverse("finding-add", args=[algorithm.organisation.slug])

    form = client.get(f"{address}?algorithm={algorithm.pk}&requirement={requirement.pk}&measure=x").context["form"]
    client.post(address, SAW | {"algorithm": algorithm.pk, "requirement": requirement.pk})

    raised = Finding.objects.get()
    assert form.initial == {"algorithm": str(algorithm.pk), "requirement": str(requirement.pk)}
    assert (raised.algorithm, raised.requirement, raised.raised_by) == (algorithm, requirement, auditor)


def test_an_audit_or_policy_of_an_organisation_that_the_auditor_does_not_see_is_not_offered_or_named(
    client, organisation
):
    part = factories.OrganisationFactory(parent=organisation)
    audit = factories.AuditFactory(organisation=organisation, title="Doorlichting van het geheel")
    policy = factories.PolicyFactory(organisation=organisation, title="Beleid in voorbereiding")
    own = factories.AuditFactory(organisation=part, title="Doorlichting van het deel")
    raised = factories.FindingFactory(organisation=part, audit=audit, policy=policy)
    auditor = factories.member("auditor", part)
    client.force_login(auditor)

    form = client.get(reverse("finding-add", args=[part.slug])).context["form"]
    listed = client.get(reverse("organisation-findings", args=[part.slug])).content.decode()
    shown = client.get(page("finding", raised)).content.decode()
    selection = TABLES["bevindingen"].select(auditor, QueryDict())
    client.post(page("finding-edit", raised), SAW | {"seen": 1})

    assert list(form.fields["audit"].queryset) == [own]
    assert list(form.fields["policy"].queryset) == []
    assert (audit.title in listed, audit.title in shown) == (False, False)
    assert [row.audit for row in selection.table.detailed(selection.queryset)] == [None]
    raised.refresh_from_db()
    assert (raised.title, raised.audit, raised.policy) == (SAW["title"], audit, policy)


def test_from_a_criterion_the_auditor_first_chooses_the_organisation(client, organisation, auditor):
    client.force_login(auditor)
    address = reverse("finding-start") + "?criterion=7&next=https://kwaad.example"

    at_once = client.get(address)
    part = factories.OrganisationFactory(parent=organisation)
    choice = client.get(address)

    there = reverse("finding-add", args=[organisation.slug])
    assert at_once.url == f"{there}?criterion=7"
    assert list(choice.context["page"]) == [organisation, part]


def test_the_text_can_be_changed_until_management_answers(acting, finding, auditor, manager, owner):
    revised = findings.revise(finding, {"severity": "low"}, seen=1, by=auditor)
    answered = findings.respond(revised, answer(owner), seen=2, by=manager)

    with pytest.raises(ValidationError):
        findings.revise(answered, {"severity": "high"}, seen=3, by=auditor)

    assert Finding.objects.get().severity == "low"


# Answering


def test_the_answer_names_an_owner_and_a_day_and_tells_owner_and_auditor(acting, finding, auditor, manager, owner):
    answered = findings.respond(finding, answer(owner), seen=1, by=manager)

    assert (answered.owner, answered.responded_by, answered.response) == (owner, manager, "agreed")
    assert (told(auditor), told(owner)) == (["finding_responded"], ["finding_assigned"])


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"response": ""}, ["response"]),
        ({"response_text": " "}, ["response_text"]),
        ({"owner": None, "due": None}, ["owner", "due"]),
        ({"due": date(2020, 1, 1)}, ["due"]),
    ],
)
def test_an_answer_without_what_it_needs_is_refused(acting, finding, manager, owner, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        findings.respond(finding, answer(owner) | fields, seen=1, by=manager)

    assert list(refused.value.error_dict) == wrong


def test_the_owner_works_for_the_organisation(acting, finding, manager):
    for person in (factories.member("reader", finding.organisation), factories.member("contributor")):
        with pytest.raises(ValidationError) as refused:
            findings.respond(finding, answer(person), seen=1, by=manager)
        assert list(refused.value.error_dict) == ["owner"]


def test_who_does_not_agree_names_nobody(acting, finding, manager):
    answered = findings.respond(finding, answer(None, response="not_agreed", due=None), seen=1, by=manager)

    assert (answered.response, answered.owner) == ("not_agreed", None)


# Following up, closing, opening again


@pytest.fixture
def answered(acting, finding, manager, owner):
    return findings.respond(finding, answer(owner), seen=1, by=manager)


def test_the_owner_asks_to_close_and_the_auditor_closes(answered, owner, auditor, manager):
    asked = findings.follow_up(answered, text="Klaar.", asks_to_close=True, seen=2, by=owner)
    waiting = list(Finding.objects.asking_to_close())
    closed = findings.close(asked, reason="Logboek gezien.", seen=3, by=auditor)

    assert waiting == [asked]
    assert (closed.closed_by, closed.closed_because, closed.is_open) == (auditor, "Logboek gezien.", False)
    assert told(auditor) == ["finding_responded", "finding_asks_to_close"]
    assert (told(owner), told(manager)) == (["finding_assigned", "finding_closed"], ["finding_closed"])
    assert verbs(closed) == ["finding.responded", "finding.followed_up", "finding.closed"]


def test_kept_open_it_no_longer_asks_and_says_what_is_left(answered, owner, auditor):
    asked = findings.follow_up(answered, text="Klaar.", asks_to_close=True, seen=2, by=owner)
    findings.keep_open(asked, reason="De bewaartermijn ontbreekt.", seen=3, by=auditor)

    assert not Finding.objects.asking_to_close().exists()
    assert FollowUp.objects.last().text == "De bewaartermijn ontbreekt."
    assert told(owner)[-1] == "finding_kept_open"


def test_opened_again_after_closing_it_does_not_ask_to_be_closed(answered, owner, auditor):
    asked = findings.follow_up(answered, text="Klaar.", asks_to_close=True, seen=2, by=owner)
    closed = findings.close(asked, reason="Gezien.", seen=3, by=auditor)
    opened = findings.reopen(closed, reason="Het logboek is weer leeg.", seen=4, by=auditor)

    assert (opened.is_open, opened.closed_by, opened.closed_because) == (True, None, "")
    assert not Finding.objects.asking_to_close().exists()
    assert AuditEvent.objects.about(opened).first().changes["closed_because"] == ["Gezien.", ""]


def test_before_management_answered_nobody_asks_to_close(acting, finding, owner):
    with pytest.raises(ValidationError) as refused:
        findings.follow_up(finding, text="Klaar.", asks_to_close=True, seen=1, by=owner)

    assert list(refused.value.error_dict) == ["asks_to_close"]


def test_what_nobody_asked_to_close_is_not_kept_open(answered, auditor):
    with pytest.raises(ValidationError) as refused:
        findings.keep_open(answered, reason="Nog niet klaar.", seen=2, by=auditor)

    assert "sluiten" in " ".join(refused.value.messages)
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize("act", ["follow-up", "respond", "close", "keep-open"])
def test_what_was_typed_about_a_finding_that_was_closed_meanwhile_stays(client, answered, auditor, manager, owner, act):
    findings.close(answered, reason="Gezien.", seen=2, by=auditor)
    client.force_login({"follow-up": owner, "respond": manager}.get(act, auditor))
    name = {"follow-up": "text", "respond": "response_text"}.get(act, "reason")
    more = {"response": "disagreed"} if act == "respond" else {}

    html = client.post(page(f"finding-{act}", answered), {"seen": 2, name: "Lang verhaal.", **more}).content.decode()

    assert html.count("Lang verhaal.") == 1


@pytest.mark.parametrize("verb", ["close", "keep_open", "reopen"])
def test_the_auditor_gives_a_reason(answered, auditor, verb):
    with pytest.raises(ValidationError) as refused:
        getattr(findings, verb)(answered, reason="  ", seen=2, by=auditor)

    assert list(refused.value.error_dict) == ["reason"]


def test_nothing_is_answered_or_told_about_what_is_closed(answered, owner, auditor, manager):
    closed = findings.close(answered, reason="Gezien.", seen=2, by=auditor)

    for verb in (
        lambda: findings.respond(closed, answer(owner), seen=3, by=manager),
        lambda: findings.follow_up(closed, text="Nog iets.", asks_to_close=False, seen=3, by=owner),
        lambda: findings.keep_open(closed, reason="Toch.", seen=3, by=auditor),
    ):
        with pytest.raises(ValidationError):
            verb()


def test_a_lost_update_is_a_conflict(answered, owner, auditor, manager):
    for verb in (
        lambda: findings.revise(answered, {"severity": "low"}, seen=1, by=auditor),
        lambda: findings.respond(answered, answer(owner), seen=1, by=manager),
        lambda: findings.follow_up(answered, text="Klaar.", asks_to_close=False, seen=1, by=owner),
        lambda: findings.close(answered, reason="Gezien.", seen=1, by=auditor),
        lambda: findings.reopen(answered, reason="Toch.", seen=2, by=auditor),
    ):
        with pytest.raises(Conflict):
            verb()

    assert Finding.objects.get().version == 2


def test_who_acts_after_a_change_sees_it_first_and_keeps_what_was_typed(client, answered, owner, auditor):
    findings.follow_up(answered, text="Er is meer aan de hand.", asks_to_close=False, seen=2, by=owner)
    client.force_login(auditor)
    typed = {"seen": 2, "reason": "Logboek gezien."}

    second = client.post(page("finding-close", answered), typed)
    html = second.content.decode()
    seen = second.context["forms"]["close"]["seen"].value()
    client.post(page("finding-close", answered), typed | {"seen": seen})

    assert ("Er is meer aan de hand." in html, "Logboek gezien." in html) == (True, True)
    assert not Finding.objects.get().is_open


@pytest.mark.parametrize("role", ["officer", "manager", "contributor", "administrator", "reader"])
def test_nobody_but_an_auditor_raises_or_closes(client, answered, role):
    client.force_login(factories.member(role, answered.organisation))

    refused = [
        client.post(reverse("finding-add", args=[answered.organisation.slug]), SAW),
        client.post(page("finding-edit", answered), SAW | {"seen": 2}),
        client.post(page("finding-close", answered), {"seen": 2, "reason": "Klaar."}),
        client.post(page("finding-keep-open", answered), {"seen": 2, "reason": "Nee."}),
        client.post(page("finding-reopen", answered), {"seen": 2, "reason": "Nee."}),
    ]

    assert [response.status_code for response in refused] == [403] * 5
    assert Finding.objects.get().version == 2


def test_an_auditor_neither_answers_nor_follows_up(client, answered, auditor):
    client.force_login(auditor)

    respond = client.post(page("finding-respond", answered), {"seen": 2})
    follow_up = client.post(page("finding-follow-up", answered), {"seen": 2, "text": "Klaar."})

    assert (respond.status_code, follow_up.status_code) == (403, 403)


# My work, reminders, leaving


def sections(desk):
    return {section: n for section, n in desk.counts().items() if n}


def test_a_finding_waits_for_the_manager_then_for_its_owner_then_for_the_auditor(
    acting, finding, auditor, manager, owner
):
    unanswered = [sections(my_desk(person)) for person in (manager, owner, auditor)]
    answered = findings.respond(finding, answer(owner), seen=1, by=manager)
    with_owner = [sections(my_desk(person)) for person in (manager, owner, auditor)]
    findings.follow_up(answered, text="Klaar.", asks_to_close=True, seen=2, by=owner)
    asked = [sections(my_desk(person)) for person in (manager, owner, auditor)]

    assert unanswered == [{Section.DECISION: 1}, {}, {}]
    assert with_owner == [{}, {Section.DUE: 1}, {}]
    assert asked == [{}, {Section.WAITING: 1}, {Section.DECISION: 1}]


def test_an_overdue_finding_is_overdue_work_of_the_organisation(answered):
    Finding.objects.update(due=clock.today() - timedelta(days=1))

    desk = organisation_desk(answered.organisation)
    lines = desk.first(5)[Section.OVERDUE]

    assert [(line.what, line.where, line.url) for line in lines] == [
        (answered.title, answered.algorithm.name, answered.get_absolute_url())
    ]


def test_an_overdue_finding_is_told_to_its_owner_and_after_two_weeks_to_the_managers(answered, owner, manager):
    due = answered.due
    Notification.objects.all().delete()

    for days in (1, 1, 14, 15, 16):
        oversight_reminders.findings(due + timedelta(days=days))

    assert (told(owner), told(manager)) == (["finding_overdue"], ["finding_overdue"])


def test_a_finding_that_nobody_answers_is_told_to_the_managers_once_more(finding, manager):
    today = clock.today()

    early = oversight_reminders.unanswered_findings(today + timedelta(days=29))
    late = [oversight_reminders.unanswered_findings(today + timedelta(days=days)) for days in (30, 31)]

    assert (early, late, told(manager)) == (0, [1, 0], ["finding_unanswered"])


def test_open_findings_are_among_what_somebody_holds_and_are_handed_over(answered, owner, manager):
    factories.FindingFactory(organisation=answered.organisation, owner=owner, closed=clock.now(), closed_because="Ja")
    source = next(source for source in leaving.sources if source.name == "findings")
    successor = factories.member("contributor", answered.organisation)
    own = Organisation.objects.filter(pk=answered.organisation_id)

    held = [holding.key for holding in leaving.holdings(owner, own) if holding.key.startswith("findings:")]
    with transaction.atomic():
        number = source.hand_over([answered.pk], successor, clock.now(), by=manager)

    assert (held, number, Finding.objects.get(pk=answered.pk).owner) == ([f"findings:{answered.pk}"], 1, successor)
    assert told(successor) == ["finding_assigned"]


# Lists and pages


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("role", ["auditor", "manager", "officer"])
def test_pages_are_well_made(client, answered, owner, auditor, language, role):
    asked = findings.follow_up(answered, text="Klaar.", asks_to_close=True, seen=2, by=owner)
    closed = factories.FindingFactory(organisation=answered.organisation, closed=clock.now(), closed_because="Ja.")
    client.force_login(factories.member(role, answered.organisation))
    slug = answered.organisation.slug

    for address in [
        reverse("organisation-findings", args=[slug]),
        reverse("algorithm-findings", args=[answered.algorithm_id]),
        page("finding", asked),
        page("finding", closed),
        *([reverse("finding-add", args=[slug]), page("finding-edit", asked)] if role == "auditor" else []),
    ]:
        look_at(client, address, language)


def test_an_organisation_lists_the_findings_of_its_parts_too_and_nothing_of_others(client, finding, auditor):
    part = factories.OrganisationFactory(parent=finding.organisation)
    below = factories.FindingFactory(organisation=part)
    factories.FindingFactory()
    client.force_login(auditor)

    def listed(organisation):
        return set(client.get(reverse("organisation-findings", args=[organisation.slug])).context["page"].object_list)

    assert listed(finding.organisation) == {finding, below}
    assert listed(part) == {below}


def test_the_list_narrows(client, answered, owner, auditor):
    criterion = AuditCriterion.objects.create(
        framework=AuditFramework.objects.create(slug="adr", title_nl="ADR"), number="SV.9"
    )
    audit = factories.AuditFactory(organisation=answered.organisation)
    own = {"organisation": answered.organisation}
    late = factories.FindingFactory(**own, due=clock.today() - timedelta(days=1), criterion=criterion, audit=audit)
    closed = factories.FindingFactory(**own, severity="critical", closed=clock.now(), closed_because="Ja.")
    findings.follow_up(answered, text="Klaar.", asks_to_close=True, seen=2, by=owner)
    client.force_login(auditor)

    def listed(query):
        address = reverse("organisation-findings", args=[answered.organisation.slug])
        return set(client.get(f"{address}?{query}").context["page"].object_list)

    assert listed("state=open") == {answered, late}
    assert listed("state=closed") == {closed}
    assert listed("severity=critical") == {closed}
    assert listed("unanswered=true") == {late}
    assert listed("asks_to_close=true") == {answered}
    assert listed("overdue=true") == {late}
    assert listed(f"owner={owner.pk}") == {answered}
    assert listed(f"audit={audit.pk}") == {late}
    assert listed(f"algorithm={answered.algorithm_id}") == {answered}
    assert listed(f"criterion={criterion.pk}") == {late}
    assert listed("severity=nonsense") == set()


@pytest.mark.parametrize("name", ["organisation-findings", "algorithm-findings"])
def test_listing_thirty_costs_as_many_queries_as_listing_one(client, answered, owner, auditor, name):
    client.force_login(auditor)
    of_algorithm = name == "algorithm-findings"
    address = reverse(name, args=[answered.algorithm_id if of_algorithm else answered.organisation.slug])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _n in range(29):
        algorithm = answered.algorithm
        if not of_algorithm:
            algorithm = factories.AlgorithmFactory(organisation=answered.organisation)
        person = factories.UserFactory()
        factories.FindingFactory(organisation=answered.organisation, algorithm=algorithm, owner=person)
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


def test_the_list_can_be_taken_along_with_its_filter(client, finding, auditor):
    factories.FindingFactory(organisation=finding.organisation, severity="low")
    client.force_login(auditor)
    here = reverse("organisation-findings", args=[finding.organisation.slug]) + "?severity=high"

    address = re.search(r'href="([^"]*bevindingen.csv[^"]*)"', client.get(here).content.decode())[1]
    lines = b"".join(client.get(address.replace("&amp;", "&")).streaming_content).decode("utf-8-sig").split("\r\n")

    assert [finding.title in line for line in lines[1:3]] == [True, False]
