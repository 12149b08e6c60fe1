"""Reads channels of a machine with a tool of the host, and says which are not where they are expected."""

import json

import xopt
from xopt.models import Module

client = xopt.client()
tolerance = client.tunable("tolerance", "Allowed difference from the expected value, as a part of it")
machine = client.configurable("machine", "Short name of the machine")
tool = client.configurable("tool", "The tool that reads channels")
expected = client.configurable("expected", "Expected value of each channel, by its name")


def channels_of(given):
    """Names as a list, as a mapping with `channels`, or as text between commas; none means all that are expected."""
    if isinstance(given, str):
        given = json.loads(given) if given.strip().startswith(("[", "{")) else given.replace(",", " ").split()
    names = given.get("channels", []) if isinstance(given, dict) else given
    return list(names or expected or [])


def judged(name, reading):
    """What there is to say about one channel; nothing is assumed about a value that is missing."""
    value = reading.get("value")
    if not reading.get("connected", True) or value is None:
        return "does not answer"
    if name not in (expected or {}):
        return "no expectation"
    wanted = float(expected[name])
    return "as expected" if abs(float(value) - wanted) <= float(tolerance()) * abs(wanted) else f"expected {wanted:g}"


@xopt.step
def report(given):
    """One line for each channel."""
    names = channels_of(given)
    if not names:
        raise ValueError("name the channels to be read")
    xopt.progress(0.0, f"reading {len(names)} channels")
    readings = xopt.call_tool(tool, machine=machine, channels=names)
    xopt.progress(1.0, "read")
    rows = []
    for name in names:
        reading = readings.get(name, {})
        rows.append({"channel": name, "value": reading.get("value"), "judgement": judged(name, reading)})
    return {"machine": machine, "channels": rows}


@xopt.module
def machine_report() -> Module:
    module = Module(
        name="examples/machine-report",
        version="1.0.0",
        description="Reads channels of a machine and says which are not where they are expected.",
        long_description="Input: names of channels, between commas. The answer lists value and judgement of each.",
        tunables=[tolerance],
        configurables=[machine, tool, expected],
    )
    module.register("report", report, str, dict)
    module.set_start_step("report")
    return module


xopt.register(machine_report)
