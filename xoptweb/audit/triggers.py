"""Triggers by which the database itself refuses to change or delete audit entries, whoever asks."""

from django.db.backends.base.base import BaseDatabaseWrapper

MESSAGE = "audit entries are never changed or deleted"

SQLITE = """
CREATE TRIGGER IF NOT EXISTS audit_entry_no_{0} BEFORE {0} ON audit_entry
    BEGIN SELECT RAISE(ABORT, '{1}'); END
"""
POSTGRESQL = """
CREATE OR REPLACE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{0}'; END $$;
CREATE OR REPLACE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_append_only();
CREATE OR REPLACE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only();
"""

INSTALL = {
    "sqlite": [SQLITE.format(event, MESSAGE) for event in ("update", "delete")],
    "postgresql": [POSTGRESQL.format(MESSAGE)],
}
REMOVE = {
    "sqlite": [f"DROP TRIGGER IF EXISTS audit_entry_no_{event}" for event in ("update", "delete")],
    "postgresql": [f"DROP TRIGGER IF EXISTS audit_entry_no_{event} ON audit_entry" for event in ("change", "truncate")],
}


def install(connection: BaseDatabaseWrapper) -> None:
    """Protect the table. Whoever migrates it calls this again: SQLite rebuilds a table without its triggers."""
    _execute(connection, INSTALL[connection.vendor])


def remove(connection: BaseDatabaseWrapper) -> None:
    """For tests, which empty all tables between them, and for undoing the migration."""
    _execute(connection, REMOVE[connection.vendor])


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
