"""How mature an organisation judges itself to be: repeated, compared, never edited."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from governance import maturity
from governance.models import AuditEvent, MaturityAssessment
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

CODES = [dimension.code for dimension in maturity.model().dimensions]


@pytest.fixture
def organisation(as_somebody):
    return as_somebody.memberships.get().organisation


@pytest.fixture
def officer(client, as_somebody):
    client.force_login(as_somebody)
    return as_somebody


def every(level, **others):
    return {**dict.fromkeys(CODES, level), **others}


def judged(organisation, day, level=2, **others):
    return maturity.judge(organisation, every(level, **others), assessed_on=day, by=None)


def answers(level=2, **others):
    return {"assessed_on": timezone.localdate().isoformat(), **dict.fromkeys(CODES, level), **others}


# The model


@pytest.mark.parametrize("language", ["nl", "en"])
def test_model_has_six_dimensions_of_five_described_levels_in_both_languages(language):
    with translation.override(language):
        texts = [
            text
            for dimension in maturity.model().dimensions
            for text in [dimension.name, dimension.question, *(text for _level, text in dimension.levels)]
        ]
        names = [name for _level, name in maturity.model().levels]

    assert (len(CODES), len(names), len(texts)) == (6, 5, 6 * 7)
    assert all([*texts, *names])


# The verb


def test_a_level_is_chosen_for_every_dimension(organisation):
    with pytest.raises(ValidationError) as refused:
        maturity.judge(organisation, every(3, policy=6, tooling=None), by=None)

    assert set(refused.value.message_dict) == {"policy", "tooling"}
    assert not MaturityAssessment.objects.exists()


def test_a_day_that_has_not_come_cannot_be_judged(organisation):
    with pytest.raises(ValidationError) as refused:
        judged(organisation, timezone.localdate() + timedelta(days=1))

    assert set(refused.value.message_dict) == {"assessed_on"}


def test_an_assessment_is_in_the_audit_trail(organisation, as_somebody):
    maturity.judge(organisation, every(2, policy=3), ambition=4, by=as_somebody)

    event = AuditEvent.objects.get(verb="maturity.assessed")
    assert (event.organisation, event.actor, event.changes["policy"], event.changes["ambition"]) == (
        organisation,
        as_somebody,
        [None, 3],
        [None, 4],
    )


def test_the_last_of_a_day_counts_and_days_come_in_their_order(organisation):
    judged(organisation, date(2025, 6, 1), 3)
    judged(organisation, date(2024, 6, 1), 1)
    correction = judged(organisation, date(2025, 6, 1), 2)

    counting = maturity.of(organisation)

    assert [row.assessed_on.year for row in counting] == [2024, 2025]
    assert counting[-1] == correction
    assert MaturityAssessment.objects.count() == 3


def test_a_course_says_how_far_it_went_up_or_down_since_the_time_before(organisation):
    judged(organisation, date(2024, 6, 1), 2, policy=4)
    judged(organisation, date(2025, 6, 1), 3, policy=2)

    changes = {course.dimension.code: course.change for course in maturity.courses(maturity.of(organisation))}

    assert changes == every(1, policy=-2)


def test_one_assessment_has_no_change(organisation):
    judged(organisation, date(2024, 6, 1))

    assert {course.change for course in maturity.courses(maturity.of(organisation))} == {None}


# The pages


def test_a_manager_assesses_and_sees_it_beside_the_earlier_one(client, organisation, officer):
    judged(organisation, date(2024, 6, 1), 1)

    answer = client.post(
        reverse("maturity-add", args=[organisation.slug]),
        answers(3, **{"note-policy": "Vastgesteld in maart.", "ambition": "4", "summary": "Scholen."}),
    )
    page = look_at(client, reverse("maturity", args=[organisation.slug]))

    made = MaturityAssessment.objects.get(by=officer)
    assert answer.url == reverse("maturity-assessment", args=[organisation.slug, made.pk])
    assert (made.levels, made.notes, made.ambition) == (every(3), {"policy": "Vastgesteld in maart."}, 4)
    assert ("1 juni 2024" in page, "Scholen." in page) == (True, True)
    assert 'class="aim"' in page


def test_what_was_typed_stays_when_a_level_is_missing(client, organisation, officer):
    page = client.post(
        reverse("maturity-add", args=[organisation.slug]), answers(3, policy="", **{"note-policy": "Nog te bespreken"})
    )

    assert list(page.context["form"].errors) == ["policy"]
    assert "Nog te bespreken" in page.content.decode()
    assert not MaturityAssessment.objects.exists()


def test_nobody_changes_an_assessment_afterwards(client, organisation, officer):
    made = judged(organisation, date(2024, 6, 1))

    client.post(reverse("maturity-assessment", args=[organisation.slug, made.pk]), answers(5))

    made.refresh_from_db()
    assert made.levels == every(2)


def test_an_assessment_that_was_corrected_says_so(client, organisation, officer):
    wrong = judged(organisation, date(2024, 6, 1))
    right = judged(organisation, date(2024, 6, 1), 3)

    page = look_at(client, reverse("maturity-assessment", args=[organisation.slug, wrong.pk]))

    assert reverse("maturity-assessment", args=[organisation.slug, right.pk]) in page


def test_an_assessment_is_not_read_through_the_address_of_another_organisation(client, organisation, officer):
    elsewhere = judged(factories.OrganisationFactory(), date(2024, 6, 1))

    assert client.get(reverse("maturity-assessment", args=[organisation.slug, elsewhere.pk])).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [("manager", 200), ("contributor", 403), ("reader", 403), ("auditor", 403), ("administrator", 403)],
)
def test_officers_and_managers_fill_in_and_others_do_not(client, organisation, role, status):
    client.force_login(factories.member(role, organisation))

    page = client.get(reverse("maturity", args=[organisation.slug])).content.decode()

    add = reverse("maturity-add", args=[organisation.slug])
    assert (client.get(add).status_code, add in page) == (status, status == 200)
    assert client.post(add, answers()).status_code == (302 if status == 200 else 403)


def test_a_department_is_pointed_to_the_organisation_that_does_this_for_it(client, organisation, officer):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    judged(organisation, date(2024, 6, 1))

    page = look_at(client, reverse("maturity", args=[department.slug]))

    assert reverse("maturity", args=[organisation.slug]) in page
    assert client.get(reverse("maturity-add", args=[department.slug])).status_code == 404


def test_who_sees_the_department_alone_is_told_who_does_it_and_sees_no_level(client, organisation):
    department = factories.OrganisationFactory(parent=organisation, kind="department")
    maturity.judge(organisation, every(2), summary="Alleen voor de gemeente.", by=None)
    client.force_login(factories.member("manager", department))

    pages = [look_at(client, reverse(name, args=[department.slug])) for name in ("maturity", "organisation")]

    for page in pages:
        assert organisation.name in page
        assert reverse("maturity", args=[organisation.slug]) not in page
        assert "Alleen voor de gemeente." not in page
        assert "Eerste stappen" not in page


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", ["maturity", "maturity-add"])
def test_pages_are_well_made_without_any_assessment(client, organisation, officer, language, name):
    look_at(client, reverse(name, args=[organisation.slug]), language)


def test_the_page_costs_the_same_however_many_assessments(client, organisation, officer):
    address = reverse("maturity", args=[organisation.slug])
    judged(organisation, date(2020, 1, 1))
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)

    for number in range(29):
        judged(organisation, date(2021, 1, 1) + timedelta(days=number))
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)
