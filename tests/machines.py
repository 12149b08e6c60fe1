"""The demo facility of a test run: its machine, channels and environment, at the IOC under its random prefix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests import demo_facility
from tests.ca_client import IndependentClient

if TYPE_CHECKING:
    from controls.demo.process import DemoIoc
    from controls.models import Machine


@pytest.fixture(scope="session")
def running_client_ca(running_ioc: DemoIoc) -> Iterator[IndependentClient]:
    client = IndependentClient(running_ioc.port, running_ioc.prefix)
    yield client
    client.close()


@pytest.fixture
def client_ca(ioc: DemoIoc, running_client_ca: IndependentClient) -> IndependentClient:
    """A Channel Access client that shares nothing with the product; names are without the prefix."""
    return running_client_ca


@pytest.fixture
def machine(db: None, ioc: DemoIoc) -> Machine:
    """The demo machine with its environment, not armed."""
    from controls import facility
    from optimizer import facility as environments
    from xoptweb.actors import system
    from xoptweb.supervisor.setup import LOOPBACK

    by = system("tests")
    document = demo_facility.document(ioc.prefix)
    machine = facility.load(document, address_list=LOOPBACK, server_port=ioc.port, by=by)
    environments.load(document, machine, by=by)
    return machine
