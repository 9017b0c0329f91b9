"""Taking tables along: which rows, as which file, made at once or aside, for whom, and how long it is kept."""

import csv
import gc
import io
import tracemalloc
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import audit_trail, clock, exporting
from governance.models import AuditEvent, Export, Membership
from governance.table_files import WRITERS, csv_parts
from governance.tables import TABLES
from registry.classifying import decide_all
from registry.models import Algorithm, AlgorithmEvidence, Applicability, Evaluation, Gate, Risk
from tests import every_model, factories
from tests.well_made_page import look_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(somebody):
    return somebody.memberships.get().organisation


@pytest.fixture
def algorithm(organisation):
    return factories.AlgorithmFactory(organisation=organisation, name="=Verkeer")


def lines(answer) -> list[list[str]]:
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content), delimiter=";"))


def address(table: str, kind: str = "csv", **query: str) -> str:
    return reverse("table", args=[table, kind], query=query)


def table(name: str, user, **query) -> list[dict[str, str]]:
    """The rows as the person gets them, by the titles of the columns."""
    Applicability.objects.filter(reason={}).update(reason={"code": "always"})
    selection = TABLES[name].select(user, QueryDict("&".join(f"{key}={value}" for key, value in query.items())))
    return [dict(zip(selection.titles, line, strict=True)) for line in selection.lines(selection.keys())]


# Which rows, and what is in them


def test_a_table_has_the_rows_that_one_sees_and_that_fit_the_filter(client, somebody, algorithm, organisation):
    factories.AlgorithmFactory(name="Van een ander")
    factories.AlgorithmFactory(organisation=organisation, name="Ordenen")
    client.force_login(somebody)

    answer = client.get(address("algoritmes", q="verkeer"))

    rows = lines(answer)
    assert answer["Content-Disposition"] == f'attachment; filename="algoritmes-{clock.today()}.csv"'
    assert [row[0] for row in rows[:3] if row] == ["Naam", "'=Verkeer"]
    assert rows[3:5] == [["Tabel", "Algoritmes"], ["Filter: Zoeken", "verkeer"]]
    assert rows[6:] == [["Aantal rijen", "1"], ["Gemaakt door", str(somebody)]]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_made_of_records_of_every_kind_in_every_format(client, somebody, organisation, name, kind):
    every_model.fill(organisation, somebody, [1])
    assert table(name, somebody)
    client.force_login(somebody)

    answer = client.get(address(name, kind))

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_nobody_takes_along_what_they_cannot_see(somebody, organisation, name):
    every_model.fill(organisation, somebody, [1])

    assert table(name, factories.member("manager")) == []


def test_an_algorithm_comes_with_its_figures_its_risk_group_and_who_is_accountable(as_somebody, somebody, algorithm):
    factories.RequirementFactory()
    decide_all([algorithm])
    factories.ResponsibilityFactory(algorithm=algorithm)

    (row,) = table("algoritmes", somebody)

    accountable = algorithm.responsibilities.get().person
    assert (row["Naam"], row["Risicogroep"], row["Accountable"]) == ("=Verkeer", "Niet geclassificeerd", accountable)
    assert row["Nog niet bepaald"] == 1


def test_a_requirement_row_says_what_is_claimed_by_whom_and_verified_by_whom(somebody, algorithm, organisation):
    work = factories.claimed(algorithm, by=factories.member("officer", organisation))

    (row,) = table("vereisten", somebody)

    assert (row["Algoritme"], row["Vereiste"], row["Status"]) == (algorithm, work.requirement.code, "Voldaan")
    assert (row["Gemeld door"], row["Geverifieerd door"]) == (work.claimed_by, None)


def test_evidence_whose_last_day_has_passed_is_not_counted(somebody, algorithm, organisation):
    work = factories.claimed(algorithm, by=somebody)
    for last in (None, clock.today(), clock.today() - timedelta(days=1)):
        evidence = factories.EvidenceFactory(organisation=organisation, valid_until=last)
        AlgorithmEvidence.objects.create(algorithm=algorithm, requirement=work.requirement, evidence=evidence)

    (row,) = table("vereisten", somebody)

    assert row["Aantal bewijsstukken"] == 2


