"""A whole `xoptweb up` and a browser, shared by the tests of what people do with it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import stores
from tests.browser.control_room import PATIENCE_MS, REAUTHENTICATE_S, ControlRoom
from tests.ca_client import IndependentClient
from tests.supervisor.house import House

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with stores.of_its_own("browser") as settings:
        settings |= {"XOPTWEB_REAUTHENTICATE_S": str(REAUTHENTICATE_S), "XOPTWEB_LEASE_QUIET_S": "1"}
        house = House(tmp_path_factory.mktemp("home"), **settings)
        try:
            house.start()
            house.address()
            yield house
        finally:
            house.end()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with this package: while playwright runs, its event loop would trouble asynchronous tests and the ORM."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        expect.set_options(timeout=PATIENCE_MS)
        yield browser
        expect.set_options(timeout=None)
        browser.close()


@pytest.fixture(scope="package")
def outside(house: House) -> Iterator[IndependentClient]:
    """A client of the IOC that shares nothing with the product."""
    with IndependentClient(int(Path(house.home, "run", "demo_port").read_text())) as client:
        yield client


@pytest.fixture(scope="package")
def room(house: House, browser: Browser, outside: IndependentClient) -> ControlRoom:
    return ControlRoom(house, browser, outside)


@pytest.fixture(autouse=True)
def nothing_wrong(room: ControlRoom) -> Iterator[None]:
    """No page of anybody reports an error or violates its policy."""
    yield
    wrong = list(room.wrong)
    room.wrong.clear()
    assert wrong == []
