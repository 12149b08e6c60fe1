"""One running stack for all tests of this folder, which leave the database to it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from controls.demo.process import DemoIoc
from tests.brokers import Broker
from tests.ca_client import IndependentClient
from tests.invariants.failpoints import Failpoints
from tests.invariants.stack import Stack
from tests.invariants.story import START, Story
from tests.people import person
from xoptweb.accounts.models import User


@pytest.fixture(scope="package")
def failpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failpoints]:
    failpoints = Failpoints(Path("/tmp") / f"xoptweb-failpoints-{os.getpid()}")  # noqa: S108 - short enough
    yield failpoints
    failpoints.close()


@pytest.fixture(scope="package")
def stack(
    running_broker: Broker,
    failpoints: Failpoints,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    with (
        django_db_blocker.unblock(),
        DemoIoc(prefix=f"INV{os.getpid()}:", rate_hz=40.0, drift=0.0, seed=3) as ioc,
    ):
        stack = Stack(ioc, failpoints.path, tmp_path_factory.mktemp("stack"))
        stack.load()
        stack.start()
        yield stack
        stack.stop()


@pytest.fixture(scope="package")
def people(stack: Stack) -> tuple[User, User]:
    return person(f"olga-{os.getpid()}", "operator"), person(f"peter-{os.getpid()}", "physicist")


@pytest.fixture(scope="package")
def watcher(stack: Stack) -> Iterator[IndependentClient]:
    client = IndependentClient(stack.ioc.port)
    yield client
    client.close()


@pytest.fixture
def story(
    stack: Stack, people: tuple[User, User], watcher: IndependentClient, failpoints: Failpoints
) -> Iterator[Story]:
    """A campaign to come; whatever a test left behind is thawed, started and set back afterwards."""
    channels = {name: stack.machine.channels.get(name=name) for name in START}
    yield Story(*people, stack.ioc, watcher, channels)
    failpoints.release()
    stack.ioc.thaw()
    stack.clear()
