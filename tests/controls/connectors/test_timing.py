"""How long reads and writes take on the loopback, beside those of plain pyepics. Printed, not judged."""

import statistics
import time
from collections.abc import Callable

import pytest

from controls.connectors.ca import ChannelAccess
from tests.ca_client import IndependentClient
from tests.controls.probe import Probe

TIMES = 300


def median_ms(call: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return 1e3 * statistics.median(took)


def test_medians_are_printed(connector: ChannelAccess, probe: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    address = probe.address("OTHER")
    read = median_ms(lambda: connector.read(address, 1))
    write = median_ms(lambda: connector.write(address, 1.0, 1))
    with IndependentClient(probe.port) as client:
        plain = 1e3 * statistics.median(client.timed_puts(address, [1.0] * TIMES))
    with capsys.disabled():
        print(f"\n  read {read:.3f} ms, write {write:.3f} ms; pyepics PV.put(wait) {plain:.3f} ms")  # noqa: T201
