"""Tells in a few milliseconds, without Django, whether the database is ready for this version."""

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from xoptweb.config import BASE_DIR, Config
from xoptweb.supervisor.places import Places

FLOORS = ("xoptweb", "controls", "agents", "modules", "optimizer")
APPLIED = "SELECT app, name FROM django_migrations"
CONTRIB = ("admin", "auth", "contenttypes", "sessions")


def ready(config: Config, places: Places, *, demo_port: int | None) -> bool:
    """Whether `xoptweb setup` has nothing to do. `demo_port` is the port on which the demo IOC will listen."""
    return read(places) == content(config, demo_port) and required() <= applied(config)


def content(config: Config, demo_port: int | None) -> dict[str, Any]:
    """What a setup was for; a password in the database's URL is not kept."""
    database = hashlib.sha256(config.database_url.encode()).hexdigest()
    return {"demo_port": demo_port, "database": database}


def read(places: Places) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(places.prepared.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found


def write(config: Config, places: Places, *, demo_port: int | None) -> None:
    places.prepared.write_text(json.dumps(content(config, demo_port)))


def required() -> set[tuple[str, str]]:
    """App and name of every migration of this version, our own and Django's."""
    import django

    ours = [path for floor in FLOORS for path in (BASE_DIR / floor).glob("**/migrations/[0-9]*.py")]
    contrib = Path(django.__file__).parent / "contrib"
    theirs = [path for app in CONTRIB for path in (contrib / app / "migrations").glob("[0-9]*.py")]
    return {(path.parent.parent.name, path.stem) for path in ours + theirs}


def applied(config: Config) -> set[tuple[str, str]]:
    """App and name of every migration that the database has; none where it does not answer."""
    return _in_postgresql(config.database_url) if config.database_url else _in_sqlite(config.database_path)


def _in_sqlite(path: Path) -> set[tuple[str, str]]:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as connection:
            return set(connection.execute(APPLIED))
    except sqlite3.OperationalError:
        return set()


def _in_postgresql(url: str) -> set[tuple[str, str]]:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return set(connection.execute(APPLIED).fetchall())
    except psycopg.Error:
        return set()
