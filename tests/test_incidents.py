"""Incidents: recorded, handled, closed, and the reports that go with what is recorded."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import clock, notifying
from governance.conflict import Conflict
from governance.models import AuditEvent, Notification
from registry import incidents, use_reminders
from registry.classifying import classify
from registry.models import Algorithm, Classification, Evaluation, Incident, IncidentReport
from registry.my_work import my_desk, organisation_desk
from registry.work_lines import Section, lines
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.get_default_timezone())
MINOR = {"summary": "Storing", "description": "Een uur stil.", "seriousness": "minor"}


@pytest.fixture(autouse=True)
def one_moment():
    with clock.at(NOW):
        yield


def hours(number):
    return NOW + timedelta(hours=number)


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation, status=Algorithm.Status.IN_USE)


@pytest.fixture
def handler(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def manager(organisation):
    return factories.member("manager", organisation)


def recorded(algorithm, by, **fields):
    return incidents.record(algorithm, MINOR | {"known": hours(-1), **fields}, by=by)


def classified(algorithm, *labels, **fields):
    return Classification.objects.create(
        algorithm=algorithm, tree=factories.DecisionTreeFactory(), conclusion="1", ai_act_applies=True,
        labels=list(labels), **fields,
    )  # fmt: skip


def duties(incident):
    return {row.duty: row.deadline for row in incident.reports.open()}


def page(name, incident, *more):
    return reverse(name, args=[incident.algorithm_id, incident.pk, *more])


def verbs(incident):
    return list(AuditEvent.objects.about(incident).values_list("verb", flat=True))


def told(person):
    return sorted(row.details["sentence"] for row in person.notifications.all())


# Recording


def test_recording_tells_who_handles_it(as_somebody, algorithm, handler):
    incident = recorded(algorithm, as_somebody, handler=handler)

    assert (told(handler), verbs(incident)) == (["incident_assigned"], ["incident.recorded"])
    assert AuditEvent.objects.about(incident).get().organisation == algorithm.organisation


def test_what_nobody_handles_is_told_to_officers_and_managers_and_what_is_serious_to_managers(
    as_somebody, algorithm, manager
):
    recorded(algorithm, as_somebody, seriousness="serious")

    assert (told(as_somebody), told(manager)) == (["incident_unhandled"], ["incident_serious", "incident_unhandled"])


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"summary": ""}, "summary"),
        ({"known": hours(1)}, "known"),
        ({"known": None}, "known"),
        ({"happened_on": date(2026, 11, 24)}, "happened_on"),
        ({"harm": "death"}, "seriousness"),
        ({"seriousness": "terrible"}, "seriousness"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(as_somebody, algorithm, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        recorded(algorithm, as_somebody, **fields)

    assert wrong in refused.value.error_dict
    assert not Incident.objects.exists()


def test_only_who_works_there_handles_it(as_somebody, algorithm):
    for person in (factories.member("reader", algorithm.organisation), factories.member("contributor")):
        with pytest.raises(ValidationError) as refused:
            recorded(algorithm, as_somebody, handler=person)
        assert list(refused.value.error_dict) == ["handler"]


def test_a_contributor_records_one_and_gives_it_to_nobody(client, algorithm, handler, manager):
    client.force_login(handler)

    client.post(
        reverse("incident-add", args=[algorithm.pk]),
        MINOR | {"known": "2026-11-23T11:00", "harm": "none", "data_breach": "none", "handler": manager.pk},
    )

    incident = Incident.objects.get()
    assert (incident.recorded_by, incident.handler, incident.known) == (handler, None, hours(-1))


@pytest.mark.parametrize(("status", "asked"), [(Algorithm.Status.IN_USE, 1), (Algorithm.Status.IN_DEVELOPMENT, 0)])
def test_a_serious_incident_asks_for_an_evaluation_of_an_algorithm_in_use(as_somebody, algorithm, status, asked):
    Algorithm.objects.update(status=status)
    algorithm.refresh_from_db()
    incident = recorded(algorithm, as_somebody)
    before = Evaluation.objects.count()

    incidents.revise(incident, {"seriousness": "serious"}, seen=1, by=as_somebody)

    assert (before, Evaluation.objects.filter(trigger="incident").count()) == (0, asked)


# Reports


def test_a_breach_of_personal_data_is_to_be_reported_and_who_handles_it_is_told_at_once(
    as_somebody, algorithm, handler
):
    incident = recorded(algorithm, as_somebody, handler=handler, data_breach="risk")

    assert duties(incident) == {"gdpr_33": hours(71)}
    assert told(handler) == ["incident_assigned", "report_due"]
    assert "26 november 2026, 11:00" in notifying.sentence(handler.notifications.get(details__sentence="report_due"))
    assert verbs(incident) == ["incident.report_due", "incident.recorded"]


def test_the_reports_follow_the_incident_when_it_is_revised(as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody, data_breach="risk")
    worse = incidents.revise(incident, {"data_breach": "high_risk", "known": hours(-2)}, seen=1, by=as_somebody)
    after_worse = duties(incident)
    incidents.revise(worse, {"data_breach": "none"}, seen=2, by=as_somebody)

    assert after_worse == {"gdpr_33": hours(70), "gdpr_34": hours(70)}
    assert (duties(incident), IncidentReport.objects.exclude(lapsed=None).count()) == ({}, 2)
    assert verbs(incident)[0] == "incident.report_lapsed"


def test_what_was_reported_stays_and_what_was_not_needed_is_looked_at_again(as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody, data_breach="high_risk")
    to_authority, to_people = (incident.reports.get(duty=duty) for duty in ("gdpr_33", "gdpr_34"))
    incidents.report(to_authority, moment=hours(0), reference="AP-1", by=as_somebody)
    incidents.report_not_needed(to_people, because="De gegevens waren versleuteld.", by=as_somebody)
    settled = duties(incident)

    incidents.revise(incident, {"known": hours(-3)}, seen=1, by=as_somebody)

    assert (settled, duties(incident)) == ({}, {"gdpr_34": hours(69)})
    to_authority.refresh_from_db()
    assert (to_authority.lapsed, to_authority.reference) == (None, "AP-1")


def test_saving_without_a_change_that_matters_leaves_what_was_not_needed(as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody, data_breach="risk")
    incidents.report_not_needed(incident.reports.get(), because="Toch niet.", by=as_somebody)

    incidents.revise(incident, {"cause": "Een fout in de koppeling."}, seen=1, by=as_somebody)

    assert duties(incident) == {}


def test_a_duty_of_the_ai_act_follows_from_the_classification_and_goes_with_it(as_somebody, algorithm):
    tree = factories.DecisionTreeFactory()
    provider, deployer = ([["1.1", 0], ["1.2", role], ["2.1", 0]] for role in (0, 1))
    incident = recorded(algorithm, as_somebody, seriousness="serious", harm="rights")
    unclassified = duties(incident)

    classify(algorithm, provider, {}, tree=tree, by=as_somebody)
    as_provider = duties(incident)
    classify(algorithm, deployer, {}, tree=tree, by=as_somebody)

    assert (unclassified, as_provider, duties(incident)) == (
        {}, {"ai_act_73": hours(-1) + timedelta(days=15)}, {"ai_act_26": hours(23)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("begin_date", "shown"),
    [("", "2 december 2027"), ("2025-01", "2 augustus 2030"), ("2028-01", "2 december 2027")],
)
def test_a_duty_that_does_not_hold_yet_is_shown_with_its_day_and_has_no_deadline(
    client, as_somebody, algorithm, begin_date, shown
):
    factories.RequirementFactory(
        urn="urn:nl:ak:ver:aia-35",
        effective_from=date(2027, 12, 2),
        effective_from_existing=date(2030, 8, 2),
    )
    Algorithm.objects.update(begin_date=begin_date)
    algorithm.refresh_from_db()
    classified(algorithm, "AI-systeem", "hoog-risico AI", "aanbieder")
    incident = recorded(algorithm, as_somebody, seriousness="serious", harm="rights")
    client.force_login(as_somebody)

    html = look_at(client, incident.get_absolute_url())

    assert (duties(incident), shown in html) == ({}, True)


def test_an_unclassified_algorithm_leaves_the_ai_act_undetermined_on_the_page(client, as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody, seriousness="serious", harm="rights")
    client.force_login(as_somebody)

    assert reverse("classification", args=[algorithm.pk]) in look_at(client, incident.get_absolute_url())


def test_a_report_is_recorded_from_the_page_and_only_once(client, as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody, data_breach="risk")
    report = incident.reports.get()
    client.force_login(as_somebody)
    address = page("incident-report", incident, report.pk)

    refused = client.post(address, {"outcome": "made", "reported": ""})
    too_early = client.post(address, {"outcome": "made", "reported": "2026-11-20T10:00"})
    client.post(address, {"outcome": "made", "reported": "2026-11-23T11:30", "reference": "AP-2026-1"})
    again = client.get(address)

    report.refresh_from_db()
    assert [list(answer.context["form"].errors) for answer in (refused, too_early)] == [["reported"], ["reported"]]
    assert (report.reported, report.reported_by, report.reference) == (hours(-0.5), as_somebody, "AP-2026-1")
    assert (again.status_code, verbs(incident)[0]) == (302, "incident.reported")
    with pytest.raises(Conflict):
        incidents.report_not_needed(report, because="Nee.", by=as_somebody)


def test_reminders_of_a_report_go_by_the_hour_and_at_last_to_the_managers(as_somebody, algorithm, handler, manager):
    incident = recorded(algorithm, as_somebody, handler=handler, data_breach="risk")
    Notification.objects.all().delete()

    steps = []
    for hour in (0, 40, 47, 48, 71, 72, 73):
        with clock.at(hours(hour)):
            steps.append(use_reminders.incident_reports(clock.today()))

    assert steps == [1, 0, 1, 0, 0, 2, 0]
    assert told(handler) == ["report_due", "report_overdue", "report_soon"]
    assert told(manager) == ["report_overdue"]
    incidents.report(incident.reports.get(), moment=hours(0), reference="", by=as_somebody)
    assert use_reminders.incident_reports(clock.today()) == 0


def test_an_incident_that_falls_free_is_told_again(as_somebody, algorithm, handler):
    incident = recorded(algorithm, as_somebody, handler=handler)
    assert use_reminders.unhandled_incidents(clock.today()) == 0

    incidents.revise(incident, {"handler": None}, seen=1, by=as_somebody)

    assert (told(as_somebody), use_reminders.unhandled_incidents(clock.today())) == (["incident_unhandled"], 0)


# Handling


def test_it_is_closed_with_what_was_done_and_opened_again_with_a_reason(client, as_somebody, algorithm, handler):
    incident = recorded(algorithm, as_somebody, handler=handler)
    client.force_login(handler)

    refused = client.post(page("incident-close", incident), {"seen": 1, "actions": " "})
    client.post(page("incident-close", incident), {"seen": 1, "actions": "Hersteld.", "cause": "Een storing."})
    closed = Incident.objects.get()
    client.post(page("incident-reopen", incident), {"seen": 2, "because": "Het gebeurt weer."})

    assert list(refused.context["form"].errors) == ["actions"]
    assert (closed.is_open, closed.closed_by, closed.cause) == (False, handler, "Een storing.")
    assert (Incident.objects.get().is_open, Incident.objects.get().actions) == (True, "Hersteld.")
    assert verbs(incident)[:2] == ["incident.reopened", "incident.closed"]


def test_it_is_not_closed_while_it_must_still_be_reported(as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody, data_breach="risk")

    with pytest.raises(ValidationError):
        incidents.close(incident, cause="", actions="Hersteld.", seen=1, by=as_somebody)
    incidents.report(incident.reports.get(), moment=hours(0), reference="", by=as_somebody)
    incidents.close(incident, cause="", actions="Hersteld.", seen=1, by=as_somebody)

    assert not Incident.objects.get().is_open


@pytest.mark.parametrize("verb", ["revise", "close", "reopen"])
def test_the_algorithm_is_held_before_its_incident_as_when_it_is_classified_anew(as_somebody, algorithm, verb):
    incident = recorded(algorithm, as_somebody)
    if verb == "reopen":
        incidents.close(incident, cause="", actions="Hersteld.", seen=1, by=as_somebody)
    fields = {
        "revise": {"fields": {"summary": "Anders"}},
        "close": {"cause": "", "actions": "Hersteld."},
        "reopen": {"because": "Toch niet."},
    }[verb]

    with CaptureQueriesContext(connection) as asked:
        getattr(incidents, verb)(
            Incident.objects.get(pk=incident.pk), **fields, seen=2 if verb == "reopen" else 1, by=as_somebody
        )

    read = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    assert [name for name in ("registry_algorithm", "registry_incident") if f'FROM "{name}"' in read[1]] == [
        "registry_algorithm"
    ]
    assert 'FROM "registry_incident"' in read[2]


def test_a_lost_update_is_a_conflict(as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody)
    incidents.revise(incident, {"cause": "Dit."}, seen=1, by=as_somebody)

    for verb in (
        lambda: incidents.revise(incident, {"cause": "Dat."}, seen=1, by=as_somebody),
        lambda: incidents.close(incident, cause="", actions="Iets.", seen=1, by=as_somebody),
        lambda: incidents.reopen(incident, because="Toch.", seen=2, by=as_somebody),
    ):
        with pytest.raises(Conflict):
            verb()


def test_who_saves_second_sees_what_changed_and_loses_no_typing(client, as_somebody, algorithm):
    incident = recorded(algorithm, as_somebody)
    incidents.revise(incident, {"cause": "Van een ander"}, seen=1, by=as_somebody)
    client.force_login(as_somebody)
    typed = MINOR | {
        "seen": 1, "known": "2026-11-23T11:00", "harm": "none", "data_breach": "none", "cause": "Van mij",
    }  # fmt: skip

    second = client.post(page("incident-edit", incident), typed)
    closing = client.post(page("incident-close", incident), {"seen": 1, "actions": "Van mij gedaan"})
    client.post(page("incident-edit", incident), typed | {"seen": second.context["form"]["seen"].value()})

    assert [(now, mine) for _label, now, mine in second.context["changes"]] == [("Van een ander", "Van mij")]
    assert "Van mij gedaan" in closing.content.decode()
    assert Incident.objects.get().cause == "Van mij"


# Work, pages and lists


def test_reports_are_in_the_work_of_who_handles_it_or_of_officers_and_managers(
    as_somebody, algorithm, handler, manager, organisation
):
    mine = recorded(algorithm, as_somebody, handler=handler, data_breach="risk")
    recorded(algorithm, as_somebody, data_breach="risk", known=hours(-80))

    def sections(desk):
        return {section: number for section, number in desk.narrowed("incident").counts().items() if number}

    assert sections(my_desk(handler)) == {Section.DUE: 2}
    assert sections(my_desk(manager)) == sections(my_desk(as_somebody)) == {Section.OVERDUE: 1}
    assert sections(organisation_desk(organisation)) == {Section.OVERDUE: 1, Section.DUE: 3, Section.UNASSIGNED: 1}
    waiting = my_desk(handler).narrowed("incident")
    line = lines((Section.DUE, row) for row in waiting.rows(Section.DUE))[0]
    assert (line.day, line.where, line.url) == (hours(71).date(), str(algorithm), mine.get_absolute_url())


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, as_somebody, algorithm, language):
    classified(algorithm, "AI-systeem", "hoog-risico AI", "aanbieder")
    incident = recorded(algorithm, as_somebody, seriousness="serious", harm="death", data_breach="high_risk")
    reports = list(incident.reports.all())
    incidents.report(reports[0], moment=hours(0), reference="1", by=as_somebody)
    incidents.report_not_needed(reports[1], because="Nee.", by=as_somebody)
    unlikely = recorded(algorithm, as_somebody, data_breach="unlikely")
    closed = incidents.close(unlikely, cause="Dit.", actions="Dat.", seen=1, by=as_somebody)
    client.force_login(as_somebody)

    for address in [
        reverse("algorithm-incidents", args=[algorithm.pk]),
        reverse("organisation-incidents", args=[algorithm.organisation.slug]),
        reverse("incident-add", args=[algorithm.pk]),
        page("incident", incident),
        page("incident", closed),
        page("incident-edit", incident),
        page("incident-reopen", closed),
        page("incident-report", incident, reports[2].pk),
        reverse("my-work"),
    ]:
        look_at(client, address, language)


def test_the_list_narrows(client, as_somebody, algorithm, organisation, handler):
    first = recorded(algorithm, as_somebody, data_breach="risk", handler=as_somebody)
    serious = recorded(factories.AlgorithmFactory(organisation=organisation), as_somebody, seriousness="serious")
    done = recorded(algorithm, as_somebody)
    incidents.close(done, cause="", actions="Klaar.", seen=1, by=as_somebody)
    factories.IncidentFactory()
    client.force_login(as_somebody)

    def listed(query):
        answer = client.get(reverse("organisation-incidents", args=[organisation.slug]) + query)
        return set(answer.context["page"].object_list)

    assert listed("") == {first, serious, done}
    assert listed("?state=open") == {first, serious}
    assert listed("?state=closed") == {done}
    assert listed("?seriousness=serious") == {serious}
    assert listed("?to_report=true") == {first}
    assert listed("?data_breach=risk") == {first}
    assert listed("?mine=true") == {first}
    assert listed(f"?algorithm={serious.algorithm_id}") == {serious}


@pytest.mark.parametrize("name", ["organisation-incidents", "algorithm-incidents"])
def test_listing_thirty_costs_as_many_queries_as_listing_one(client, as_somebody, algorithm, name):
    recorded(algorithm, as_somebody, data_breach="risk")
    client.force_login(as_somebody)
    about = algorithm.pk if name == "algorithm-incidents" else algorithm.organisation.slug
    address = reverse(name, args=[about])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _n in range(29):
        own = algorithm
        if name == "organisation-incidents":
            own = factories.AlgorithmFactory(organisation=algorithm.organisation)
        incident = factories.IncidentFactory(algorithm=own, handler=factories.UserFactory())
        incident.reports.create(duty="gdpr_33", deadline=hours(3))
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)