@pytest.mark.parametrize(("status", "found"), [("met", 1), ("open", 1), ("not_met", 0)])
def test_requirement_rows_are_narrowed_by_the_status_of_the_work(somebody, algorithm, status, found):
    factories.claimed(algorithm, by=somebody)
    factories.open_requirement(algorithm)

    assert len(table("vereisten", somebody, status=status, algorithm=algorithm.pk)) == found


def test_a_value_that_does_not_exist_is_refused_in_a_sentence(client, somebody):
    client.force_login(somebody)

    with pytest.raises(ValidationError, match="Risicogroep"):
        table("algoritmes", somebody, risk_group="onzin")
    assert client.get(address("algoritmes", risk_group="onzin")).status_code == 400


@pytest.mark.parametrize(("name", "kind"), [("onzin", "csv"), ("algoritmes", "pdf"), ("algoritmes", "exe")])
def test_what_is_no_table_or_no_format_does_not_exist(client, somebody, name, kind):
    client.force_login(somebody)

    assert client.get(address(name, kind)).status_code == 404


def test_a_table_is_read_in_batches_with_the_same_number_of_queries(somebody, algorithm, organisation):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            for name in ("algoritmes", "vereisten", "maatregelen", "verantwoordelijkheden", "klachten"):
                table(name, somebody)
        return len(counted)

    def grow(number: int) -> None:
        for _n in range(number):
            one = factories.AlgorithmFactory(organisation=organisation)
            factories.open_requirement(one, assignee=somebody)
            factories.open_measure(one)
            factories.ResponsibilityFactory(algorithm=one)
            factories.ComplaintFactory(algorithm=one)

    grow(1)
    before = queries()
    grow(29)

    assert queries() == before


