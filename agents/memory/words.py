"""Full-text search of memories, by whichever database there is."""

import re
from collections.abc import Callable

from django.db import connection

MOST_WORDS = 32
LONGEST = 100  # characters of a word

SQLITE = """SELECT rowid FROM agents_memory_words WHERE agents_memory_words MATCH %s
    AND rowid IN (SELECT id FROM agents_memory WHERE owner_id = %s OR scope <> 'mine')
    ORDER BY bm25(agents_memory_words), rowid DESC LIMIT %s"""
POSTGRESQL = """SELECT id FROM agents_memory, to_tsquery('english', %s) AS asked
    WHERE to_tsvector('english', text) @@ asked AND (owner_id = %s OR scope <> 'mine')
    ORDER BY ts_rank(to_tsvector('english', text), asked) DESC, id DESC LIMIT %s"""


def search(text: str, user: int, limit: int) -> list[int]:
    """Keys of the memories that `user` may see and that hold any of the words, best first."""
    words = [word[:LONGEST] for word in re.findall(r"\w+", text.replace("_", " "))[:MOST_WORDS]]
    if not words:
        return []
    statement, asked = _SEARCHES[connection.vendor](words)
    with connection.cursor() as cursor:
        cursor.execute(statement, [asked, user, limit])
        return [key for (key,) in cursor.fetchall()]


def _sqlite(words: list[str]) -> tuple[str, str]:
    return SQLITE, " OR ".join(f'"{word}"' for word in words)


def _postgresql(words: list[str]) -> tuple[str, str]:
    return POSTGRESQL, " | ".join(f"'{word}'" for word in words)


_SEARCHES: dict[str, Callable[[list[str]], tuple[str, str]]] = {"sqlite": _sqlite, "postgresql": _postgresql}
