"""AI literacy: what functions ask, who followed what, and what still counts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import audit_trail, literacy
from governance.models import AuditEvent, Knowledge, Literacy, RoleAssignment, Training, User
from governance.starter_texts import starters
from governance.views import arranging
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client, somebody):
    client.force_login(somebody)
    return somebody


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


def today(days=0):
    return timezone.localdate() + timedelta(days=days)


def address(name, organisation, *arguments):
    return reverse(name, args=[organisation.slug, *arguments])


def needing(organisation, **fields):
    """A subject that a function of the organisation needs, and that function."""
    position = factories.PositionFactory(organisation=organisation)
    return factories.KnowledgeFactory(organisation=organisation, positions=[position], **fields), position


def holder(position, name="Persoon", **fields):
    person = factories.member("reader", position.organisation)
    User.objects.filter(pk=person.pk).update(name=name)
    factories.RoleAssignmentFactory(position=position, person=person, **fields)
    return User.objects.get(pk=person.pk)


def states(organisation):
    rows = RoleAssignment.objects.current().within(organisation).needs()
    return {(row["person"], row["subject"]): row["state"] for row in rows}


def test_officer_adds_revises_and_ends_a_subject(client, officer, organisation):
    one, other = factories.PositionFactory.create_batch(2, organisation=organisation)
    typed = {"title": "Bias", "description": "", "valid_months": 12}

    client.post(address("knowledge-add", organisation), typed | {"positions": [one.pk]})
    subject = Knowledge.objects.get()
    changed = typed | {"positions": [one.pk, other.pk], "seen": 1}
    client.post(address("knowledge-edit", organisation, subject.pk), changed)
    client.post(address("knowledge-end", organisation, subject.pk), {"seen": 2})

    subject.refresh_from_db()
    assert (set(subject.positions.all()), subject.version, subject.ended is None) == ({one, other}, 3, False)
    added, revised, ended = AuditEvent.objects.order_by("pk")
    assert [event.verb for event in (added, revised, ended)] == [
        "knowledge.added", "knowledge.revised", "knowledge.ended",
    ]  # fmt: skip
    assert revised.changes == {"positions": [[one.name], sorted([one.name, other.name])]}


@pytest.mark.parametrize("months", ["0", "-1", "", "x"])
def test_subject_counts_for_a_month_at_least(client, officer, organisation, months):
    answer = client.post(address("knowledge-add", organisation), {"title": "Bias", "valid_months": months})

    assert list(answer.context["form"].errors) == ["valid_months"]


def test_functions_of_parts_can_need_a_subject_and_those_of_others_cannot(client, officer, organisation):
    part = factories.OrganisationFactory(parent=organisation, kind="department", name="Afdeling Oost")
    below, foreign = factories.PositionFactory(organisation=part), factories.PositionFactory(name="Geheime functie")
    typed = {"title": "Bias", "valid_months": 12}

    page = look_at(client, address("knowledge-add", organisation))
    refused = client.post(address("knowledge-add", organisation), typed | {"positions": [foreign.pk]})
    client.post(address("knowledge-add", organisation), typed | {"positions": [below.pk]})

    assert f"{below} (Afdeling Oost)" in page and "Geheime functie" not in page
    assert list(refused.context["form"].errors) == ["positions"]
    assert list(Knowledge.objects.get().positions.all()) == [below]
    with audit_trail.acting(officer, "command"), pytest.raises(ValidationError):
        literacy.add_knowledge(organisation, {"title": "X", "positions": [foreign]}, by=officer)


def test_second_writer_sees_what_stands_and_keeps_the_typing(client, officer, organisation):
    subject, position = needing(organisation, title="Bias")
    edit = address("knowledge-edit", organisation, subject.pk)
    Knowledge.objects.update(title="Discriminatie", version=2)
    typed = {"title": "Ongelijkheid", "valid_months": 12, "positions": [position.pk], "seen": 1}

    told = client.post(edit, typed)
    client.post(edit, typed | {"seen": told.context["form"]["seen"].value()})

    assert ("Onderwerp", "Discriminatie") in told.context["meanwhile"]
    assert Knowledge.objects.get().title == "Ongelijkheid"


def test_starter_subjects_are_linked_to_the_functions_of_the_same_name(client, officer, organisation):
    lawyer = factories.PositionFactory(organisation=organisation, name="jurist")
    factories.PositionFactory(organisation=organisation, name="Boswachter")

    client.post(address("knowledge-start", organisation), {"chosen": ["buying-algorithms", "security-of-ai"]})

    needs = {subject.title: list(subject.positions.all()) for subject in Knowledge.objects.all()}
    assert needs == {"Algoritmes en AI inkopen": [lawyer], "Beveiliging van algoritmes en AI": []}
    assert Knowledge.objects.get(title="Algoritmes en AI inkopen").valid_months == 24


@pytest.mark.parametrize(
    ("days_left", "state"),
    [(None, "missing"), (-1, "expired"), (0, "expiring"), (60, "expiring"), (61, "counting")],
)
def test_what_somebody_needs_is_missing_expired_expiring_or_counts(organisation, days_left, state):
    subject, position = needing(organisation)
    person = holder(position)
    if days_left is not None:
        factories.TrainingFactory(knowledge=subject, person=person, days_left=days_left)
        factories.TrainingFactory(knowledge=subject, person=person, days_left=days_left - 20)
    factories.TrainingFactory(knowledge=subject, person=person, withdrawn=timezone.now())
    factories.TrainingFactory(knowledge=subject)

    assert states(organisation) == {(person.pk, subject.pk): state}


def test_only_functions_held_now_ask_anything_and_one_subject_is_asked_once(organisation):
    subject, position = needing(organisation)
    second = factories.PositionFactory(organisation=organisation)
    subject.positions.add(second)
    person, deputy = holder(position), holder(position, is_deputy=True)
    factories.RoleAssignmentFactory(position=second, person=person)
    holder(position, until=timezone.now())
    holder(position, since=timezone.now() + timedelta(days=3))
    ended_position = factories.PositionFactory(organisation=organisation, ended=timezone.now())
    subject.positions.add(ended_position)
    holder(ended_position)
    gone = factories.KnowledgeFactory(organisation=organisation, positions=[position], ended=timezone.now())

    assert set(states(organisation)) == {(person.pk, subject.pk), (deputy.pk, subject.pk)}
    assert list(Knowledge.objects.needs_of(person)) == [subject]
    assert gone not in Knowledge.objects.needs_of(deputy)


def test_missing_is_what_is_not_known_there_and_below(organisation):
    part = factories.OrganisationFactory(parent=organisation, kind="department")
    below = factories.PositionFactory(organisation=part)
    subject, position = needing(organisation)
    subject.positions.add(below)
    here, there = holder(position), holder(below)
    known = holder(position)
    factories.TrainingFactory(knowledge=subject, person=known)
    foreign, elsewhere = needing(factories.OrganisationFactory())
    holder(elsewhere)

    assert {row["person"] for row in literacy.missing(organisation)} == {here.pk, there.pk}
    assert {row["person"] for row in literacy.missing(part)} == {there.pk}
    assert foreign.pk not in {row["subject"] for row in literacy.missing(organisation)}


def test_literacy_of_a_team_is_what_their_functions_in_and_around_the_organisation_ask(
    organisation, django_assert_num_queries
):
    part = factories.OrganisationFactory(parent=organisation, kind="department")
    bias, position = needing(organisation, title="Bias")
    law = factories.KnowledgeFactory(organisation=organisation, title="Wet", positions=[position])
    elsewhere = factories.PositionFactory()
    factories.KnowledgeFactory(organisation=elsewhere.organisation, positions=[elsewhere])
    anna, bert = holder(position, "Anna"), factories.UserFactory(name="Bert")
    factories.RoleAssignmentFactory(position=elsewhere, person=anna)
    factories.TrainingFactory(knowledge=bias, person=anna, days_left=30)

    with django_assert_num_queries(4):
        found = literacy.literacy_of(User.objects.filter(pk__in=[anna.pk, bert.pk]), part)

    assert [row.person for row in found] == [anna, bert]
    assert [need.knowledge for need in found[0].needed] == [bias, law]
    assert [
        [need.knowledge for need in needs] for needs in (found[0].counting, found[0].expiring, found[0].missing)
    ] == [[bias], [bias], [law]]
    assert found[0].counting[0].counts_until == today(30)
    assert found[1].needed == []


# Recording


def test_officer_records_a_training_for_several_people_at_once(client, officer, organisation):
    subject, position = needing(organisation, valid_months=6)
    anna, bert = holder(position, "Anna"), holder(position, "Bert")

    answer = client.post(
        address("training-add", organisation),
        {
            "knowledge": subject.pk,
            "people": [anna.pk, bert.pk],
            "followed_on": "2026-08-31" if today() > date(2026, 8, 31) else "2025-08-31",
            "note": "Cursus, Academie",
        },
        follow=True,
    )

    rows = Training.objects.all()
    assert {(row.person, row.valid_until.month, row.valid_until.day) for row in rows} == {(anna, 2, 28), (bert, 2, 28)}
    assert {(row.recorded_by, row.note) for row in rows} == {(officer, "Cursus, Academie")}
    assert "vastgelegd voor" in answer.content.decode()
    assert AuditEvent.objects.filter(verb="training.recorded", organisation=organisation).count() == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"people": []}, "people"),
        ({"followed_on": (timezone.localdate() + timedelta(days=2)).isoformat()}, "followed_on"),
        ({"followed_on": "gisteren"}, "followed_on"),
        ({"valid_until": "2020-01-01"}, "valid_until"),
        ({"note": "x" * 301}, "note"),
        ({"knowledge": "0"}, "knowledge"),
    ],
)
def test_what_cannot_be_so_is_refused_beside_its_field(client, officer, organisation, fields, field):
    subject, position = needing(organisation)
    typed = {"knowledge": subject.pk, "people": [holder(position).pk], "followed_on": today(-3).isoformat()}

    answer = client.post(address("training-add", organisation), typed | fields)

    assert list(answer.context["form"].errors) == [field]
    assert not Training.objects.exists()


def test_sending_the_form_twice_records_once(client, officer, organisation):
    subject, position = needing(organisation)
    typed = {"knowledge": subject.pk, "people": [holder(position).pk], "followed_on": today(-3).isoformat()}

    client.post(address("training-add", organisation), typed)
    again = client.post(address("training-add", organisation), typed)

    assert list(again.context["form"].errors) == ["people"]
    assert Training.objects.count() == 1


def test_nothing_is_recorded_about_somebody_or_something_of_another_organisation(client, officer, organisation):
    subject, position = needing(organisation)
    foreign, elsewhere = needing(factories.OrganisationFactory(), title="Geheim onderwerp")
    own, other = holder(position), holder(elsewhere, "Geheim persoon")
    record = address("training-add", organisation)

    page = look_at(client, f"{record}?persoon={other.pk}&onderwerp={foreign.pk}")
    for fields in ({"knowledge": subject.pk, "people": [other.pk]}, {"knowledge": foreign.pk, "people": [own.pk]}):
        client.post(record, fields | {"followed_on": today(-3).isoformat()})

    assert "Geheim" not in page
    assert not Training.objects.exists()


@pytest.mark.parametrize("role", ["reader", "contributor", "administrator"])
def test_people_record_and_withdraw_their_own_only(client, organisation, role):
    subject, position = needing(organisation)
    person, other = factories.member(role, organisation), holder(position)
    client.force_login(person)
    record = address("training-add", organisation)

    client.post(record, {"knowledge": subject.pk, "people": [other.pk], "followed_on": today(-3).isoformat()})
    assert not Training.objects.exists()
    client.post(record, {"knowledge": subject.pk, "people": [person.pk], "followed_on": today(-3).isoformat()})
    own = Training.objects.get()
    by_officer = factories.TrainingFactory(knowledge=subject, person=person, recorded_by=other)
    refused = client.post(address("training-withdraw", organisation, by_officer.pk))
    client.post(address("training-withdraw", organisation, own.pk))

    own.refresh_from_db()
    by_officer.refresh_from_db()
    assert (own.person, own.recorded_by, own.withdrawn is None) == (person, person, False)
    assert (refused.status_code, by_officer.withdrawn) == (403, None)


def test_withdrawn_training_counts_no_more_and_stays_readable(client, officer, organisation):
    subject, position = needing(organisation, title="Bias")
    person = holder(position)
    training = factories.TrainingFactory(knowledge=subject, person=person, note="Cursus")

    look_at(client, address("training-withdraw", organisation, training.pk))
    client.post(address("training-withdraw", organisation, training.pk))

    assert states(organisation) == {(person.pk, subject.pk): "missing"}
    assert "ingetrokken" in look_at(client, address("organisation-person", organisation, person.pk))
    with audit_trail.acting(officer, "command"), pytest.raises(ValidationError):
        literacy.withdraw_training(training, by=officer)
    assert client.get(address("training-withdraw", organisation, training.pk)).status_code == 404


@pytest.mark.parametrize(
    ("role", "offered"), [("officer", [True, True]), ("reader", [True, False]), ("auditor", [False, False])]
)
def test_withdrawing_is_offered_to_whom_may_do_it(client, organisation, role, offered):
    subject, position = needing(organisation)
    person = factories.member(role, organisation)
    factories.RoleAssignmentFactory(position=position, person=person)
    own = factories.TrainingFactory(knowledge=subject, person=person, recorded_by=person)
    by_another = factories.TrainingFactory(knowledge=subject, person=person)
    client.force_login(person)

    html = look_at(client, address("organisation-person", organisation, person.pk))

    pages = [address("training-withdraw", organisation, row.pk) for row in (own, by_another)]
    assert [page in html for page in pages] == offered
    assert [client.get(page).status_code == 200 for page in pages] == offered


def test_what_a_department_may_not_withdraw_of_who_left_it_is_not_offered(client, organisation):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    subject, _position = needing(organisation)
    _theirs, position = needing(department)
    person = holder(position)
    training = factories.TrainingFactory(knowledge=subject, person=person)
    client.force_login(factories.member("officer", department))
    page, withdraw = (
        address("organisation-person", department, person.pk),
        address("training-withdraw", department, training.pk),
    )

    while_there = withdraw in look_at(client, page)
    RoleAssignment.objects.update(until=timezone.now())
    person.memberships.update(until=timezone.now())
    factories.TrainingFactory(knowledge=_theirs, person=person)

    assert (while_there, withdraw in look_at(client, page)) == (True, False)


def test_a_person_with_thirty_trainings_costs_as_many_queries_as_with_one(client, officer, organisation):
    subject, position = needing(organisation)
    person = holder(position)
    factories.TrainingFactory(knowledge=subject, person=person)
    page = address("organisation-person", organisation, person.pk)
    client.get(page)

    with CaptureQueriesContext(connection) as one:
        client.get(page)
    for _ in range(29):
        factories.TrainingFactory(knowledge=subject, person=person)
    with CaptureQueriesContext(connection) as thirty:
        client.get(page)

    assert len(one) == len(thirty)


def test_functions_of_people_who_left_ask_nothing_any_more(client, officer, organisation):
    subject, position = needing(organisation)
    stays, without_role, deactivated = (holder(position, name) for name in ("Anna", "Bert", "Cor"))
    without_role.memberships.update(until=timezone.now())
    User.objects.filter(pk=deactivated.pk).update(is_active=False)

    context = client.get(address("literacy", organisation)).context

    assert {row["person"] for row in literacy.missing(organisation)} == {stays.pk}
    assert (context["figures"]["people"], [need.person for need in context["page"]]) == (1, [stays])
    assert [list(Knowledge.objects.needs_of(person)) for person in (stays, without_role)] == [[subject], []]
    found = literacy.literacy_of(User.objects.filter(pk__in=[stays.pk, deactivated.pk]), organisation)
    assert [(row.person, len(row.needed)) for row in found] == [(stays, 1), (deactivated, 0)]
    assert client.get(address("organisation-person", organisation, without_role.pk)).context["needs"] == []


def test_department_withdraws_what_its_people_followed_and_not_what_who_left_it_did(client, organisation):
    """The subject is of the organisation above; only whoever is of the department now is the department's business."""
    subject, _position = needing(organisation, title="Bias")
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    stays, leaves = factories.member("reader", department), factories.member("reader", department)
    of_stays, of_leaves = (factories.TrainingFactory(knowledge=subject, person=person) for person in (stays, leaves))
    leaves.memberships.update(until=timezone.now())
    officer = factories.member("officer", department)
    client.force_login(officer)

    answers = [
        client.post(address("training-withdraw", department, row.pk)).status_code for row in (of_stays, of_leaves)
    ]

    assert answers == [302, 404]
    assert [officer.has_perm("governance.record_training", row) for row in (of_stays, of_leaves)] == [True, False]
    assert set(Training.objects.visible_to(officer)) == {of_stays}
    assert subject.title not in look_at(client, address("organisation-person", department, leaves.pk))
    above = factories.member("officer", organisation)
    assert set(Training.objects.visible_to(above)) == {of_stays, of_leaves}
    assert above.has_perm("governance.record_training", of_leaves)