def test_the_memory_that_a_table_costs_does_not_follow_its_length(somebody, organisation):
    Algorithm.objects.bulk_create(
        Algorithm(organisation=organisation, name=f"Algoritme {n}", description_short="Een tekst. " * 40)
        for n in range(6_000)
    )
    selection = TABLES["algoritmes"].select(somebody, QueryDict())

    def kept(number: int) -> int:
        """The most that is held while it is written; what waits for the collector does not count."""
        most = 0
        tracemalloc.start()
        keys = selection.keys()[:number]
        for line, _part in enumerate(csv_parts(selection.about(number), ["x"], selection.lines(keys))):
            if line % 500 == 0:
                gc.collect()
                most = max(most, tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert line > number
        return most

    few = kept(1_000)
    assert kept(6_000) < 1.5 * few


def test_evidence_of_the_parent_is_not_said_to_be_used_where_the_reader_sees_nothing(organisation):
    parts = [factories.OrganisationFactory(parent=organisation) for _n in range(2)]
    here, there = (factories.AlgorithmFactory(organisation=part, name=f"In {part.pk}") for part in parts)
    shared = factories.EvidenceFactory(organisation=organisation)
    risks = [Risk.objects.create(algorithm=algorithm, title=f"Van {algorithm}") for algorithm in (here, there)]
    for risk in risks:
        AlgorithmEvidence.objects.create(algorithm=risk.algorithm, risk=risk, evidence=shared)

    (row,) = table("bewijs", factories.member("reader", parts[0]))

    assert row["Gebruikt voor"] == f"Van {here}, {here}"


def test_more_uses_of_evidence_take_no_more_queries(somebody, algorithm, organisation):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            table("bewijs", somebody)
        return len(counted)

    def grow() -> None:
        shared = factories.EvidenceFactory(organisation=organisation)
        one = factories.AlgorithmFactory(organisation=organisation)
        risk = Risk.objects.create(algorithm=one, title="Risico")
        evaluation = Evaluation.objects.create(algorithm=one, due=clock.today())
        gate = Gate.objects.create(algorithm=one, kind="phase", to_phase=factories.PhaseFactory())
        for about in ({"risk": risk}, {"evaluation": evaluation}, {"gate": gate}):
            AlgorithmEvidence.objects.create(algorithm=one, evidence=shared, **about)

    grow()
    before = queries()
    for _n in range(5):
        grow()

    assert queries() == before


# The trail


def test_what_is_taken_along_at_once_is_in_the_trail_of_the_organisation(client, somebody, algorithm, organisation):
    client.force_login(somebody)

    b"".join(client.get(address("algoritmes", "ods", q="verkeer")).streaming_content)

    event = AuditEvent.objects.get(verb="export.taken")
    assert (event.organisation, event.actor, event.label) == (organisation, somebody, "Algoritmes")
    assert event.changes == {
        "format": [None, "OpenDocument (ODS)"],
        "rows": [None, 1],
        "filter": [None, "Zoeken: verkeer"],
    }


def test_a_table_across_organisations_is_in_the_trail_of_each_at_the_top(as_somebody, somebody, organisation):
    other = factories.OrganisationFactory()
    factories.MembershipFactory(user=somebody, organisation=other, role="reader")
    below = factories.OrganisationFactory(parent=other)
    factories.MembershipFactory(user=somebody, organisation=below, role="reader")

    exporting.ask("algoritmes", "csv", {}, by=somebody)

    told = AuditEvent.objects.filter(verb="export.asked").values_list("organisation", flat=True)
    assert sorted(told) == sorted([organisation.pk, other.pk])


# Made aside


def test_a_long_table_is_asked_for_with_a_button_and_made_aside(client, somebody, algorithm, settings):
    settings.EXPORT_AT_ONCE = 0
    client.force_login(somebody)

    page = client.get(address("algoritmes", "xlsx", q="verkeer"))
    answer = client.post(address("algoritmes", "xlsx", q="verkeer"))

    export = Export.objects.get()
    assert "Deze tabel heeft 1 rij." in page.content.decode()
    assert answer.url == export.get_absolute_url()
    assert (export.total, export.done, export.failure) == (1, 1, "")
    assert export.name == f"algoritmes-{clock.today()}.xlsx"
    assert default_storage.size(export.file.name) == export.size
    for shown in (address("algoritmes", "xlsx"), answer.url, reverse("exports")):
        look_at(client, shown)


def test_the_file_is_a_download_for_who_asked_and_that_is_in_the_trail(client, as_somebody, somebody, algorithm):
    export = exporting.ask("algoritmes", "csv", {"query": ""}, by=somebody)
    client.force_login(somebody)

    answer = client.get(reverse("export-file", args=[export.pk]))

    assert lines(answer)[1][0] == "'=Verkeer"
    assert answer["Content-Disposition"] == f'attachment; filename="{export.name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert list(AuditEvent.objects.about(export).values_list("verb", flat=True)) == [
        "export.downloaded",
        "export.asked",
    ]


def waiting(by, **fields) -> Export:
    return Export.objects.create(**{"kind": "algoritmes", "format": "csv", "requested_by": by, **fields})


def test_the_page_of_what_waits_shows_itself_anew_and_can_be_put_at_rest(client, somebody, settings):
    settings.EXPORTS_IN = "worker"
    export = waiting(somebody, total=40, done=10, started=clock.now(), alive=clock.now())
    client.force_login(somebody)

    page = client.get(export.get_absolute_url())
    at_rest = client.get(export.get_absolute_url() + "?rust=1")

    assert page["Refresh"] == f"3; url={export.get_absolute_url()}"
    assert '<progress id="progress" max="40" value="10">' in page.content.decode()
    assert "10 van 40 rijen" in page.content.decode()
    assert "Refresh" not in at_rest
    look_at(client, export.get_absolute_url())


def test_a_worker_makes_what_waits_in_the_order_in_which_it_was_asked(somebody, algorithm):
    second = waiting(somebody)
    first = waiting(somebody, requested=clock.now() - timedelta(hours=1))

    call_command("run_exports", "--once", verbosity=0)

    assert [export.is_ready for export in Export.objects.order_by("finished")] == [True, True]
    assert list(Export.objects.order_by("finished")) == [first, second]


