"""Where a machine's channels are searched."""

import pytest

from controls.connectors.addresses import AddressList


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ADDR_LIST", "AUTO_ADDR_LIST", "SERVER_PORT"):
        monkeypatch.delenv(f"EPICS_CA_{name}", raising=False)


@pytest.mark.parametrize(
    ("addresses", "servers"),
    [
        (AddressList("10.0.0.7 ioc:6064"), {"10.0.0.7:5064", "ioc:6064"}),
        (AddressList("localhost", server_port=5070), {"127.0.0.1:5070"}),
        (AddressList("10.0.0.7", auto=True), {"10.0.0.7:5064", "*"}),
        (AddressList(), {"*"}),
    ],
)
def test_it_asks_where_it_is_told_to(addresses: AddressList, servers: set[str]) -> None:
    assert addresses.servers() == servers


def test_without_an_address_the_environment_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPICS_CA_ADDR_LIST", "10.0.0.7")
    monkeypatch.setenv("EPICS_CA_AUTO_ADDR_LIST", "NO")
    assert AddressList().servers() == {"10.0.0.7:5064"}
