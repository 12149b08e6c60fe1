"""The words of memories, searched by the database itself.

SQLite: an FTS5 table beside the memories, kept up by triggers. A later migration that makes Django build the table of
memories anew has to make the triggers anew too. PostgreSQL: an index over the words.
"""

from django.db import migrations

SQLITE = (
    """CREATE VIRTUAL TABLE agents_memory_words USING fts5(
        text, content='agents_memory', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')""",
    "INSERT INTO agents_memory_words(rowid, text) SELECT id, text FROM agents_memory",
    """CREATE TRIGGER agents_memory_added AFTER INSERT ON agents_memory BEGIN
        INSERT INTO agents_memory_words(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER agents_memory_removed AFTER DELETE ON agents_memory BEGIN
        INSERT INTO agents_memory_words(agents_memory_words, rowid, text) VALUES ('delete', old.id, old.text); END""",
    """CREATE TRIGGER agents_memory_changed AFTER UPDATE OF text ON agents_memory BEGIN
        INSERT INTO agents_memory_words(agents_memory_words, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO agents_memory_words(rowid, text) VALUES (new.id, new.text); END""",
)
SQLITE_BACK = (
    "DROP TRIGGER agents_memory_added",
    "DROP TRIGGER agents_memory_removed",
    "DROP TRIGGER agents_memory_changed",
    "DROP TABLE agents_memory_words",
)
POSTGRESQL = ("CREATE INDEX agents_memory_words ON agents_memory USING gin (to_tsvector('english', text))",)
POSTGRESQL_BACK = ("DROP INDEX agents_memory_words",)


def make(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def unmake(apps, schema_editor):
    for statement in {"sqlite": SQLITE_BACK, "postgresql": POSTGRESQL_BACK}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("agents", "0002_conversations")]
    operations = [migrations.RunPython(make, unmake)]
