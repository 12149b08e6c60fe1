"""Where a process looks for the servers of its machine."""

import os
from dataclasses import dataclass

DEFAULT_PORT = "5064"  # of Channel Access servers


@dataclass(frozen=True)
class AddressList:
    """`addresses` as EPICS_CA_ADDR_LIST ("host host:port"); empty leaves the process's environment as it is."""

    addresses: str = ""
    auto: bool = False
    server_port: int | None = None

    def environment(self) -> dict[str, str]:
        """The EPICS_CA_* variables this stands for."""
        names: dict[str, str] = {}
        if self.addresses:
            names["EPICS_CA_ADDR_LIST"] = self.addresses
            names["EPICS_CA_AUTO_ADDR_LIST"] = "YES" if self.auto else "NO"
        if self.server_port is not None:
            names["EPICS_CA_SERVER_PORT"] = str(self.server_port)
        return names

    def servers(self) -> frozenset[str]:
        """Where it searches, as `host:port`; `*` stands for every network of this host."""
        known = os.environ | self.environment()
        port = known.get("EPICS_CA_SERVER_PORT") or DEFAULT_PORT
        entries = known.get("EPICS_CA_ADDR_LIST", "").replace("localhost", "127.0.0.1").split()
        found = {entry if ":" in entry else f"{entry}:{port}" for entry in entries}
        everywhere = known.get("EPICS_CA_AUTO_ADDR_LIST", "YES").upper() != "NO"
        return frozenset(found | ({"*"} if everywhere else set()))

    def apply(self) -> None:
        """Set the variables in this process; they count when Channel Access is opened afterwards."""
        os.environ.update(self.environment())