def test_training_of_another_organisation_cannot_be_withdrawn(client, officer, organisation):
    foreign, elsewhere = needing(factories.OrganisationFactory())
    training = factories.TrainingFactory(knowledge=foreign, person=holder(elsewhere))

    assert client.post(address("training-withdraw", organisation, training.pk)).status_code == 404


def test_months_after_the_last_day_of_a_month_end_in_a_shorter_one():
    assert literacy.months_after(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert literacy.months_after(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert literacy.months_after(date(2024, 2, 29), 12) == date(2025, 2, 28)


# Pages


@pytest.fixture
def team(organisation):
    """Anna knows one of two subjects, Bert both (of which one expires), Cor none."""
    bias, position = needing(organisation, title="Bias")
    law = factories.KnowledgeFactory(organisation=organisation, title="Wet", positions=[position])
    people = [holder(position, name) for name in ("Anna", "Bert", "Cor")]
    factories.TrainingFactory(knowledge=bias, person=people[0])
    factories.TrainingFactory(knowledge=law, person=people[0], days_left=-5)
    factories.TrainingFactory(knowledge=bias, person=people[1], days_left=20)
    factories.TrainingFactory(knowledge=law, person=people[1])
    return {"bias": bias, "law": law, "position": position, "people": people}


def test_page_counts_people_and_subjects(client, officer, organisation, team):
    page = client.get(address("literacy", organisation))

    assert page.context["figures"] == {
        "people": 3, "complete": 1, "needs": 6, "known": 3, "expiring": 1, "open": 3,
    }  # fmt: skip
    assert [(row.title, row.known_by, row.needed_by) for row in page.context["subjects"]] == [
        ("Bias", 2, 3),
        ("Wet", 1, 3),
    ]
    shown = page.content.decode()
    assert "<strong>1 van 3</strong> mensen weet alles wat hun functies vragen" in shown
    assert "<strong>3 van 6</strong> onderwerpen tellen nog" in shown
    assert "<strong>3</strong> onderwerpen ontbreken of zijn verlopen" in shown
    assert "<strong>1</strong> onderwerp verloopt binnen 60 dagen" in shown


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Anna Bias", "Anna Wet", "Bert Bias", "Bert Wet", "Cor Bias", "Cor Wet"]),
        ("state=open", ["Anna Wet", "Cor Bias", "Cor Wet"]),
        ("state=expired", ["Anna Wet"]),
        ("state=expiring", ["Bert Bias"]),
        ("state=nonsense", []),
        ("q=ann", ["Anna Bias", "Anna Wet"]),
        ("subject=x", []),
        ("position=99999999999999999999", []),
    ],
)
def test_list_is_narrowed_by_state_and_name_and_nonsense_does_no_harm(
    client, officer, organisation, team, query, expected
):
    page = client.get(f"{address('literacy', organisation)}?{query}")

    assert [f"{need.person} {need.knowledge}" for need in page.context["page"]] == expected


