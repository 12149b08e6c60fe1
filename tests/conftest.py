"""The tests' small world. The environment is set before anything reads Django's settings."""

from collections.abc import Iterator

import django
import pytest
from django.db import OperationalError, connection
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from tests import environment, flushing, sparing
from xoptweb.audit import triggers

HOME = environment.prepare()
django.setup()
flushing.install()
sparing.install()

pytest_plugins = ["tests.people", "tests.brokers", "tests.iocs", "tests.machines", "tests.backends"]


def pytest_unconfigure() -> None:
    environment.forget(HOME)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """The database of the tests is the one that a process started by a test finds: the same name, or the same file."""
    from django.conf import settings

    default = settings.DATABASES["default"]
    default["TEST"]["NAME"] = str(default["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tests' database, also for a run whose tests don't ask pytest-django for it and so would get none.

    Tests empty the audit log between them, so its triggers go. At the end it cuts the connections that threads of
    tests left, so that PostgreSQL lets the database go.
    """
    with django_db_blocker.unblock():
        made = None if _is_made() else setup_databases(verbosity=0, interactive=False, aliases={"default": None})
        triggers.remove(connection)
    yield
    with django_db_blocker.unblock():
        if environment.SERVICES:
            _cut_connections()
        if made is not None:
            teardown_databases(made, verbosity=0)


def _is_made() -> bool:
    try:
        return bool(connection.introspection.table_names())
    except OperationalError:
        connection.close()
        return False


def _cut_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
