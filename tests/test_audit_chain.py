"""The chain of the audit trail: what the database refuses, and what is found where it could not refuse."""

import io
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from governance import audit_guards, audit_trail, clock
from governance.audit_verification import kept_heads
from governance.models import AuditChain, AuditEvent, AuditSeal, Organisation
from governance.models.audit import NeverChanged
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organisation(db):
    return factories.OrganisationFactory(slug="rivierwaard")


@pytest.fixture
def chain(organisation):
    """The chain of an organisation of which five things were recorded."""
    write(organisation, 5)
    return AuditChain.objects.get(key=str(organisation.pk))


def write(organisation, number, by=None):
    with audit_trail.acting(by, "command", address="192.0.2.7"):
        for n in range(number):
            audit_trail.record(
                "algorithm.revised", organisation, {"name": [f"{n}", f"{n + 1}"]}, organisation=organisation
            )


def verify(*args, **options):
    """What the command printed, and what it told of problems; nothing when the trail is whole."""
    printed, told = io.StringIO(), io.StringIO()
    try:
        call_command("verify_audit_trail", *args, stdout=printed, stderr=told, no_color=True, **options)
    except CommandError:
        return printed.getvalue(), told.getvalue()
    return printed.getvalue(), ""


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def guards_away(chain):
    """The database refuses nothing, as for whoever owns it and means harm."""
    audit_guards.take_away(connection)
    yield
    audit_guards.put_up(connection)


# Sealing


def test_every_event_is_sealed_once_its_transaction_has_committed(organisation):
    other = factories.OrganisationFactory()
    with transaction.atomic():
        write(organisation, 2)
        write(other, 1)
        assert not AuditSeal.objects.exists()

    with audit_trail.acting(None, "command"):
        audit_trail.record("user.added", organisation, organisation=None)

    seals = AuditSeal.objects.order_by("pk").values_list("chain__organisation", "number")
    assert list(seals) == [(organisation.pk, 1), (organisation.pk, 2), (other.pk, 1), (None, 1)]
    assert verify()[1] == ""


def test_what_is_rolled_back_is_neither_recorded_nor_sealed(organisation):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(organisation, 1)
        raise ZeroDivisionError

    assert (AuditEvent.objects.count(), AuditSeal.objects.count()) == (0, 0)


def test_many_events_at_once_are_sealed_in_their_order(organisation):
    with audit_trail.acting(None, "command"), transaction.atomic():
        audit_trail.append(
            audit_trail.event("algorithm.imported", organisation, organisation=organisation) for _n in range(4500)
        )

    numbers = AuditSeal.objects.order_by("pk").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 4501))


def test_an_event_left_unsealed_is_sealed_with_the_next_of_its_chain(chain, organisation):
    with audit_trail.acting(None, "command"):
        left = AuditEvent.objects.bulk_create([audit_trail.event("algorithm.seen", chain, organisation=organisation)])
    _printed, told = verify()

    write(organisation, 1)

    assert "1 gebeurtenis van keten" in told
    assert AuditSeal.objects.get(event=left[0]).number == 6
    assert verify()[1] == ""


def test_the_command_seals_what_was_left(chain, organisation):
    with audit_trail.acting(None, "command"):
        AuditEvent.objects.bulk_create([audit_trail.event("algorithm.seen", chain, organisation=organisation)])

    _printed, told = verify("--seal")

    assert told == ""
    assert AuditSeal.objects.filter(chain=chain).count() == 6


def test_sealing_asks_as_much_of_the_database_in_a_long_trail(organisation):
    asked = []
    for before in (1, 3000):
        with audit_trail.acting(None, "command"), transaction.atomic():
            event = audit_trail.event("algorithm.seen", organisation, organisation=organisation)
            audit_trail.append([deepcopy(event) for _n in range(before)])
        with CaptureQueriesContext(connection) as queries:
            write(organisation, 1)
        asked.append(len(queries))

    assert asked[0] == asked[1]


# Refusing