def test_list_is_narrowed_by_subject_and_function(client, officer, organisation, team):
    list_of = address("literacy", organisation)

    by_subject = client.get(f"{list_of}?subject={team['law'].pk}&state=open").context["page"]
    by_function = client.get(f"{list_of}?position={team['position'].pk}").context["page"]

    assert [str(need.person) for need in by_subject] == ["Anna", "Cor"]
    assert len(by_function) == 6


def test_department_sees_its_own_people_and_the_subjects_from_above(client):
    parent = factories.OrganisationFactory()
    part = factories.OrganisationFactory(parent=parent, kind="department")
    subject, above = needing(parent, title="Bias")
    below = factories.PositionFactory(organisation=part)
    subject.positions.add(below)
    holder(above, "Geheim persoon")
    holder(below, "Anna")
    client.force_login(factories.member("reader", part))

    page = look_at(client, address("literacy", part))

    assert "Bias" in page and "Anna" in page
    assert "Geheim persoon" not in page


def test_page_of_a_person_shows_functions_needs_and_trainings_of_there_only(client, officer, organisation, team):
    anna = team["people"][0]
    elsewhere = factories.PositionFactory(name="Geheime functie")
    factories.RoleAssignmentFactory(position=elsewhere, person=anna)
    foreign = factories.KnowledgeFactory(organisation=elsewhere.organisation, title="Geheim onderwerp")
    factories.TrainingFactory(knowledge=foreign, person=anna)

    page = look_at(client, address("organisation-person", organisation, anna.pk))

    assert team["position"].name in page and "Bias" in page and "Verlopen" in page
    assert "Geheim" not in page
    stranger = factories.member("reader")
    assert client.get(address("organisation-person", organisation, stranger.pk)).status_code == 404


