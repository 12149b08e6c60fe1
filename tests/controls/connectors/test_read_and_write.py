"""Reading and writing each kind of channel of a real IOC."""

import math
import threading

import pytest

from controls.connectors.base import Metadata, NotScalar, PutRefused, Unconfirmed, Unreachable, Value
from controls.connectors.ca import ChannelAccess
from tests.controls.probe import Probe


def test_a_read_gives_value_time_and_severity_of_the_server(connector: ChannelAccess, probe: Probe) -> None:
    first = connector.read(probe.address("FLOAT"), 2)
    connector.write(probe.address("FLOAT"), 2.25, 2)
    second = connector.read(probe.address("FLOAT"), 2)
    assert (first.value, second.value) == (1.5, 2.25)
    assert second.ioc_time > first.ioc_time
    assert second.severity == 0


def test_channels_that_are_read_together_come_in_the_order_they_were_named(
    connector: ChannelAccess, probe: Probe
) -> None:
    connector.write(probe.address("OTHER"), 6.5, 2)
    readings = connector.read_all([probe.address(name) for name in ("OTHER", "LOCKED", "FLOAT")], 2)
    assert [reading.value for reading in readings] == [6.5, 4.0, 1.5]


def test_of_channels_that_are_read_together_the_one_that_can_not_be_is_named(
    connector: ChannelAccess, probe: Probe
) -> None:
    wanted = [probe.address(name) for name in ("FLOAT", "ARRAY", "OTHER")]
    with pytest.raises(NotScalar) as refused:
        connector.read_all(wanted, 2)
    assert refused.value.address == wanted[1]


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("FLOAT", -3.5, -3.5),
        ("FLOAT", 4, 4.0),
        ("INT", -7, -7),
        ("INT", 7.0, 7),
        ("ENUM", 2, 2),
        ("ENUM", "off", 0),
        ("TEXT", "größer", "größer"),
    ],
)
def test_a_write_is_what_the_server_has_when_it_returns(
    connector: ChannelAccess, probe: Probe, name: str, value: Value, read: Value
) -> None:
    connector.write(probe.address(name), value, 2)
    assert connector.read(probe.address(name), 2).value == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FLOAT", "1.5"),
        ("FLOAT", True),
        ("INT", 1.5),
        ("INT", math.nan),
        ("INT", math.inf),
        ("INT", 2**31),
        ("ENUM", 16),
        ("ENUM", -1),
        ("TEXT", 1.0),
        ("TEXT", "x" * 40),
        ("TEXT", "nothing\0hidden"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(
    connector: ChannelAccess, probe: Probe, name: str, value: Value
) -> None:
    before = connector.read(probe.address(name), 2)
    with pytest.raises(PutRefused, match=probe.address(name)):
        connector.write(probe.address(name), value, 2)
    after = connector.read(probe.address(name), 2)
    assert (after.value, after.ioc_time) == (before.value, before.ioc_time)


def test_a_label_that_the_server_does_not_know_is_refused(connector: ChannelAccess, probe: Probe) -> None:
    with pytest.raises(PutRefused, match="refused 'bogus'"):
        connector.write(probe.address("ENUM"), "bogus", 2)


def test_a_channel_that_the_server_lets_nobody_write_is_refused(connector: ChannelAccess, probe: Probe) -> None:
    with pytest.raises(PutRefused, match="does not let us write"):
        connector.write(probe.address("LOCKED"), 5.0, 2)
    assert not connector.metadata(probe.address("LOCKED")).writable
    assert connector.read(probe.address("LOCKED"), 2).value == 4.0


def test_arrays_are_neither_read_nor_written(connector: ChannelAccess, probe: Probe) -> None:
    with pytest.raises(NotScalar):
        connector.read(probe.address("ARRAY"), 2)
    with pytest.raises(NotScalar):
        connector.write(probe.address("ARRAY"), 1.0, 2)
    with pytest.raises(NotScalar):
        connector.write(probe.address("FLOAT"), [1.0], 2)  # type: ignore[arg-type]


def test_not_a_number_is_read_as_it_is(connector: ChannelAccess, probe: Probe) -> None:
    reading = connector.read(probe.address("NAN"), 2)
    assert isinstance(reading.value, float)
    assert math.isnan(reading.value)


def test_metadata_tells_units_limits_and_labels(connector: ChannelAccess, probe: Probe) -> None:
    assert connector.metadata(probe.address("FLOAT")) == Metadata("float", "A", 3, -10.0, 10.0, (), True)
    assert connector.metadata(probe.address("INT")) == Metadata("int", "n", 0, -100.0, 100.0, (), True)
    assert connector.metadata(probe.address("ENUM")) == Metadata("enum", enum=("off", "on", "°warm"), writable=True)
    assert connector.metadata(probe.address("TEXT")) == Metadata("string", writable=True)
    assert connector.metadata(probe.address("BEAM")).units == "°"


def test_a_channel_that_is_nowhere_is_named(connector: ChannelAccess, probe: Probe) -> None:
    with pytest.raises(Unreachable, match="NOWHERE"):
        connector.read(probe.address("NOWHERE"), 0.2)
    with pytest.raises(Unreachable, match=r"no answer from \S+NOWHERE$"):
        connector.connect([probe.address("FLOAT"), probe.address("NOWHERE")], 0.2)


def test_what_is_no_name_is_refused_and_forgotten(connector: ChannelAccess) -> None:
    with pytest.raises(Unreachable, match="is no channel name"):
        connector.read("", 0.2)
    connector.search_again()


def test_a_put_that_takes_longer_than_allowed_is_unconfirmed(connector: ChannelAccess, probe: Probe) -> None:
    with pytest.raises(Unconfirmed, match=r"no answer to a put of 1\.0"):
        connector.write(probe.address("SLOW"), 1.0, 0.2)


def test_a_put_returns_when_the_server_has_completed_it(connector: ChannelAccess, probe: Probe) -> None:
    connector.write(probe.address("SLOW"), 2.0, 5)
    assert connector.read(probe.address("SLOW"), 1).value == 2.0


def test_threads_read_and_write_at_once(connector: ChannelAccess, probe: Probe) -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            for value in range(50):
                connector.write(probe.address("OTHER"), float(value), 5)
                connector.read(probe.address("OTHER"), 5)
        except Exception as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
