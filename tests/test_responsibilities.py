"""Who is responsible for what: giving and ending letters, the matrix, what is vacant, and what defaults propose."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from governance.conflict import Conflict
from governance.models import AuditEvent
from governance.notifying import sentence
from registry.models import Algorithm, Classification, Responsibility
from registry.raci_defaults import accept, add_default, defaults_of, proposed_responsibilities, remove_default
from registry.responsibilities import (
    assign,
    assign_in_bulk,
    cell_name,
    effective,
    end,
    matrix_of,
    set_matrix,
    vacancies,
    vacancies_of,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def algorithm(as_somebody):
    for number in range(9):
        factories.PhaseFactory(number=number)
    return factories.AlgorithmFactory(organisation=as_somebody.memberships.get().organisation)


@pytest.fixture
def colleague(algorithm):
    return factories.member("contributor", algorithm.organisation)


def phase(number):
    return factories.PhaseFactory(number=number)


def letters(algorithm, moment=None):
    rows = Responsibility.objects.as_of(moment or timezone.now()).filter(algorithm=algorithm)
    return {(row.scope, row.letter, row.person) for row in rows}


def told():
    events = AuditEvent.objects.filter(verb="responsibility.changed").order_by("pk")
    return [(event.label, event.changes["letters"]) for event in events]


def test_a_second_accountable_ends_the_first_and_both_are_recorded(algorithm, as_somebody, colleague):
    assign(algorithm, as_somebody, "A", by=as_somebody)

    assign(algorithm, colleague, "A", by=as_somebody)

    assert letters(algorithm) == {(None, "A", colleague)}
    assert {(label.partition(":")[0], *change) for label, change in told()} == {
        (as_somebody.name, "", "A"),
        (as_somebody.name, "A", ""),
        (colleague.name, "", "A"),
    }


def test_several_people_are_responsible_and_one_person_has_several_letters(algorithm, as_somebody, colleague):
    for person, letter in ((as_somebody, "R"), (as_somebody, "A"), (colleague, "R")):
        assign(algorithm, person, letter, phase(2), by=as_somebody)

    assert letters(algorithm) == {
        (phase(2), "R", as_somebody),
        (phase(2), "A", as_somebody),
        (phase(2), "R", colleague),
    }


def test_giving_a_letter_somebody_has_changes_nothing(algorithm, as_somebody):
    first = assign(algorithm, as_somebody, "R", by=as_somebody)

    second = assign(algorithm, as_somebody, "R", by=as_somebody)

    assert (second, len(told())) == (first, 1)


def test_the_database_refuses_two_accountables_of_one_scope(algorithm, colleague):
    factories.ResponsibilityFactory(algorithm=algorithm)

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.ResponsibilityFactory(algorithm=algorithm, person=colleague)


def test_from_a_date_ahead_the_first_holds_until_then(algorithm, as_somebody, colleague):
    then = timezone.now() + timedelta(days=30)
    assign(algorithm, as_somebody, "A", by=as_somebody)

    assign(algorithm, colleague, "A", since=then, by=as_somebody)

    assert letters(algorithm) == {(None, "A", as_somebody)}
    assert letters(algorithm, then) == {(None, "A", colleague)}
    assert AuditEvent.objects.first().changes["from"] == [None, timezone.localdate(then).isoformat()]


def test_who_was_to_follow_never_does_when_somebody_else_is_chosen_meanwhile(algorithm, as_somebody, colleague):
    then = timezone.now() + timedelta(days=30)
    third = factories.member("manager", algorithm.organisation)
    assign(algorithm, as_somebody, "A", by=as_somebody)
    assign(algorithm, colleague, "A", since=then, by=as_somebody)

    assign(algorithm, third, "A", by=as_somebody)

    assert letters(algorithm) == letters(algorithm, then) == {(None, "A", third)}


def test_who_was_to_end_or_begin_later_and_is_given_the_letter_now_has_it_without_a_gap(algorithm, as_somebody):
    month = timezone.now() + timedelta(days=30)
    row = assign(algorithm, as_somebody, "R", by=as_somebody)
    end(row, month, by=as_somebody)
    assign(algorithm, as_somebody, "C", since=month, by=as_somebody)

    for letter in "RC":
        assign(algorithm, as_somebody, letter, by=as_somebody)

    whole = {(None, "R", as_somebody), (None, "C", as_somebody)}
    assert [letters(algorithm, month + timedelta(days=days)) for days in (-15, 0, 15)] == [whole] * 3


def test_a_day_that_has_passed_is_refused(algorithm, as_somebody):
    with pytest.raises(ValidationError):
        assign(algorithm, as_somebody, "A", since=timezone.now() - timedelta(days=2), by=as_somebody)


@pytest.mark.parametrize(
    ("role", "can"),
    [
        ("officer", "RASCI"),
        ("manager", "RASCI"),
        ("contributor", "RASCI"),
        ("auditor", "CI"),
        ("administrator", "CI"),
        ("reader", "CI"),
    ],
)
def test_only_who_works_here_does_and_anybody_with_a_role_is_asked_or_told(algorithm, as_somebody, role, can):
    person = factories.member(role, algorithm.organisation)

    for letter in "RASCI":
        try:
            assign(algorithm, person, letter, by=as_somebody)
        except ValidationError as error:
            assert list(error.message_dict) == ["person"]

    assert {letter for _scope, letter, _person in letters(algorithm)} == set(can)


def test_a_role_above_counts_and_a_role_below_or_elsewhere_does_not(algorithm, as_somebody):
    department = factories.OrganisationFactory(parent=algorithm.organisation)
    below = factories.AlgorithmFactory(organisation=department)
    assign(below, as_somebody, "A", by=as_somebody)

    for organisation in (department, factories.OrganisationFactory()):
        with pytest.raises(ValidationError):
            assign(algorithm, factories.member("manager", organisation), "I", by=as_somebody)

    assert letters(below) == {(None, "A", as_somebody)}


def test_phase_0_and_items_of_others_are_no_scope_of_an_algorithm(algorithm, as_somebody):
    elsewhere = factories.MeasureFactory(organisation=factories.OrganisationFactory())

    for scope in (phase(0), elsewhere):
        with pytest.raises(ValidationError):
            assign(algorithm, as_somebody, "R", scope, by=as_somebody)


def test_ending_what_was_ended_meanwhile_is_a_conflict(algorithm, as_somebody):
    row = assign(algorithm, as_somebody, "R", by=as_somebody)
    seen = Responsibility.objects.get(pk=row.pk)
    end(row, by=as_somebody)

    with pytest.raises(Conflict):
        end(seen, by=as_somebody)

    assert letters(algorithm) == set()
    assert told()[-1][1] == ["R", ""]


# The matrix


def test_a_save_of_the_matrix_writes_only_what_changed_with_one_event_per_cell(algorithm, as_somebody, colleague):
    kept = assign(algorithm, as_somebody, "R", by=as_somebody)
    assign(algorithm, as_somebody, "C", phase(2), by=as_somebody)
    events = len(told())
    stands = matrix_of(algorithm)

    changed = set_matrix(
        algorithm,
        {
            (None, as_somebody.pk): "R",
            (phase(2).pk, as_somebody.pk): "",
            (phase(2).pk, colleague.pk): "RA",
            (phase(3).pk, colleague.pk): "",
        },
        seen=stands.fingerprint,
        by=as_somebody,
    )

    assert changed == 2
    assert letters(algorithm) == {
        (None, "R", as_somebody),
        (phase(2), "R", colleague),
        (phase(2), "A", colleague),
    }
    assert Responsibility.objects.get(pk=kept.pk).until is None
    assert sorted(told()[events:]) == sorted(
        [(f"{as_somebody}: {phase(2)}", ["C", ""]), (f"{colleague}: {phase(2)}", ["", "RA"])]
    )


def test_a_matrix_that_somebody_changed_meanwhile_is_a_conflict_that_shows_how_it_stands(
    algorithm, as_somebody, colleague
):
    seen = matrix_of(algorithm).fingerprint
    assign(algorithm, colleague, "A", by=as_somebody)

    with pytest.raises(Conflict) as conflict:
        set_matrix(algorithm, {(None, as_somebody.pk): "A"}, seen=seen, by=as_somebody)

    assert conflict.value.current.letters == {(None, colleague.pk): "A"}
    assert letters(algorithm) == {(None, "A", colleague)}


def test_a_handover_agreed_meanwhile_is_a_conflict_as_well(algorithm, as_somebody, colleague):
    row = assign(algorithm, as_somebody, "A", by=as_somebody)
    seen = matrix_of(algorithm).fingerprint
    end(row, timezone.now() + timedelta(days=30), by=as_somebody)

    with pytest.raises(Conflict):
        set_matrix(algorithm, {(None, as_somebody.pk): "R"}, seen=seen, by=as_somebody)


def test_two_accountables_in_one_row_of_the_matrix_are_refused_with_a_sentence(algorithm, as_somebody, colleague):
    assign(algorithm, as_somebody, "A", phase(2), by=as_somebody)
    cell = (phase(2).pk, colleague.pk)

    with pytest.raises(ValidationError) as refused:
        set_matrix(algorithm, {cell: "A"}, seen=matrix_of(algorithm).fingerprint, by=as_somebody)

    assert list(refused.value.message_dict) == [cell_name(cell)]
    assert letters(algorithm) == {(phase(2), "A", as_somebody)}


def test_the_accountable_moves_to_another_in_one_save(algorithm, as_somebody, colleague):
    assign(algorithm, as_somebody, "A", by=as_somebody)
    cells = {(None, as_somebody.pk): "C", (None, colleague.pk): "A"}

    set_matrix(algorithm, cells, seen=matrix_of(algorithm).fingerprint, by=as_somebody)

    assert letters(algorithm) == {(None, "C", as_somebody), (None, "A", colleague)}


def test_the_matrix_gives_no_letter_to_somebody_without_the_role(algorithm, as_somebody):
    auditor = factories.member("auditor", algorithm.organisation)
    cell = (None, auditor.pk)

    with pytest.raises(ValidationError) as refused:
        set_matrix(algorithm, {cell: "R"}, seen=matrix_of(algorithm).fingerprint, by=as_somebody)

    assert list(refused.value.message_dict) == [cell_name(cell)]


# Vacancies


def test_a_phase_without_its_own_has_those_of_the_whole(algorithm, as_somebody):
    for letter in "AR":
        assign(algorithm, as_somebody, letter, by=as_somebody)
    assign(algorithm, as_somebody, "C", phase(4), by=as_somebody)

    assert vacancies_of(algorithm) == []


def test_what_is_missing_is_said_for_the_whole_and_for_each_phase(algorithm, as_somebody):
    assign(algorithm, as_somebody, "R", by=as_somebody)
    assign(algorithm, as_somebody, "A", phase(4), by=as_somebody)

    assert vacancies_of(algorithm) == [
        (None, ("A",)),
        *((phase(number), ("A",)) for number in (1, 2, 3, 5, 6, 7, 8)),
    ]


def slow_vacant(algorithm):
    """The rule as it is told, over the rows themselves."""
    now = timezone.now()
    rows = [
        row
        for row in Responsibility.objects.filter(algorithm=algorithm)
        if row.since <= now
        and (row.until is None or row.until > now)
        and row.person.is_active
        and any(
            held.until is None and algorithm.organisation.path.startswith(held.organisation.path)
            for held in row.person.memberships.all()
        )
    ]
    found = []
    for scope in [None, *(phase(number) for number in range(1, 9))]:
        for letter in "AR":
            own = [row for row in rows if row.letter == letter and row.scope == scope]
            whole = [row for row in rows if row.letter == letter and row.scope is None]
            if not (own or whole):
                found.append((scope, letter))
    return found


def test_vacant_algorithms_are_those_with_a_vacant_scope(algorithm, as_somebody):
    organisation = algorithm.organisation
    gone = factories.MembershipFactory(organisation=organisation, role="manager").user
    gone.is_active = False
    gone.save()
    below = factories.member("manager", factories.OrganisationFactory(parent=organisation))
    left = factories.member("manager", organisation)
    left.memberships.update(until=timezone.now())
    factories.MembershipFactory(user=left, role="manager")
    requirement = factories.RequirementFactory()
    cases = [
        [("A", {}), ("R", {})],
        [("A", {})],
        [("R", {}), ("A", {"phase": phase(2)})],
        [("A", {}), ("R", {"requirement": requirement})],
        [("A", {}), ("R", {"person": gone})],
        [("A", {}), ("R", {"person": left})],
        [("A", {}), ("R", {"person": below})],
        [("A", {}), ("R", {"since": timezone.now() + timedelta(days=3)})],
        [("A", {}), ("R", {"until": timezone.now() + timedelta(days=3)})],
        [(letter, {"phase": phase(number)}) for letter in "AR" for number in range(1, 9)],
    ]
    algorithms = [factories.AlgorithmFactory(organisation=organisation) for _case in cases]
    for one, case in zip(algorithms, cases, strict=True):
        for letter, fields in case:
            factories.ResponsibilityFactory(algorithm=one, letter=letter, **fields)

    everything = [algorithm, *algorithms]
    assert set(Algorithm.objects.vacant()) == {one for one in everything if slow_vacant(one)}
    for one in everything:
        assert [(scope, letter) for scope, missing in vacancies_of(one) for letter in missing] == slow_vacant(one)
    assert vacancies(everything) == {one.pk: vacancies_of(one) for one in everything}


def test_what_is_vacant_costs_the_same_for_one_and_for_thirty(algorithm):
    with CaptureQueriesContext(connection) as one:
        vacancies([algorithm])
    many = factories.AlgorithmFactory.create_batch(30, organisation=algorithm.organisation)
    with CaptureQueriesContext(connection) as thirty:
        found = vacancies(many)

    assert (len(one), len(found)) == (len(thirty), 30)


def test_a_requirement_has_its_own_or_those_of_its_one_phase_or_of_the_whole(algorithm, as_somebody, colleague):
    third = factories.member("manager", algorithm.organisation)
    in_one, in_two = factories.RequirementFactory(phases=[2]), factories.MeasureFactory(phases=[2, 3])
    assign(algorithm, as_somebody, "A", by=as_somebody)
    assign(algorithm, colleague, "R", phase(2), by=as_somebody)

    before = [effective(algorithm, item) for item in (in_one, in_two)]
    assign(algorithm, third, "A", in_one, by=as_somebody)

    assert before == [
        [("A", [as_somebody], None), ("R", [colleague], phase(2))],
        [("A", [as_somebody], None), ("R", [], None)],
    ]
    assert effective(algorithm, in_one)[0] == ("A", [third], in_one)


# In bulk


def test_a_letter_for_many_algorithms_is_given_for_all_or_for_none(algorithm, as_somebody):
    department = factories.OrganisationFactory(parent=algorithm.organisation)
    below = factories.AlgorithmFactory(organisation=department, name="Van de afdeling")
    only_below = factories.member("manager", department)

    with pytest.raises(ValidationError) as refused:
        assign_in_bulk([algorithm, below], only_below, "A", by=as_somebody)
    assign_in_bulk([algorithm, below], as_somebody, "A", by=as_somebody)

    assert algorithm.name in str(refused.value) and below.name not in str(refused.value)
    assert [letters(one) for one in (algorithm, below)] == [{(None, "A", as_somebody)}] * 2


# Who hears of it


def heard(person):
    return [sentence(notification) for notification in person.notifications.order_by("pk")]


def test_who_becomes_accountable_or_responsible_is_told_for_what(algorithm, as_somebody, colleague):
    assign(algorithm, colleague, "A", by=as_somebody)
    assign(algorithm, colleague, "R", phase(4), since=timezone.now() + timedelta(days=9), by=as_somebody)
    for letter, person in (("C", colleague), ("R", as_somebody)):
        assign(algorithm, person, letter, by=as_somebody)

    day = date_format(timezone.localdate() + timedelta(days=9), "j F Y")
    assert heard(colleague) == [
        f"{as_somebody} maakt je verantwoordelijk voor {algorithm}: Accountable – het hele algoritme",
        f"{as_somebody} maakt je verantwoordelijk voor {algorithm}, vanaf {day}: Responsible – {phase(4)}",
    ]
    assert set(colleague.notifications.values_list("kind", flat=True)) == {"responsibility"}
    assert heard(as_somebody) == []


def test_a_matrix_tells_everybody_once_what_is_new_for_them(algorithm, as_somebody, colleague):
    assign(algorithm, as_somebody, "R", by=as_somebody)
    cells = {(None, colleague.pk): "RA", (phase(2).pk, colleague.pk): "R", (phase(3).pk, as_somebody.pk): "AR"}

    set_matrix(algorithm, cells, seen=matrix_of(algorithm).fingerprint, by=as_somebody)

    assert heard(colleague) == [
        f"{as_somebody} maakt je verantwoordelijk voor {algorithm}: "
        f"Responsible, Accountable – het hele algoritme; Responsible – {phase(2)}"
    ]
    assert heard(as_somebody) == []


def test_a_letter_for_many_algorithms_is_told_as_one_number(algorithm, as_somebody, colleague):
    many = [algorithm, *factories.AlgorithmFactory.create_batch(4, organisation=algorithm.organisation)]

    assign_in_bulk(many, colleague, "R", by=as_somebody)

    assert heard(colleague) == [
        f"{as_somebody} maakt je verantwoordelijk voor algoritmes van {algorithm.organisation}. Aantal: 5"
    ]


# Defaults


def test_an_organisation_without_defaults_has_those_of_the_nearest_above(as_somebody):
    top = factories.OrganisationFactory()
    middle = factories.OrganisationFactory(parent=top)
    bottom = factories.OrganisationFactory(parent=middle)
    of_top = add_default(top, factories.PositionFactory(organisation=top), "A", by=as_somebody)

    inherited = list(defaults_of(bottom))
    of_middle = add_default(middle, factories.PositionFactory(organisation=top), "R", by=as_somebody)

    assert inherited == [of_top]
    assert list(defaults_of(bottom)) == [of_middle]


def test_the_same_default_and_a_second_accountable_are_refused(as_somebody):
    organisation = factories.OrganisationFactory()
    position, other = (factories.PositionFactory(organisation=organisation) for _number in range(2))
    add_default(organisation, position, "A", by=as_somebody)

    for refused in (position, other):
        with pytest.raises(ValidationError):
            add_default(organisation, refused, "A", by=as_somebody)
    add_default(organisation, other, "A", risk_group="hoog-risico-ai-systeem", by=as_somebody)

    assert defaults_of(organisation).count() == 2


def test_a_function_of_another_organisation_is_no_default(as_somebody):
    with pytest.raises(ValidationError):
        add_default(factories.OrganisationFactory(), factories.PositionFactory(), "A", by=as_somebody)


@pytest.fixture
def owner(algorithm):
    return factories.PositionFactory(organisation=algorithm.organisation, name="Proceseigenaar")


def keys(algorithm):
    return [(one.person, str(one.letter), one.phase) for one in proposed_responsibilities(algorithm)]


def test_holders_of_functions_are_proposed_and_deputies_and_former_holders_are_not(algorithm, as_somebody, owner):
    holder = factories.person_holding(owner)
    factories.person_holding(owner, is_deputy=True)
    factories.person_holding(owner, since=timezone.now() - timedelta(days=9), until=timezone.now())
    add_default(algorithm.organisation, owner, "A", by=as_somebody)
    add_default(algorithm.organisation, owner, "R", phase=phase(3), by=as_somebody)

    assert keys(algorithm) == [(holder, "A", None), (holder, "R", phase(3))]


def test_what_is_assigned_already_is_not_proposed(algorithm, as_somebody, owner):
    holder = factories.person_holding(owner)
    for letter in "AR":
        add_default(algorithm.organisation, owner, letter, by=as_somebody)
    assign(algorithm, as_somebody, "A", by=as_somebody)
    assign(algorithm, as_somebody, "R", by=as_somebody)

    proposed = keys(algorithm)
    accept(algorithm, [one.key for one in proposed_responsibilities(algorithm)], by=as_somebody)

    assert proposed == [(holder, "R", None)]
    assert proposed_responsibilities(algorithm) == []
    assert letters(algorithm) == {(None, "A", as_somebody), (None, "R", as_somebody), (None, "R", holder)}


def test_a_holder_without_the_role_is_not_proposed(algorithm, as_somebody, owner):
    reader = factories.person_holding(owner, role="reader")
    add_default(algorithm.organisation, owner, "A", by=as_somebody)
    add_default(algorithm.organisation, owner, "I", by=as_somebody)

    assert keys(algorithm) == [(reader, "I", None)]


def test_a_risk_group_has_defaults_of_its_own_once_the_algorithm_is_in_it(algorithm, as_somebody, owner):
    board = factories.PositionFactory(organisation=algorithm.organisation, name="Bestuurder")
    everyday, heavy = factories.person_holding(owner), factories.person_holding(board)
    add_default(algorithm.organisation, owner, "A", by=as_somebody)
    add_default(algorithm.organisation, board, "A", risk_group="hoog-risico-ai-systeem", by=as_somebody)

    before = keys(algorithm)
    Classification.objects.create(
        algorithm=algorithm, tree=factories.DecisionTreeFactory(), conclusion="1", ai_act_applies=True,
        risk_group="hoog-risico-ai-systeem",
    )  # fmt: skip

    assert (before, keys(algorithm)) == ([(everyday, "A", None)], [(heavy, "A", None)])


def test_of_two_holders_somebody_chooses_the_accountable(algorithm, as_somebody, owner):
    factories.person_holding(owner)
    factories.person_holding(owner)
    add_default(algorithm.organisation, owner, "A", by=as_somebody)
    proposals = proposed_responsibilities(algorithm)

    with pytest.raises(ValidationError):
        accept(algorithm, [one.key for one in proposals], by=as_somebody)
    accept(algorithm, [proposals[1].key], by=as_somebody)

    assert {one.is_one_of_several for one in proposals} == {True}
    assert letters(algorithm) == {(None, "A", proposals[1].person)}


def test_a_default_that_is_removed_proposes_nothing_and_is_recorded(algorithm, as_somebody, owner):
    factories.person_holding(owner)
    default = add_default(algorithm.organisation, owner, "A", by=as_somebody)

    remove_default(default, by=as_somebody)

    assert proposed_responsibilities(algorithm) == []
    assert list(AuditEvent.objects.values_list("verb", flat=True)[:2]) == ["raci_default.removed", "raci_default.added"]