def test_a_written_event_and_its_seal_cannot_be_altered_by_the_application(chain):
    event = AuditEvent.objects.select_related("seal").first()
    for act in (
        event.save,
        event.delete,
        event.seal.save,
        event.seal.delete,
        chain.delete,
        AuditEvent.objects.all().delete,
        AuditSeal.objects.all().delete,
        AuditChain.objects.all().delete,
        lambda: AuditEvent.objects.update(label="x"),
        lambda: AuditEvent.objects.bulk_update([event], ["label"]),
        lambda: AuditSeal.objects.update(hash="x"),
    ):
        with pytest.raises(NeverChanged):
            act()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE governance_auditevent SET label = 'x'",
        "DELETE FROM governance_auditevent",
        "UPDATE governance_auditseal SET hash = 'x'",
        "DELETE FROM governance_auditseal",
        "DELETE FROM governance_auditchain",
        "UPDATE governance_auditchain SET length = 1",
        "UPDATE governance_auditchain SET head = 'x'",
        "UPDATE governance_auditchain SET length = length + 1, key = 'x'",
    ],
)
def test_the_database_refuses_to_change_or_delete(chain, statement):
    with pytest.raises(IntegrityError, match="only added to"):
        sql(statement)

    assert verify()[1] == ""


def test_the_database_refuses_to_put_a_row_in_the_place_of_another(chain):
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError, match="only added to"):
            sql("TRUNCATE governance_auditseal")
    else:
        for table in ("auditevent", "auditseal", "auditchain"):
            with pytest.raises(IntegrityError, match="only added to"):
                sql(f"INSERT OR REPLACE INTO governance_{table} SELECT * FROM governance_{table}")


def test_verifying_says_which_guard_of_the_database_is_missing(guards_away):
    _printed, told = verify()

    assert told.count("manage.py prepare") == (4 if connection.vendor == "postgresql" else 9)


def test_the_guards_stand_after_all_migrations():
    assert audit_guards.missing(connection) == []


# Finding


def event_of(chain, number):
    return AuditSeal.objects.get(chain=chain, number=number).event_id


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("label", "Anders"),
        ("verb", "algorithm.seen"),
        ("channel", "page"),
        ("request_id", "x"),
        ("subject_type", "x"),
        ("subject_id", "9"),
        ("address", "192.0.2.8"),
        ("changes", '{"name": ["2", "9"]}'),
        ("moment", "2020-01-01 00:00:00+00:00"),
    ],
)
def test_a_changed_field_is_found_and_the_event_named(guards_away, chain, column, value):
    pk = event_of(chain, 3)
    sql(f"UPDATE governance_auditevent SET {column} = %s WHERE id = %s", value, pk)

    assert f"Nummer 3: gebeurtenis {pk} " in verify()[1]


def test_another_person_put_in_the_place_of_the_actor_is_found(guards_away, chain):
    sql("UPDATE governance_auditevent SET actor_id = %s WHERE id = %s", factories.UserFactory().pk, event_of(chain, 3))

    assert "Nummer 3: gebeurtenis" in verify()[1]


def test_an_event_moved_to_another_organisation_is_found(guards_away, chain):
    sql(
        "UPDATE governance_auditevent SET organisation_id = %s WHERE id = %s",
        factories.OrganisationFactory().pk,
        event_of(chain, 3),
    )

    assert "verplaatst naar een andere organisatie" in verify()[1]


def test_a_deleted_event_is_found(guards_away, chain):
    pk = event_of(chain, 3)
    sql("DELETE FROM governance_auditseal WHERE event_id = %s", pk)
    sql("DELETE FROM governance_auditevent WHERE id = %s", pk)

    assert "Nummer 3 ontbreekt" in verify()[1]


def test_two_events_that_traded_places_are_found(guards_away, chain):
    one, other = event_of(chain, 2), event_of(chain, 3)
    for number, pk in ((99, one), (2, other), (3, one)):
        sql("UPDATE governance_auditseal SET number = %s WHERE event_id = %s", number, pk)

    assert "Nummer 2: gebeurtenis" in verify()[1]


def test_an_end_cut_off_is_found_by_the_length_of_the_chain(guards_away, chain):
    sql("DELETE FROM governance_auditseal WHERE number > 3")
    sql("DELETE FROM governance_auditevent WHERE id NOT IN (SELECT event_id FROM governance_auditseal)")

    assert "waarvan die na nummer 3 ontbreken" in verify()[1]