def test_number_of_queries_does_not_grow_with_the_rows(client, officer, organisation, django_assert_num_queries):
    def fill(n):
        for _n in range(n):
            subject, position = needing(organisation)
            factories.TrainingFactory(knowledge=subject, person=holder(position))
            holder(position)

    fill(1)
    client.get(address("literacy", organisation))
    with CaptureQueriesContext(connection) as few:
        client.get(address("literacy", organisation))
    fill(29)

    with django_assert_num_queries(len(few)):
        client.get(address("literacy", organisation))


def test_pages_of_knowledge_are_well_made_when_empty_and_filled(client, officer, organisation, request):
    names = ("literacy", "knowledge-add", "knowledge-start", "training-add")
    pages = [address(name, organisation) for name in names]
    for page in pages:
        look_at(client, page)
    team = request.getfixturevalue("team")
    pages += [address(name, organisation, team["bias"].pk) for name in ("knowledge-edit", "knowledge-end")]
    person = address("organisation-person", organisation, team["people"][0].pk)

    for page in [*pages, person, address("literacy", organisation) + "?q=niemand"]:
        look_at(client, page, language="en")


def test_states_are_those_that_the_rows_can_have():
    assert set(Literacy.values) == {"missing", "expired", "expiring", "counting"}


def test_subject_that_a_colleague_ended_a_moment_before_is_told_not_broken(client, officer, organisation, monkeypatch):
    """The page finds the record in force; while it is handled, a colleague ends it."""
    subject, _position = needing(organisation)

    def a_moment_later(record, *, seen, by):
        Knowledge.objects.update(ended=timezone.now())
        return end(record, seen=seen, by=by)

    end = literacy.end_knowledge
    monkeypatch.setitem(arranging.KINDS, "knowledge", replace(arranging.KINDS["knowledge"], end=a_moment_later))

    answer = client.post(address("knowledge-end", organisation, subject.pk), {"seen": subject.version}, follow=True)

    assert answer.redirect_chain == [(address("literacy", organisation), 302)]
    assert [message.level_tag for message in answer.context["messages"]] == ["error"]


def test_starters_that_a_colleague_took_over_a_moment_before_are_told_not_broken(
    client, officer, organisation, monkeypatch
):
    """Neither of two who send the page at once sees yet what the other takes over."""
    monkeypatch.setattr(literacy, "not_yet_there", lambda name, field, taken: starters(name))
    chosen = {"chosen": [starter["code"] for starter in starters("knowledge")]}
    client.post(address("knowledge-start", organisation), chosen, follow=True)

    answer = client.post(address("knowledge-start", organisation), chosen, follow=True)

    assert [message.level_tag for message in answer.context["messages"]] == ["error"]
    assert Knowledge.objects.filter(organisation=organisation).count() == len(chosen["chosen"])
