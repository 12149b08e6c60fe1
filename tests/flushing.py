"""Emptying the database after a test that commits.

Django's own way sends `post_migrate` each time, which makes the roles and permissions of all apps anew and takes longer
than most tests; they are no test's to change for good, so they stay. Deleting few rows is faster than PostgreSQL's
`TRUNCATE`; foreign keys are checked at the end of the transaction, so the order does not matter.
"""

from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


def install() -> None:
    TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]


def _empty(_: TransactionTestCase) -> None:
    tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    with transaction.atomic(), connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our own models
