"""The demo facility's file describes the demo IOC as it is."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ca_client import IndependentClient

FACILITY = Path(__file__).parents[3] / "examples" / "demo" / "facility.yaml"
UNITS = {"um": "µm", "m^-2": "m⁻²"}


@pytest.fixture(scope="module")
def facility() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FACILITY.read_text(encoding="utf-8"))
    return loaded


def test_every_address_is_served_with_the_units_that_the_file_gives(
    facility: dict[str, Any], outside: IndependentClient
) -> None:
    for channel in facility["channels"].values():
        units = outside.read(channel["address"]).units
        assert UNITS.get(units, units) == channel.get("units", "")


def test_limits_are_those_of_the_machine(facility: dict[str, Any], outside: IndependentClient) -> None:
    for channel in _writable(facility):
        told = outside.read(channel["address"])
        assert (channel["low"], channel["high"]) == (told.low, told.high)


def test_one_largest_step_settles_within_tolerance(facility: dict[str, Any], outside: IndependentClient) -> None:
    for channel in _writable(facility):
        target = outside.get(channel["address"]) + channel["max_step"]
        outside.put(channel["address"], target)
        time.sleep(channel["settle_s"])
        assert abs(outside.get(channel["readback"]) - target) < channel["tolerance"]


def test_criteria_hold_and_guards_are_quiet_on_the_healthy_machine(
    facility: dict[str, Any], outside: IndependentClient
) -> None:
    holds = {">": float.__gt__, "<": float.__lt__, "==": float.__eq__}
    environment = facility["environment"]
    for condition in environment["criteria"] + environment["guards"]:
        value = float(outside.get(facility["channels"][condition["channel"]]["address"]))
        assert holds[condition["op"]](value, float(condition["value"])), condition["name"]
    permit = facility["machine"]["permit"]
    assert outside.get(facility["channels"][permit["channel"]]["address"]) == permit["equals"]


def test_all_names_in_the_environment_exist(facility: dict[str, Any]) -> None:
    channels, environment = facility["channels"], facility["environment"]
    observables = environment["observables"]
    assert set(environment["variables"]) <= {name for name, channel in channels.items() if channel.get("writable")}
    assert {observable["channel"] for observable in observables.values()} <= set(channels)
    assert set(environment["objectives"]) | set(environment["constraints"]) <= set(observables)
    assert {c["channel"] for c in environment["criteria"] + environment["guards"]} <= set(channels)


def _writable(facility: dict[str, Any]) -> list[dict[str, Any]]:
    return [channel for channel in facility["channels"].values() if channel.get("writable")]