def test_what_falls_silent_is_begun_again_and_what_is_alive_is_left_alone(somebody, algorithm):
    now = clock.now()
    silent = waiting(somebody, started=now - timedelta(hours=1), alive=now - timedelta(minutes=11), done=7)
    alive = waiting(somebody, started=now - timedelta(hours=1), alive=now - timedelta(minutes=9))

    assert exporting.make_waiting() == 1

    silent.refresh_from_db()
    alive.refresh_from_db()
    assert (silent.is_ready, alive.finished) == (True, None)


def test_who_is_overtaken_stops_and_leaves_no_file(somebody, algorithm, monkeypatch):
    export = waiting(somebody, name="ingehaald.csv")
    written = exporting.write

    def slowly(*arguments):
        written(*arguments)
        Export.objects.filter(pk=export.pk).update(started=clock.now())

    monkeypatch.setattr(exporting, "write", slowly)
    exporting.make_waiting()

    export.refresh_from_db()
    assert (export.finished, bool(export.file)) == (None, False)
    assert not default_storage.exists(f"exports/{export.pk}/1/ingehaald.csv")


def test_what_its_maker_left_half_written_is_found_and_goes_when_it_is_begun_again(somebody, algorithm, monkeypatch):
    export = waiting(somebody, name="half.csv")

    def stopped(*arguments, **fields):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            exporting.make_waiting()
    export.refresh_from_db()
    half = export.file.name
    default_storage.save(half, ContentFile(b"Naam"))
    Export.objects.update(alive=clock.now() - timedelta(minutes=11))
    exporting.make_waiting()

    export.refresh_from_db()
    assert (export.is_ready, export.attempts, half) == (True, 2, f"exports/{export.pk}/1/half.csv")
    assert not default_storage.exists(half)


def test_a_file_that_was_never_finished_is_removed_in_time(somebody):
    name = default_storage.save("exports/half.csv", ContentFile(b"Naam"))
    long_ago = clock.now() - timedelta(days=31)
    waiting(somebody, started=long_ago, alive=long_ago, file=name)

    assert exporting.remove_old() == 1
    assert not default_storage.exists(name)


def test_what_stopped_three_times_is_not_begun_again_and_says_so(somebody, algorithm):
    silent = clock.now() - timedelta(minutes=11)
    export = waiting(somebody, started=silent, alive=silent, attempts=3)

    assert exporting.make_waiting() == 0

    export.refresh_from_db()
    assert export.failure.startswith("Het maken hiervan stopte een paar keer")
    assert not export.is_ready


def test_who_lost_access_to_what_is_in_a_file_cannot_download_it_any_more(client, as_somebody, somebody, organisation):
    also = factories.MembershipFactory(user=somebody, role="reader")
    factories.MembershipFactory(user=somebody, role="reader", organisation__parent=organisation)
    client.force_login(somebody)
    export = exporting.ask("algoritmes", "csv", {}, by=somebody)
    export.refresh_from_db()
    addresses = [export.get_absolute_url(), reverse("export-file", args=[export.pk])]
    assert sorted(export.reach) == sorted([organisation.pk, also.organisation_id])
    assert lines(client.get(addresses[1]))

    Membership.objects.filter(pk=also.pk).update(until=clock.now())

    assert [client.get(address).status_code for address in addresses] == [404, 404]
    assert export.get_absolute_url() not in client.get(reverse("exports")).content.decode()


def test_who_sees_nothing_keeps_the_empty_table_that_they_asked_for(client):
    operator = factories.UserFactory()
    client.force_login(operator)
    export = waiting(operator)

    exporting.make_waiting()

    assert lines(client.get(reverse("export-file", args=[export.pk])))


def test_how_far_it_is_is_written_down_meanwhile(somebody, organisation, monkeypatch):
    factories.AlgorithmFactory.create_batch(3, organisation=organisation)
    monkeypatch.setattr(exporting, "SIGN_OF_LIFE", 0)
    seen = []
    write_down = exporting._write_down
    monkeypatch.setattr(
        exporting, "_write_down", lambda export, **fields: [seen.append(fields), write_down(export, **fields)]
    )
    waiting(somebody)

    exporting.make_waiting()

    assert [fields["done"] for fields in seen if "alive" in fields] == [0, 1, 2]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "onzin"}, "Deze tabel wordt niet meer gemaakt."),
        ({"parameters": {"query": "phase=onzin"}}, "Dit filter kan niet worden gebruikt."),
    ],
)
def test_what_fails_says_why_in_a_sentence(client, somebody, fields, sentence):
    export = waiting(somebody, **fields)

    exporting.make_waiting()

    client.force_login(somebody)
    export.refresh_from_db()
    assert export.failure.startswith(sentence)
    assert sentence in client.get(export.get_absolute_url()).content.decode()


