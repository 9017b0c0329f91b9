"""Complaints and questions: what came in, who handles it, and that nobody can be recognised in it."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import leaving
from governance.conflict import Conflict
from governance.models import AuditEvent, Notification, Organisation
from registry import complaints
from registry.models import Complaint
from tests import factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db

CAME_IN = {"kind": "complaint", "received_on": date(2026, 3, 2), "summary": "De uitkomst klopt niet."}
DONE = {"outcome": "upheld", "response": "Het besluit is hersteld."}


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation)


@pytest.fixture
def handler(organisation):
    return factories.member("contributor", organisation)


@pytest.fixture
def complaint(algorithm, handler):
    return factories.ComplaintFactory(algorithm=algorithm, handler=handler, due=timezone.localdate())


def page(name, complaint):
    return reverse(name, args=[complaint.algorithm_id, complaint.pk])


def verbs(complaint):
    return list(AuditEvent.objects.about(complaint).values_list("verb", flat=True))


# Recording


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        ("question", date(2026, 3, 16)),
        ("complaint", date(2026, 4, 13)),
        ("objection", date(2026, 4, 13)),
        ("signal", date(2026, 3, 30)),
    ],
)
def test_without_a_due_date_the_term_of_the_kind_counts(as_somebody, algorithm, kind, due):
    recorded = complaints.record(algorithm, CAME_IN | {"kind": kind, "due": None}, by=as_somebody)

    assert Complaint.objects.get(pk=recorded.pk).due == due
    assert AuditEvent.objects.about(recorded).get().changes["due"] == [None, due.isoformat()]


def test_another_due_date_is_kept(as_somebody, algorithm):
    assert complaints.record(algorithm, CAME_IN | {"due": date(2026, 3, 3)}, by=as_somebody).due == date(2026, 3, 3)


@pytest.mark.parametrize(
    "text",
    [
        "Mevrouw schreef vanaf j.jansen@voorbeeld.nl hierover.",
        "BSN 111222333 staat in de brief.",
        "BSN 1112.22.333 staat in de brief.",
        "BSN 111 222 333 staat in de brief.",
        "Bel terug op 06-12345678.",
        "Bel terug op 06 12 34 56 78.",
        "Bel terug op (020) 123 45 67.",
        "Bel terug op +31 6 12345678.",
        "Bel terug op 0031 20 1234567.",
        "tel.0201234567",
    ],
)
def test_a_text_in_which_somebody_can_be_recognised_is_refused(as_somebody, algorithm, text):
    with pytest.raises(ValidationError) as refused:
        complaints.record(algorithm, CAME_IN | {"summary": text}, by=as_somebody)

    assert list(refused.value.error_dict) == ["summary"]
    assert not Complaint.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "Zaak 123456789 van 01-02-2026 10:30 gaat over artikel 22.",
        "Ontvangen op 02-03-2026, om 2026-03-02 15:00 gelezen; bedrag 1.234.567,89 euro.",
        "Zaak Z-2026-0123456789, en het nummer 0800-1234 staat op de site.",
        "De scan van 12 voertuigen @ het plein was fout.",
        "",
    ],
)
def test_dates_amounts_and_case_numbers_are_no_identity(text):
    assert complaints.identifying(text) == ""


def test_the_page_says_what_looks_like_a_person_and_loses_no_typing(client, somebody, algorithm):
    client.force_login(somebody)

    answer = client.post(
        reverse("complaint-add", args=[algorithm.pk]),
        {"kind": "question", "received_on": "2026-03-02", "summary": "Mail van j.jansen@voorbeeld.nl"},
    )

    assert list(answer.context["form"].errors) == ["summary"]
    assert "Mail van j.jansen@voorbeeld.nl" in answer.content.decode()


def test_recording_from_the_page_tells_the_handler(client, somebody, algorithm, handler):
    client.force_login(somebody)

    client.post(
        reverse("complaint-add", args=[algorithm.pk]),
        {"kind": "question", "received_on": "2026-03-02", "summary": "Hoe werkt het?", "handler": handler.pk},
    )

    recorded = Complaint.objects.get()
    told = Notification.objects.get()
    assert (recorded.recorded_by, recorded.handler, recorded.due) == (somebody, handler, date(2026, 3, 16))
    assert (told.recipient, told.kind, told.url) == (handler, "complaint", recorded.get_absolute_url())
    assert verbs(recorded) == ["complaint.recorded"]


@pytest.mark.parametrize("role", ["reader", "auditor", "administrator"])
def test_only_somebody_who_works_there_can_be_the_handler(as_somebody, algorithm, role):
    for person in (factories.member(role, algorithm.organisation), factories.member("contributor")):
        with pytest.raises(ValidationError) as refused:
            complaints.record(algorithm, CAME_IN | {"handler": person}, by=as_somebody)

        assert list(refused.value.error_dict) == ["handler"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"received_on": date(2999, 1, 1)}, "received_on"),
        ({"due": date(2026, 3, 1)}, "due"),
        ({"kind": "nonsense"}, "kind"),
        ({"summary": ""}, "summary"),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(as_somebody, algorithm, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        complaints.record(algorithm, CAME_IN | fields, by=as_somebody)

    assert wrong in refused.value.error_dict


# Handling


def test_the_handler_closes_it_with_an_outcome(client, complaint, handler):
    client.force_login(handler)

    client.post(page("complaint-handle", complaint), DONE | {"seen": 1, "closed_on": timezone.localdate().isoformat()})

    complaint.refresh_from_db()
    assert (complaint.outcome, complaint.closed_on, complaint.version) == ("upheld", timezone.localdate(), 2)
    assert verbs(complaint) == ["complaint.handled"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"outcome": ""}, "outcome"),
        ({"response": "  "}, "response"),
        ({"response": "Gebeld met 06-12345678."}, "response"),
        ({"closed_on": date(2020, 1, 1)}, "closed_on"),
        ({"closed_on": date(2999, 1, 1)}, "closed_on"),
        ({"closed_on": None}, "closed_on"),
    ],
)
def test_closing_without_what_it_needs_is_refused(as_somebody, complaint, fields, wrong):
    with pytest.raises(ValidationError) as refused:
        complaints.handle(complaint, DONE | fields, seen=1, by=as_somebody)

    assert list(refused.value.error_dict) == [wrong]
    assert Complaint.objects.get().is_open


def test_a_contributor_handles_only_their_own_and_gives_it_to_nobody(client, complaint, organisation, handler):
    colleague = factories.member("contributor", organisation)
    other = factories.ComplaintFactory(algorithm=complaint.algorithm, handler=colleague)
    client.force_login(handler)

    refused = client.post(page("complaint-handle", other), DONE | {"seen": 1}).status_code
    client.post(
        page("complaint-edit", complaint),
        {
            "seen": 1,
            "kind": "complaint",
            "received_on": complaint.received_on.isoformat(),
            "summary": "Anders gezegd.",
            "handler": colleague.pk,
        },
    )

    complaint.refresh_from_db()
    assert (refused, complaint.summary, complaint.handler) == (403, "Anders gezegd.", handler)


def test_a_closed_one_is_opened_again_with_a_reason_and_keeps_the_answer(client, complaint, as_somebody):
    closed = complaints.handle(complaint, DONE, seen=1, by=as_somebody)
    client.force_login(as_somebody)

    refused = client.post(page("complaint-reopen", complaint), {"seen": closed.version, "reason": ""})
    client.post(page("complaint-reopen", complaint), {"seen": closed.version, "reason": "Er kwam een brief na."})

    complaint.refresh_from_db()
    event = AuditEvent.objects.about(complaint).first()
    assert list(refused.context["reopen_form"].errors) == ["reason"]
    assert (complaint.is_open, complaint.outcome, complaint.response) == (True, "", DONE["response"])
    assert event.changes["reason"] == [None, "Er kwam een brief na."]


def test_a_lost_update_is_a_conflict(as_somebody, complaint):
    complaints.revise(complaint, {"reference": "Z1"}, seen=1, by=as_somebody)

    for verb in (
        lambda: complaints.revise(complaint, {"reference": "Z2"}, seen=1, by=as_somebody),
        lambda: complaints.handle(complaint, DONE, seen=1, by=as_somebody),
        lambda: complaints.reopen(complaint, reason="Toch.", seen=1, by=as_somebody),
        lambda: complaints.reopen(complaint, reason="Toch.", seen=2, by=as_somebody),
    ):
        with pytest.raises(Conflict):
            verb()

    assert Complaint.objects.get().reference == "Z1"


def test_who_saves_second_sees_what_changed_and_loses_no_typing(client, complaint, as_somebody):
    client.force_login(as_somebody)
    complaints.revise(complaint, {"summary": "Van een ander"}, seen=1, by=as_somebody)
    typed = {
        "seen": 1, "kind": "complaint", "received_on": complaint.received_on.isoformat(), "summary": "Van mij",
    }  # fmt: skip

    second = client.post(page("complaint-edit", complaint), typed)
    html = second.content.decode()
    client.post(page("complaint-edit", complaint), typed | {"seen": second.context["form"]["seen"].value()})

    assert ("Van een ander" in html, "Van mij" in html) == (True, True)
    assert Complaint.objects.get().summary == "Van mij"


def test_who_closes_after_a_change_sees_it_first_and_keeps_the_answer(client, complaint, as_somebody):
    client.force_login(as_somebody)
    complaints.revise(complaint, {"summary": "Er is meer aan de hand."}, seen=1, by=as_somebody)
    typed = DONE | {"seen": 1, "closed_on": timezone.localdate().isoformat()}

    second = client.post(page("complaint-handle", complaint), typed)
    html = second.content.decode()
    seen = second.context["handle_form"]["seen"].value()
    client.post(page("complaint-handle", complaint), typed | {"seen": seen})

    assert ("Er is meer aan de hand." in html, DONE["response"] in html) == (True, True)
    assert Complaint.objects.get().outcome == "upheld"


def test_a_complaint_is_found_under_its_own_algorithm_only(client, complaint, somebody):
    other = factories.AlgorithmFactory(organisation=complaint.organisation)
    client.force_login(somebody)

    assert client.get(reverse("complaint", args=[other.pk, complaint.pk])).status_code == 404


# Pages and lists


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_are_well_made(client, complaint, as_somebody, language):
    closed = factories.ComplaintFactory(algorithm=complaint.algorithm)
    complaints.handle(closed, DONE, seen=1, by=as_somebody)
    client.force_login(as_somebody)

    for address in [
        reverse("algorithm-complaints", args=[complaint.algorithm_id]),
        reverse("complaint-add", args=[complaint.algorithm_id]),
        page("complaint", complaint),
        page("complaint", closed),
        page("complaint-edit", complaint),
        reverse("organisation-complaints", args=[complaint.organisation.slug]),
    ]:
        look_at(client, address, language)


def test_a_missing_procedure_leads_to_where_it_is_described(client, algorithm, somebody):
    client.force_login(somebody)
    edit = reverse("algorithm-edit", args=[algorithm.pk]) + "#id_complaints_procedure"

    html = look_at(client, reverse("algorithm-complaints", args=[algorithm.pk]))
    client.force_login(factories.member("reader", algorithm.organisation))
    read_only = look_at(client, reverse("algorithm-complaints", args=[algorithm.pk]))

    assert html.count(edit) == 2
    assert edit not in read_only


def test_an_organisation_lists_what_came_in_about_its_parts_too_and_nothing_of_others(client, complaint, somebody):
    child = factories.OrganisationFactory(parent=complaint.organisation)
    below = factories.ComplaintFactory(algorithm=factories.AlgorithmFactory(organisation=child))
    factories.ComplaintFactory()
    client.force_login(somebody)

    def listed(organisation):
        return set(client.get(reverse("organisation-complaints", args=[organisation.slug])).context["page"].object_list)

    assert listed(complaint.organisation) == {complaint, below}
    assert listed(child) == {below}


def test_the_list_narrows(client, complaint, somebody, organisation):
    today = timezone.localdate()
    late = factories.ComplaintFactory(
        algorithm=factories.AlgorithmFactory(organisation=organisation),
        kind="question",
        received_on=today - timedelta(days=30),
        due=today - timedelta(days=1),
    )
    closed = factories.ComplaintFactory(
        algorithm=complaint.algorithm, closed_on=today, due=today - timedelta(days=1), outcome="upheld", response="Ja"
    )
    elsewhere = factories.ComplaintFactory()
    client.force_login(somebody)

    def listed(query):
        answer = client.get(reverse("organisation-complaints", args=[organisation.slug]) + query)
        return set(answer.context["page"].object_list)

    assert listed("?kind=question") == {late}
    assert listed("?state=open") == {complaint, late}
    assert listed("?state=closed") == {closed}
    assert listed("?overdue=true") == {late}
    assert listed("?overdue=false") == {complaint, closed}
    assert listed(f"?algorithm={late.algorithm_id}") == {late}
    assert elsewhere not in listed(f"?algorithm={elsewhere.algorithm_id}")


def test_figures_count_open_overdue_closed_this_year_and_the_median_days(algorithm):
    today = date(2026, 6, 30)

    def add(received, closed=None, due=None):
        done = DONE if closed else {}
        factories.ComplaintFactory(algorithm=algorithm, received_on=received, closed_on=closed, due=due, **done)

    add(date(2026, 6, 1), due=date(2026, 6, 29))
    add(date(2026, 6, 1), due=today)
    add(date(2026, 1, 1), date(2026, 1, 3))
    add(date(2025, 12, 31), date(2026, 1, 10))
    add(date(2026, 2, 1), date(2026, 2, 5))
    add(date(2025, 1, 1), date(2025, 12, 31))

    assert complaints.figures(Complaint.objects.all(), today) == {"open": 2, "overdue": 1, "closed": 3, "days": 4}
    assert complaints.figures(Complaint.objects.none(), today) == {"open": 0, "overdue": 0, "closed": 0, "days": None}


@pytest.mark.parametrize("name", ["organisation-complaints", "algorithm-complaints"])
def test_listing_thirty_costs_as_many_queries_as_listing_one(client, complaint, somebody, name):
    client.force_login(somebody)
    about = complaint.algorithm_id if name == "algorithm-complaints" else complaint.organisation.slug
    address = reverse(name, args=[about])
    client.get(address)

    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for _n in range(29):
        algorithm = complaint.algorithm
        if name != "algorithm-complaints":
            algorithm = factories.AlgorithmFactory(organisation=complaint.organisation)
        factories.ComplaintFactory(algorithm=algorithm, handler=factories.UserFactory())
    with CaptureQueriesContext(connection) as thirty:
        client.get(address)

    assert len(one) == len(thirty)


def test_a_value_that_does_not_exist_gives_an_empty_list(client, complaint, somebody):
    client.force_login(somebody)

    page = client.get(reverse("organisation-complaints", args=[complaint.organisation.slug]) + "?kind=nonsense")

    assert (list(page.context["page"]), "kind" in page.context["filter"].form.errors) == ([], True)


def test_the_list_is_taken_along_with_its_filters(client, complaint, somebody):
    client.force_login(somebody)
    organisation = complaint.organisation.slug

    page = client.get(reverse("organisation-complaints", args=[organisation]) + "?kind=complaint")

    address = reverse("table", args=["klachten", "csv"]) + f"?kind=complaint&organisation={organisation}"
    assert address in page.content.decode().replace("&amp;", "&")


# Leaving


def test_open_complaints_are_among_what_somebody_holds_and_are_handed_over(as_somebody, complaint, handler):
    factories.ComplaintFactory(
        algorithm=complaint.algorithm, handler=handler, closed_on=timezone.localdate(), outcome="upheld", response="Ja"
    )
    source = next(source for source in leaving.sources if source.name == "complaints")
    successor = factories.member("contributor", complaint.organisation)
    own = Organisation.objects.filter(pk=complaint.organisation_id)

    held = [holding for holding in leaving.holdings(handler, own) if holding.key.startswith("complaints:")]
    elsewhere = list(source.held_by(handler, Organisation.objects.exclude(pk=complaint.organisation_id)))
    numbers = leaving.numbers_by_source([holding.key for holding in held])
    with transaction.atomic():
        handed_over = source.hand_over(numbers["complaints"], successor, timezone.now(), by=as_somebody)

    complaint.refresh_from_db()
    assert (elsewhere, handed_over, complaint.handler, complaint.version) == ([], 1, successor, 2)
    assert Notification.objects.get().recipient == successor
    with transaction.atomic():
        source.hand_over(numbers["complaints"], None, timezone.now(), by=as_somebody)
    assert Complaint.objects.get(pk=complaint.pk).handler is None