def test_a_last_hash_that_was_changed_is_found(guards_away, chain):
    sql("UPDATE governance_auditchain SET head = 'x'")

    assert "De laatste hash van de keten" in verify()[1]


def test_a_chain_cut_off_with_care_is_found_by_a_hash_that_was_kept(chain, tmp_path):
    printed, _told = verify()
    kept = tmp_path / "heads"
    kept.write_text(printed)
    assert verify("--expect", str(kept))[1] == ""
    write(chain.organisation, 2)
    assert verify("--expect", str(kept))[1] == ""
    assert verify("--expect", printed.split()[-1])[1] == ""

    audit_guards.take_away(connection)
    sql("DELETE FROM governance_auditseal WHERE number > 3")
    sql("DELETE FROM governance_auditevent WHERE id NOT IN (SELECT event_id FROM governance_auditseal)")
    last = AuditSeal.objects.get(chain=chain, number=3)
    sql("UPDATE governance_auditchain SET length = 3, head = %s", last.hash)
    audit_guards.put_up(connection)

    assert verify()[1] == ""
    assert "is niet meer in de keten te vinden" in verify("--expect", str(kept))[1]


def test_verifying_from_a_day_trusts_what_is_before_it(guards_away, chain, organisation):
    with clock.at(clock.now() + timedelta(days=10)):
        write(organisation, 2)
    day = (clock.today() + timedelta(days=9)).isoformat()
    sql("UPDATE governance_auditevent SET label = 'x' WHERE id = %s", event_of(chain, 1))
    audit_guards.put_up(connection)
    assert "Nummer 1:" in verify()[1]

    printed, told = verify("--from", day)
    audit_guards.take_away(connection)
    sql("UPDATE governance_auditevent SET label = 'x' WHERE id = %s", event_of(chain, 7))

    assert (told, printed.split()[1]) == ("", "7")
    assert "Nummer 7:" in verify("--from", day)[1]


def test_one_organisation_is_verified_on_request(guards_away, chain):
    other = factories.OrganisationFactory(slug="ander")
    write(other, 1)
    sql("UPDATE governance_auditevent SET label = 'x' WHERE id = %s", event_of(chain, 1))
    audit_guards.put_up(connection)

    assert "Nummer 1:" in verify("--organisation", "rivierwaard")[1]
    assert verify("--organisation", "ander")[1] == ""
    assert verify("--organisation", "none") == ("", "")
    with pytest.raises(CommandError, match="onbekend"):
        call_command("verify_audit_trail", "--organisation", "onbekend")


def test_what_is_no_hash_is_refused(tmp_path):
    with pytest.raises(CommandError, match="geen hash"):
        call_command("verify_audit_trail", "--expect", "abc")


def test_lines_that_were_kept_are_read_back():
    assert [str(head) for head in kept_heads(["# bewaard", "", "7 12 " + "a" * 64, "b" * 64])] == [
        "7 12 " + "a" * 64,
        "b" * 64,
    ]


# Many at once

WRITERS, EACH = 8, 6


@pytest.mark.parametrize("organisations", [1, 4])
def test_writers_at_once_make_one_chain_per_organisation_that_does_not_fork(organisations):
    owners = [factories.OrganisationFactory() for _n in range(organisations)]

    def work(number):
        try:
            for _n in range(EACH):
                with transaction.atomic():
                    write(owners[number % organisations], 1)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))

    each = WRITERS * EACH // organisations
    assert list(AuditChain.objects.order_by("pk").values_list("length", flat=True)) == [each] * organisations
    assert verify()[1] == ""


def test_events_that_were_there_before_there_were_chains_are_sealed_by_the_migration(chain, organisation):
    audit_guards.take_away(connection)
    sql("DELETE FROM governance_auditseal")
    sql("DELETE FROM governance_auditchain")
    audit_guards.put_up(connection)

    import_module("governance.migrations.0007_audit_guards").seal_what_is_there(apps, None)

    assert AuditChain.objects.get().length == 5
    assert verify()[1] == ""
    assert Organisation.objects.get().audit_chain.length == 5
