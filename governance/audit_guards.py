"""The triggers by which the database itself refuses to change or delete what the audit trail holds.

Events and seals are only ever added; a chain only grows. A migration that lets SQLite make one of these tables anew
loses its guards, and puts them up again at its end (`put_up`); `manage.py prepare` does so too.
"""

from typing import Any

WRITTEN_ONCE = {
    "governance_auditevent": "id = NEW.id",
    "governance_auditseal": "event_id = NEW.event_id OR (chain_id = NEW.chain_id AND number = NEW.number)",
}
"""The tables whose rows never change, with what tells that an added row would take the place of another."""
CHAINS = "governance_auditchain"
SHRINKS = (
    "NEW.id <> OLD.id OR NEW.key <> OLD.key OR NEW.organisation_id IS NOT OLD.organisation_id "
    "OR NEW.length <= OLD.length"
)
"""What a change of a chain must not be: about another, or without a longer one."""
REFUSAL = "The audit trail is only added to: it is never changed or deleted."


def put_up(connection: Any) -> None:
    """Makes the guards that are not there."""
    _run(connection, _on_postgresql() if connection.vendor == "postgresql" else _on_sqlite().values())


def take_away(connection: Any) -> None:
    """Removes them: for taking back the migration, and for emptying a database between tests."""
    if connection.vendor == "postgresql":
        _run(connection, [f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, table in _names().items()])
        _run(connection, [f"DROP FUNCTION IF EXISTS {name}()" for name in ("audit_refuses", "audit_chain_grows")])
    else:
        _run(connection, [f"DROP TRIGGER IF EXISTS {name}" for name in _on_sqlite()])


def missing(connection: Any) -> list[str]:
    """The names of the guards that are not there or are switched off."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
            if postgresql
            else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        )
        present = {name for (name,) in cursor.fetchall()}
    return sorted((_names() if postgresql else _on_sqlite()).keys() - present)


def _run(connection: Any, statements: Any) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _names() -> dict[str, str]:
    """The guards on PostgreSQL, with their tables."""
    return {f"{table}_kept": table for table in (*WRITTEN_ONCE, CHAINS)} | {f"{CHAINS}_grows": CHAINS}


def _on_postgresql() -> list[str]:
    shrinks = SHRINKS.replace("IS NOT OLD", "IS DISTINCT FROM OLD")
    raised = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';"
    statements = [
        f"CREATE OR REPLACE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raised} END $$",
        "CREATE OR REPLACE FUNCTION audit_chain_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {shrinks} THEN {raised} END IF; RETURN NEW; END $$",
        f"CREATE OR REPLACE TRIGGER {CHAINS}_kept BEFORE DELETE OR TRUNCATE ON {CHAINS} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()",
        f"CREATE OR REPLACE TRIGGER {CHAINS}_grows BEFORE UPDATE ON {CHAINS} "
        "FOR EACH ROW EXECUTE FUNCTION audit_chain_grows()",
    ]
    return statements + [
        f"CREATE OR REPLACE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()"
        for table in WRITTEN_ONCE
    ]


def _on_sqlite() -> dict[str, str]:
    """The guards by name. SQLite fires no DELETE trigger for a row that INSERT OR REPLACE takes the place of."""
    guards = {
        f"{CHAINS}_not_deleted": (CHAINS, "DELETE", ""),
        f"{CHAINS}_not_replaced": (
            CHAINS,
            "INSERT",
            _where_present(CHAINS, "id = NEW.id OR key = NEW.key"),
        ),
        f"{CHAINS}_grows": (CHAINS, "UPDATE", f"WHEN {SHRINKS}"),
    }
    for table, same in WRITTEN_ONCE.items():
        guards[f"{table}_not_deleted"] = (table, "DELETE", "")
        guards[f"{table}_not_changed"] = (table, "UPDATE", "")
        guards[f"{table}_not_replaced"] = (table, "INSERT", _where_present(table, same))
    return {
        name: f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {act} ON {table} FOR EACH ROW {when} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for name, (table, act, when) in guards.items()
    }


def _where_present(table: str, same: str) -> str:
    return f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (names of this module alone)
