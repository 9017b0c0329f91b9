"""Risks: proposed from the catalogue, judged, treated, accepted until a day, closed with a reason."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, leaving
from governance.conflict import Conflict
from governance.models import AuditEvent, Membership, Notification, Organisation
from registry import risks, use_reminders
from registry.models import Risk
from registry.my_work import my_desk, organisation_desk
from registry.work_lines import Section, lines
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

JUDGED = {"likelihood_before": 4, "impact_before": 5}


def day(number):
    return timezone.localdate() + timedelta(days=number)


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


@pytest.fixture
def owner(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def manager(organisation):
    return factories.member("manager", organisation)


@pytest.fixture
def risk(algorithm, owner):
    return factories.RiskFactory(algorithm=algorithm, owner=owner, **JUDGED)


def page(name, risk):
    return reverse(name, args=[risk.algorithm_id, risk.pk])


def verbs(risk):
    return list(AuditEvent.objects.about(risk).values_list("verb", flat=True))


def accepted(risk, by, **fields):
    return risks.accept(risk, **{"until": day(30), "because": "Klein genoeg.", "seen": risk.version, **fields}, by=by)


# Judging and treating


def test_a_risk_is_added_with_its_judgement_and_treatment_and_the_owner_is_told(as_somebody, algorithm, owner):
    measure = factories.open_measure(algorithm, choice="chosen").measure

    risk = risks.identify(
        algorithm,
        {"title": "Fout in de uitkomst", **JUDGED, "treatment": "reduce", "measures": [measure], "owner": owner},
        by=as_somebody,
    )

    event, told = AuditEvent.objects.about(risk).get(), Notification.objects.get()
    assert (risk.score_now, [item for item, _status in risks.treated_by(risk)]) == (20, [measure])
    assert (event.organisation, event.changes["measures"]) == (algorithm.organisation, [None, [str(measure)]])
    assert (told.recipient, told.details["sentence"], told.url) == (owner, "risk_owner", risk.get_absolute_url())


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"title": ""}, "title"),
        ({"likelihood_before": 3}, "impact_before"),
        ({"impact_after": 3, **JUDGED}, "likelihood_after"),
        ({"likelihood_after": 1, "impact_after": 1}, "likelihood_before"),
        ({"likelihood_before": 6, "impact_before": 1}, "likelihood_before"),
        ({"treatment": "pray"}, "treatment"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(as_somebody, algorithm, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        risks.identify(algorithm, {"title": "Iets", **fields}, by=as_somebody)

    assert wrong in refused.value.error_dict
    assert not Risk.objects.exists()


def test_only_who_works_there_owns_it_and_only_measures_of_the_algorithm_treat_it(as_somebody, algorithm):
    reader = factories.member("reader", algorithm.organisation)
    for fields in ({"owner": reader}, {"owner": factories.member("contributor")}):
        with pytest.raises(ValidationError) as refused:
            risks.identify(algorithm, {"title": "Iets", **fields}, by=as_somebody)
        assert list(refused.value.error_dict) == ["owner"]

    with pytest.raises(ValidationError) as refused:
        risks.identify(algorithm, {"title": "Iets", "measures": [factories.MeasureFactory()]}, by=as_somebody)
    assert list(refused.value.error_dict) == ["measures"]


def test_the_score_is_that_after_treatment_where_it_was_judged():
    risk = factories.RiskFactory(**JUDGED)
    treated = factories.RiskFactory(**JUDGED, likelihood_after=1, impact_after=5)
    unjudged = factories.RiskFactory()

    assert [row.score_now for row in (risk, treated, unjudged)] == [20, 5, None]
    assert dict(Risk.objects.with_score().values_list("pk", "score")) == {risk.pk: 20, treated.pk: 5, unjudged.pk: None}
    assert list(Risk.objects.high()) == [risk]


@pytest.mark.parametrize(
    ("score", "level"), [(None, "unjudged"), (1, "low"), (7, "low"), (8, "middle"), (14, "middle"), (15, "high")]
)
def test_a_score_has_a_level(score, level):
    assert risks.level_of(score) == level


def test_the_owner_judges_their_risk_from_the_page(client, risk, owner):
    client.force_login(owner)

    answer = client.post(
        page("risk-edit", risk),
        {"seen": 1, "title": risk.title, **JUDGED, "likelihood_after": 1, "impact_after": 5, "owner": owner.pk},
    )

    risk.refresh_from_db()
    assert (answer.url, risk.score_now, risk.version, verbs(risk)) == (
        risk.get_absolute_url(), 5, 2, ["risk.revised"],
    )  # fmt: skip


def test_who_saves_second_sees_what_changed_and_loses_no_typing(client, risk, as_somebody):
    client.force_login(as_somebody)
    risks.revise(risk, {"title": "Van een ander"}, seen=1, by=as_somebody)
    typed = {"seen": 1, "title": "Van mij", **JUDGED, "owner": risk.owner_id}

    second = client.post(page("risk-edit", risk), typed)
    html = second.content.decode()
    client.post(page("risk-edit", risk), typed | {"seen": second.context["form"]["seen"].value()})

    assert second.context["changes"] == [(second.context["form"]["title"].label, "Van een ander", "Van mij")]
    assert ("Van een ander" in html, "Van mij" in html) == (True, True)
    assert Risk.objects.get().title == "Van mij"


# Accepting


def test_a_manager_accepts_it_until_a_day_and_then_it_lapses(risk, manager, as_somebody):
    accepted(risk, manager, until=day(3))

    assert list(Risk.objects.accepted(day(3))) == [risk]
    assert (list(Risk.objects.acceptance_over(day(3))), list(Risk.objects.acceptance_over(day(4)))) == ([], [risk])


@pytest.mark.parametrize(
    ("fields", "wrong"), [({"because": " "}, "because"), ({"until": None}, "until"), ({"until": day(0)}, "until")]
)
def test_accepting_needs_a_reason_and_a_day_ahead(risk, manager, as_somebody, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        accepted(risk, manager, **fields)

    assert list(refused.value.error_dict) == [wrong]


def test_the_owner_does_not_accept_their_own_risk_and_an_unjudged_one_is_not_accepted(risk, manager, as_somebody):
    Risk.objects.update(owner=manager)
    with pytest.raises(ValidationError):
        accepted(risk, manager)
    with pytest.raises(ValidationError):
        accepted(factories.RiskFactory(algorithm=risk.algorithm), manager)

    assert not Risk.objects.exclude(accepted=None).exists()


@pytest.mark.parametrize("name", ["impact_before", "treatment_note", "measures"])
def test_acceptance_ends_when_what_was_accepted_changes_and_not_when_it_is_saved_as_it_was(
    risk, manager, as_somebody, name
):
    measure, other = (factories.open_measure(risk.algorithm, choice="chosen").measure for _number in range(2))
    risk.measures.set([measure])
    now = accepted(risk, manager)
    as_it_was = {"impact_before": 5, "treatment_note": "", "measures": [measure]}
    saved = risks.revise(risk, as_it_was, seen=now.version, by=as_somebody)
    new = {"impact_before": 3, "treatment_note": "Wij letten op.", "measures": [measure, other]}[name]
    changed = risks.revise(risk, as_it_was | {name: new}, seen=saved.version, by=as_somebody)

    assert (saved.is_accepted, changed.is_accepted, changed.accepted_by) == (True, False, None)


def test_the_reminder_of_an_acceptance_that_lapses_goes_once_to_the_owner_and_the_managers(
    risk, owner, manager, as_somebody
):
    accepted(risk, manager, until=day(20))

    steps = [use_reminders.acceptances(day(n)) for n in (0, 6, 7, 8, 20, 21, 22)]

    assert steps == [0, 0, 2, 0, 0, 2, 0]
    assert {row.recipient for row in Notification.objects.all()} == {owner, manager}


def test_risks_whose_owner_left_are_told_to_the_managers_once_a_month(risk, owner, manager):
    assert use_reminders.unowned_risks(day(0)) == 0
    Membership.objects.filter(user=owner).update(until=timezone.now())

    assert (use_reminders.unowned_risks(day(0)), use_reminders.unowned_risks(day(0))) == (1, 0)
    assert Notification.objects.get().recipient == manager


# Closing


def test_it_is_closed_and_opened_again_with_a_reason(risk, as_somebody):
    closed = risks.close(risk, because="Het algoritme doet dit niet meer.", seen=1, by=as_somebody)
    with pytest.raises(ValidationError):
        risks.revise(risk, {"title": "Anders"}, seen=closed.version, by=as_somebody)
    opened = risks.reopen(risk, because="Toch wel.", seen=closed.version, by=as_somebody)

    assert (closed.is_open, opened.is_open, opened.closed_because) == (False, True, "")
    assert verbs(risk) == ["risk.reopened", "risk.closed"]
    assert AuditEvent.objects.about(risk).first().changes["reason"] == [None, "Toch wel."]


def test_a_lost_update_is_a_conflict(risk, manager, as_somebody):
    risks.revise(risk, {"title": "Anders"}, seen=1, by=as_somebody)

    for verb in (
        lambda: risks.revise(risk, {"title": "Weer anders"}, seen=1, by=as_somebody),
        lambda: accepted(risk, manager, seen=1),
        lambda: risks.close(risk, because="Weg.", seen=1, by=as_somebody),
        lambda: risks.reopen(risk, because="Toch.", seen=2, by=as_somebody),
    ):
        with pytest.raises(Conflict):
            verb()


# Proposals


@pytest.fixture
def named(algorithm):
    """A requirement that applies and a recommended measure, each naming a risk."""
    requirement = factories.open_requirement(algorithm).requirement
    measure = factories.open_measure(algorithm).measure
    type(requirement).objects.filter(pk=requirement.pk).update(risk_nl="Niemand grijpt in. Dan gaat het mis.")
    type(measure).objects.filter(pk=measure.pk).update(risk_nl="Fouten blijven liggen.")
    requirement.refresh_from_db()
    measure.refresh_from_db()
    return requirement, measure


def test_what_applies_and_what_is_recommended_propose_the_risk_they_name(algorithm, named):
    other = factories.open_requirement(algorithm)
    factories.open_measure(factories.AlgorithmFactory())
    algorithm.applicabilities.filter(requirement=other.requirement).update(
        outcome="does_not_apply", rule_outcome="does_not_apply"
    )

    assert [one.item for one in risks.proposed(algorithm)] == list(named)
    assert risks.proposed(algorithm)[0].title == "Niemand grijpt in"


def test_a_text_that_two_of_them_share_is_proposed_once(algorithm, named, as_somebody):
    measure = factories.open_measure(algorithm).measure
    type(measure).objects.filter(pk=measure.pk).update(risk_nl=named[1].risk_nl)

    assert [one.item for one in risks.proposed(algorithm)] == list(named)
    risks.answer(algorithm, [risks.Answer(f"measure-{named[1].pk}", True)], by=as_somebody)
    assert [one.item for one in risks.proposed(algorithm)] == [named[0]]


def test_proposals_are_taken_up_in_own_words_or_dismissed_with_a_reason_and_do_not_come_back(
    client, algorithm, named, as_somebody
):
    requirement, measure = named
    client.force_login(as_somebody)

    client.post(
        reverse("risk-proposals", args=[algorithm.pk]),
        {
            f"requirement-{requirement.pk}-choice": "take",
            f"requirement-{requirement.pk}-title": "Niemand kijkt mee",
            f"requirement-{requirement.pk}-description": "Door drukte.",
            f"measure-{measure.pk}-choice": "dismiss",
            f"measure-{measure.pk}-reason": "Er is een dagelijkse controle.",
        },
    )

    taken, dismissed = Risk.objects.get(requirement=requirement), Risk.objects.get(measure=measure)
    assert (taken.title, taken.description, taken.is_open) == ("Niemand kijkt mee", "Door drukte.", True)
    assert (dismissed.is_open, dismissed.closed_because) == (False, "Er is een dagelijkse controle.")
    assert (verbs(dismissed), risks.proposed(algorithm)) == (["risk.dismissed"], [])


def test_dismissing_without_a_reason_is_refused_and_nothing_is_lost(client, algorithm, named, as_somebody):
    requirement, measure = named
    client.force_login(as_somebody)

    answer = client.post(
        reverse("risk-proposals", args=[algorithm.pk]),
        {
            f"requirement-{requirement.pk}-choice": "take",
            f"requirement-{requirement.pk}-title": "In eigen woorden",
            f"measure-{measure.pk}-choice": "dismiss",
        },
    )

    assert (answer.status_code, Risk.objects.count()) == (200, 0)
    assert "In eigen woorden" in answer.content.decode()


def test_what_a_colleague_answered_meanwhile_is_not_added_twice(algorithm, named, as_somebody):
    given = [risks.Answer(f"requirement-{named[0].pk}", True)]

    assert [risks.answer(algorithm, given, by=as_somebody) for _twice in range(2)] == [(1, 0), (0, 0)]


# Lists, matrix and work


def test_the_matrix_counts_open_risks_and_each_count_leads_to_those_risks(client, organisation, somebody):
    client.force_login(somebody)
    algorithm = factories.AlgorithmFactory(organisation=organisation)
    numbers = [(1, 1), (1, 1), (4, 5), (5, 2)]
    for likelihood, impact in numbers:
        factories.RiskFactory(
            algorithm=algorithm, likelihood_before=5, impact_before=5, likelihood_after=likelihood, impact_after=impact
        )
    factories.RiskFactory(algorithm=algorithm, **JUDGED)
    factories.RiskFactory(algorithm=algorithm, **JUDGED, closed=timezone.now(), closed_because="Weg.")
    factories.RiskFactory(**JUDGED)
    address = reverse("organisation-risks", args=[organisation.slug])
    shown = client.get(address)

    for matrix in shown.context["matrices"]:
        assert matrix.judged == 5
        for _number, _word, cells in matrix.rows:
            for cell in cells:
                query = f"?state=open&stage={matrix.stage}&likelihood={cell.likelihood}&impact={cell.impact}"
                if cell.count:
                    assert query.replace("&", "&amp;") in shown.content.decode()
                    assert client.get(address + query).context["page"].paginator.count == cell.count
    now = {
        (cell.likelihood, cell.impact): cell.count
        for _number, _word, cells in shown.context["matrices"][1].rows
        for cell in cells
        if cell.count
    }
    assert now == {(1, 1): 2, (4, 5): 2, (5, 2): 1}


def test_the_list_narrows(client, algorithm, risk, manager, as_somebody, organisation):
    unjudged = factories.RiskFactory(algorithm=factories.AlgorithmFactory(organisation=organisation))
    closed = factories.RiskFactory(algorithm=algorithm, closed=timezone.now(), closed_because="Weg.", treatment="avoid")
    low = factories.RiskFactory(algorithm=algorithm, likelihood_before=1, impact_before=1, owner=as_somebody)
    accepted(low, manager)
    elsewhere = factories.RiskFactory()
    client.force_login(as_somebody)

    def listed(query):
        answer = client.get(reverse("organisation-risks", args=[organisation.slug]) + query)
        return set(answer.context["page"].object_list)

    assert listed("") == {risk, unjudged, closed, low}
    assert listed("?state=open") == {risk, unjudged, low}
    assert listed("?state=closed") == {closed}
    assert listed("?state=accepted") == {low}
    assert listed("?state=lapsed") == set()
    assert listed("?level=high") == {risk}
    assert listed("?level=unjudged&state=open") == {unjudged}
    assert listed("?treatment=avoid") == {closed}
    assert listed("?mine=true") == {low}
    assert listed("?unowned=true") == {unjudged}
    assert listed(f"?algorithm={unjudged.algorithm_id}") == {unjudged}
    assert elsewhere not in listed(f"?algorithm={elsewhere.algorithm_id}")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, algorithm, named, risk, manager, as_somebody, language):
    measure = factories.open_measure(algorithm).measure
    risks.revise(risk, {"measures": [measure]}, seen=1, by=as_somebody)
    lapsed = factories.RiskFactory(
        algorithm=algorithm, **JUDGED, accepted=timezone.now(), accepted_by=manager, accepted_until=day(-1)
    )
    closed = factories.RiskFactory(algorithm=algorithm, closed=timezone.now(), closed_because="Weg.")
    client.force_login(manager)

    for address in [
        reverse("algorithm-risks", args=[algorithm.pk]),
        reverse("organisation-risks", args=[algorithm.organisation.slug]),
        reverse("risk-proposals", args=[algorithm.pk]),
        reverse("risk-add", args=[algorithm.pk]),
        *(page("risk", one) for one in (risk, lapsed, closed)),
        *(page(f"risk-{name}", risk) for name in ("edit", "accept", "close")),
        page("risk-reopen", closed),
    ]:
        look_at(client, address, language)


@pytest.mark.parametrize("name", ["organisation-risks", "algorithm-risks"])
def test_listing_thirty_costs_as_many_queries_as_listing_one(client, risk, somebody, manager, name):
    client.force_login(somebody)
    about = risk.algorithm_id if name == "algorithm-risks" else risk.algorithm.organisation.slug
    address = reverse(name, args=[about])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _n in range(29):
        algorithm = risk.algorithm
        if name != "algorithm-risks":
            algorithm = factories.AlgorithmFactory(organisation=algorithm.organisation)
        factories.RiskFactory(algorithm=algorithm, owner=factories.UserFactory(), **JUDGED)
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


def test_a_lapsed_acceptance_is_in_the_work_of_owner_and_manager(risk, owner, manager, as_somebody):
    accepted(risk, manager)
    Risk.objects.update(accepted_until=day(-1))

    def sections(desk):
        return {section for section, number in desk.counts().items() if number}

    assert sections(my_desk(owner)) == {Section.OVERDUE, Section.RESPONSIBLE}
    waiting = my_desk(manager).narrowed("risk")
    line = lines((Section.DECISION, row) for row in waiting.rows(Section.DECISION))[0]
    assert (line.what, line.where, line.who) == (risk.title, str(risk.algorithm), str(owner))
    assert Section.UNASSIGNED not in sections(organisation_desk(risk.algorithm.organisation))


def test_an_open_risk_is_handed_over_when_somebody_leaves(risk, owner, manager):
    factories.RiskFactory(algorithm=risk.algorithm, owner=owner, closed=timezone.now(), closed_because="Weg.")
    everywhere = Organisation.objects.all()
    holding = [one for one in leaving.holdings(owner, everywhere) if one.key.startswith("risk:")]

    with audit_trail.acting(manager, "command"):
        source = next(source for source in leaving.sources if source.name == "risk")
        source.hand_over([risk.pk], manager, timezone.now(), by=manager)

    risk.refresh_from_db()
    assert [one.key for one in holding] == [f"risk:{risk.pk}"]
    assert (risk.owner, verbs(risk)) == (manager, ["risk.revised"])


def test_an_accepted_risk_that_is_handed_over_is_no_longer_accepted_and_the_new_owner_is_told(risk, manager):
    successor = factories.member("contributor", risk.algorithm.organisation)
    source = next(source for source in leaving.sources if source.name == "risk")

    with audit_trail.acting(manager, "command"):
        accepted(risk, manager)
        source.hand_over([risk.pk], successor, timezone.now(), by=manager)

    risk.refresh_from_db()
    told = Notification.objects.get(recipient=successor)
    assert (risk.owner, risk.accepted, told.details["sentence"]) == (successor, None, "risk_owner")
