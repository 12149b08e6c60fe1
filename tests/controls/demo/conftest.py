"""A demo IOC of its own for these tests, and someone who looks at it from outside."""

import secrets
import time
from collections.abc import Iterator

import pytest

from controls.demo import names
from controls.demo.process import DemoIoc
from tests.ca_client import IndependentClient
from tests.processes import wait_until

RATE_HZ = 20
AS_AT_THE_START = {
    **dict.fromkeys((names.TRIP, names.STUCK, names.REJECT, names.SLOW, names.NAN, names.SCREEN_OUT), 0),
    **dict.fromkeys((names.FROZEN, names.LEAK, names.DRIFT, *names.CORRECTORS), 0),
    **dict(zip(names.QUADRUPOLES, (10.0, -9.0, 5.0), strict=True)),
    names.NOISE: 1,
    names.PERMIT: 1,
}


def any_prefix() -> str:
    return f"T{secrets.token_hex(3)}:"


@pytest.fixture(scope="module")
def running_ioc() -> Iterator[DemoIoc]:
    with DemoIoc(prefix=any_prefix(), rate_hz=RATE_HZ, drift=0, seed=1) as ioc:
        yield ioc


@pytest.fixture(scope="module")
def connected(running_ioc: DemoIoc) -> Iterator[IndependentClient]:
    with IndependentClient(running_ioc.port, running_ioc.prefix) as client:
        yield client


@pytest.fixture
def ioc(running_ioc: DemoIoc) -> DemoIoc:
    return running_ioc


@pytest.fixture
def outside(connected: IndependentClient) -> Iterator[IndependentClient]:
    """Whatever a test switches on or moves is put back."""
    yield connected
    for name, value in AS_AT_THE_START.items():
        connected.put(name, value)
    time.sleep(2 / RATE_HZ)  # a readback that was stuck shows the magnet again with the next shot
    wait_until(lambda: _have_arrived(connected), 5, what="the magnets' way back")


def _have_arrived(client: IndependentClient) -> bool:
    return all(abs(client.get(names.readback(name)) - client.get(name)) < 0.01 for name in names.SUPPLIES)
