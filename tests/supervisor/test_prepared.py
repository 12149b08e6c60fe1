"""Whether a start can do without `xoptweb setup`."""

import sqlite3
from pathlib import Path

import pytest
from django.db.migrations.loader import MigrationLoader

from xoptweb.config import Config
from xoptweb.supervisor import prepared
from xoptweb.supervisor.places import Places, places


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path, database_url="")


@pytest.fixture
def found(config: Config) -> Places:
    """A home that is completely prepared."""
    connection = sqlite3.connect(config.database_path)
    with connection:
        connection.execute("CREATE TABLE django_migrations (app, name)")
        connection.executemany("INSERT INTO django_migrations VALUES (?, ?)", prepared.required())
    connection.close()
    found = places(config)
    prepared.write(config, found, demo_port=5064)
    return found


def test_a_prepared_home_needs_no_setup(config: Config, found: Places) -> None:
    assert prepared.ready(config, found, demo_port=5064)


def test_a_missing_migration_needs_setup(config: Config, found: Places) -> None:
    connection = sqlite3.connect(config.database_path)
    with connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'optimizer'")
    connection.close()
    assert not prepared.ready(config, found, demo_port=5064)


def test_another_port_of_the_demo_needs_setup(config: Config, found: Places) -> None:
    assert not prepared.ready(config, found, demo_port=5065)


def test_a_missing_database_needs_setup(config: Config, found: Places) -> None:
    config.database_path.unlink()
    assert not prepared.ready(config, found, demo_port=5064)


def test_another_database_needs_setup(config: Config, found: Places) -> None:
    other = config.model_copy(update={"database_url": "postgres://root@127.0.0.1:1/none"})
    assert not prepared.ready(other, found, demo_port=5064)


def test_a_database_server_that_is_away_needs_setup_which_will_say_so(config: Config, found: Places) -> None:
    away = config.model_copy(update={"database_url": "postgres://root@127.0.0.1:1/none"})
    prepared.write(away, found, demo_port=5064)
    assert not prepared.ready(away, found, demo_port=5064)


@pytest.mark.django_db
def test_the_database_itself_is_asked() -> None:
    assert prepared.required() <= prepared.applied(Config())


def test_the_migrations_are_those_that_django_knows() -> None:
    assert prepared.required() == set(MigrationLoader(None).disk_migrations)
