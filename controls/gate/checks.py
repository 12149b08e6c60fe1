"""The rules every write passes. Each raises a Refusal with its code, or returns."""

import math
import numbers
from typing import Any

from controls.connectors.base import INVALID_SEVERITY, Reading
from controls.gate import ramp
from controls.gate.codes import Code, Refusal
from controls.gate.line import Line
from controls.gate.now import Now
from controls.gate.standing import Standing
from controls.models import Machine


def number(line: Line, value: Any) -> float:
    """The finite float that `value` is. Strings, booleans, arrays, NaN and infinities are refused."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise Refusal(Code.NOT_A_NUMBER, f"{line.channel.name}: {value!r} is not a number")
    if not math.isfinite(value):
        raise Refusal(Code.NOT_A_NUMBER, f"{line.channel.name}: {value!r} is not finite")
    return float(value)


def writable(line: Line) -> None:
    if not line.channel.writable:
        raise Refusal(Code.NOT_WRITABLE, f"{line.channel.name} is not writable")


def inside(line: Line, value: float) -> None:
    """Inside the channel's limits and the approved envelope."""
    name = line.channel.name
    if not line.low <= value <= line.high:
        raise Refusal(Code.OUTSIDE_LIMITS, f"{name}: {value!r} is outside the limits {line.low:g} … {line.high:g}")
    bounds = line.bounds
    if bounds is None:
        raise Refusal(Code.OUTSIDE_ENVELOPE, f"{name} is not in the approved envelope")
    if not bounds.low <= value <= bounds.high:
        raise Refusal(
            Code.OUTSIDE_ENVELOPE, f"{name}: {value!r} is outside what was approved, {bounds.low:g} … {bounds.high:g}"
        )


def step_inside(line: Line, value: float) -> None:
    """A step of a ramp: inside the envelope, or between the present value and it where the start lies outside."""
    bounds = line.bounds
    if bounds is None:
        raise Refusal(Code.OUTSIDE_ENVELOPE, f"{line.channel.name} is not in the approved envelope")
    low, high = min(bounds.low, line.start), max(bounds.high, line.start)
    if not max(low, min(line.low, line.start)) <= value <= min(high, max(line.high, line.start)):
        raise Refusal(Code.OUTSIDE_ENVELOPE, f"{line.channel.name}: a step to {value!r} leaves what was approved")


def towards(line: Line, value: float, present: float) -> None:
    """A restore step lies between the present and the recorded value."""
    if not ramp.between(value, present, line.start, line.span):
        raise Refusal(
            Code.NOT_TOWARDS_RECORD,
            f"{line.channel.name}: {value!r} is not between {present!r} and the recorded {line.start!r}",
        )


def step(line: Line, value: float, present: float) -> None:
    if abs(value - present) > line.max_step * (1 + 1e-6) + ramp.SAME * line.span:
        raise Refusal(
            Code.STEP_TOO_LARGE, f"{line.channel.name}: from {present!r} to {value!r} is more than {line.max_step:g}"
        )


def held(now: Now, token: int, states: frozenset[str], standing: Standing) -> None:
    """The lease is ours with the current fencing token."""
    if standing.lost or not now.holds(token, states):
        standing.lose("another process holds the lease")
        raise Refusal(Code.LEASE_LOST, "the lease on the channels is held by another process now")


def in_time(standing: Standing, margin_s: float) -> None:
    """Enough of the lease is left; asked last, for this process may have been frozen a moment ago."""
    if standing.left_s() < margin_s:
        raise Refusal(Code.LEASE_ENDING, f"the lease could not be renewed; {max(0.0, standing.left_s()):.1f} s left")


def armed(now: Now, machine: Machine) -> None:
    if not now.armed:
        raise Refusal(Code.NOT_ARMED, f"{machine.name} is not armed")


def not_seen_disarmed(standing: Standing, machine: Machine) -> None:
    """Without the database: nobody was seen to disarm the machine when it last answered."""
    if standing.disarmed:
        raise Refusal(Code.NOT_ARMED, f"{machine.name} is not armed")


def unstopped(now: Now, standing: Standing) -> None:
    if now.stopped:
        standing.stop(now.stopped)
    if standing.stopped:
        raise Refusal(Code.STOPPED, standing.stopped)


def watchdog_lives(standing: Standing, max_age_s: float) -> None:
    silence = standing.watchdog_silence_s()
    if silence > max_age_s:
        said = "has never shown life" if math.isinf(silence) else f"has been silent for {silence:.1f} s"
        raise Refusal(Code.WATCHDOG_SILENT, f"the watchdog {said}")


def permitted(machine: Machine, reading: Reading) -> None:
    """The facility's own permit, as its channel reads now. What is not valid is no permit."""
    name = "the permit" if machine.permit_channel is None else f"the permit {machine.permit_channel.name}"
    if reading.severity >= INVALID_SEVERITY or isinstance(reading.value, str) or reading.value != reading.value:
        raise Refusal(Code.PERMIT_UNKNOWN, f"{name} reads {reading.value!r}, which is not valid")
    if reading.value != machine.permit_value:
        raise Refusal(Code.PERMIT_DENIED, f"{name} reads {reading.value:g}, not {machine.permit_value:g}")
