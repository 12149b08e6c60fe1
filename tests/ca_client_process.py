"""The process behind `tests.ca_client`: one JSON request a line on stdin, one JSON answer a line on stdout."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

_repeater = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
_repeater.bind(("127.0.0.1", 0))  # a port that is taken: the CA library starts no repeater then
os.environ["EPICS_CA_REPEATER_PORT"] = str(_repeater.getsockname()[1])

import epics  # noqa: E402

_channels: dict[str, epics.PV] = {}


def channel(name: str, timeout_s: float) -> epics.PV:
    """The connected channel, made at first use.

    Raises:
        TimeoutError: no server has it.
    """
    if name not in _channels:
        _channels[name] = epics.PV(name, auto_monitor=False, form="ctrl")
    if not _channels[name].wait_for_connection(timeout_s):
        raise TimeoutError(f"{name} is not connected after {timeout_s} s")
    return _channels[name]


def read(name: str, timeout_s: float) -> dict[str, Any]:
    pv = channel(name, timeout_s)
    timed = pv.get_with_metadata(form="time", timeout=timeout_s, use_monitor=False)
    control = pv.get_with_metadata(form="ctrl", timeout=timeout_s, use_monitor=False)
    if timed is None or control is None:
        raise TimeoutError(f"{name} gave no value within {timeout_s} s")
    choices = control.get("enum_strs") or ()
    return {
        "value": timed["value"],
        "timestamp": timed["timestamp"],
        "severity": timed["severity"],
        "units": control.get("units") or "",
        "low": control.get("lower_disp_limit"),
        "high": control.get("upper_disp_limit"),
        "text": choices[timed["value"]] if choices else str(timed["value"]),
    }


def put(name: str, timeout_s: float, value: Any, wait: bool) -> None:
    status = channel(name, timeout_s).put(value, wait=wait, timeout=timeout_s)
    if status is None or status < 0:
        raise TimeoutError(f"the put to {name} was not done after {timeout_s} s")


def watch(name: str, timeout_s: float, seconds: float) -> list[tuple[float, Any]]:
    channel(name, timeout_s)
    updates: list[tuple[float, Any]] = []
    watching = epics.PV(name, form="time", auto_monitor=True)
    watching.add_callback(lambda value, timestamp, **_: updates.append((timestamp, value)))
    if not watching.wait_for_connection(timeout_s):
        raise TimeoutError(f"{name} is not connected after {timeout_s} s")
    time.sleep(seconds)
    watching.clear_callbacks()
    watching.disconnect()
    return updates


def timed_puts(name: str, timeout_s: float, values: list[float]) -> list[float]:
    channel(name, timeout_s)
    took = []
    for value in values:
        began = time.perf_counter()
        put(name, timeout_s, value, wait=True)
        took.append(time.perf_counter() - began)
    return took


ACTIONS: dict[str, Callable[..., Any]] = {"read": read, "put": put, "watch": watch, "timed_puts": timed_puts}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What goes back for one request; every failure goes to the test."""
    action = ACTIONS[request.pop("action")]
    try:
        return {"error": "", "message": "", "result": action(**request)}
    except TimeoutError as error:
        return {"error": "timeout", "message": str(error), "result": None}
    except Exception as error:  # noqa: BLE001 - the edge of this process: the test gets the message
        return {"error": "failed", "message": f"{type(error).__name__}: {error}", "result": None}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()
