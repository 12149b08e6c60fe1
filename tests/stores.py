"""Database and broker of a house that a test starts: its own files by default, else the services of this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests import environment


@contextmanager
def of_its_own(name: str) -> Iterator[dict[str, str]]:
    """Settings for `House`. With services: a new database called after `name`, and Redis databases empty at the end."""
    if not environment.SERVICES:
        yield {}
        return
    import psycopg
    from redis import Redis

    database = f"test_xoptweb_{name}_{os.getpid()}"
    server, base = environment.DATABASE.rpartition("/")[0], environment.BROKER.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{database}"')
        try:
            yield {"XOPTWEB_DATABASE_URL": f"{server}/{database}", "XOPTWEB_BROKER_URL": environment.BROKER}
        finally:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
            for number in range(3):  # messages, live, latest values
                with Redis.from_url(f"{base[0]}/{int(base[2]) + number}") as client:
                    client.flushdb()