def test_an_error_of_ours_is_logged_and_told_without_its_details(somebody, algorithm, monkeypatch, caplog):
    export = waiting(somebody)
    monkeypatch.setattr(exporting, "write", lambda *arguments: 1 / 0)

    exporting.make_waiting()

    export.refresh_from_db()
    assert export.failure.startswith("Er ging hier iets mis.")
    assert "ZeroDivisionError" in caplog.text


def test_a_file_is_kept_thirty_days(client, as_somebody, somebody, algorithm):
    old, recent = (exporting.ask("algoritmes", "csv", {}, by=somebody) for _n in range(2))
    Export.objects.filter(pk=old.pk).update(finished=clock.now() - timedelta(days=31))

    call_command("send_reminders", stdout=io.StringIO())

    client.force_login(somebody)
    assert client.get(reverse("export-file", args=[old.pk])).status_code == 404
    assert b"".join(client.get(reverse("export-file", args=[recent.pk])).streaming_content)
    assert not default_storage.exists(old.file.name)
    assert "verwijderd" in client.get(old.get_absolute_url()).content.decode()


def test_a_list_of_thirty_costs_as_many_queries_as_of_one(client, somebody):
    client.force_login(somebody)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get(reverse("exports"))
        return len(counted)

    waiting(somebody)
    queries()
    before = queries()
    for _n in range(29):
        waiting(somebody)

    assert queries() == before


def test_the_form_leads_to_the_table(client, somebody, organisation):
    client.force_login(somebody)
    chosen = {"table": "risicos", "organisation": organisation.slug, "format": "ods"}

    answer = client.get(reverse("exports"), chosen)

    assert answer.url == address("risicos", "ods", organisation=organisation.slug)
    assert "organisation" in client.get(reverse("exports"), {**chosen, "organisation": "x"}).context["form"].errors


@pytest.mark.parametrize("kind", [str(kind) for kind in WRITERS])
def test_lists_lead_to_the_table_with_their_filters(client, somebody, algorithm, kind):
    client.force_login(somebody)

    page = client.get(reverse("algorithms") + "?q=verkeer&page=1").content.decode()

    assert f'href="{address("algoritmes", kind, q="verkeer")}"' in page


# From the command line


def test_a_table_is_written_to_a_file_as_what_one_person_sees(somebody, algorithm, tmp_path):
    file = tmp_path / "uit.csv"
    factories.AlgorithmFactory()

    call_command("export", "algoritmes", "--user", somebody.email, "--output", str(file), stdout=io.StringIO())

    assert file.read_text("utf-8-sig").splitlines()[1].startswith("'=Verkeer;")
    assert AuditEvent.objects.get(verb="export.taken").channel == "command"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"user": "niemand@voorbeeld.nl"}, "Er is geen actief account"),
        ({"filter": "phase=onzin"}, "Dit filter kan niet worden gebruikt"),
    ],
)
def test_the_command_says_what_is_wrong_and_leaves_nothing(somebody, tmp_path, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("export", "algoritmes", **{"user": somebody.email, "output": tmp_path / "uit.csv", **arguments})

    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_over_nothing(somebody, tmp_path):
    file = tmp_path / "uit.csv"
    file.write_text("van mij")

    with pytest.raises(CommandError, match="bestaat al"):
        call_command("export", "algoritmes", user=somebody.email, output=file)

    assert file.read_text() == "van mij"


def test_nothing_is_taken_along_unrecorded(somebody):
    with pytest.raises(audit_trail.NobodyIsActing):
        exporting.ask("algoritmes", "csv", {}, by=somebody)
