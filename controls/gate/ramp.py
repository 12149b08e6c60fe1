"""Large moves in steps."""

import math

SAME = 1e-6  # of a channel's span: below it, two setpoints are one (servers may store single precision)


def next_step(present: float, target: float, max_step: float) -> float:
    """The next setpoint on the way from `present` to `target`; at most `max_step` away, `target` itself if near."""
    distance = target - present
    if abs(distance) <= max_step * (1 + 1e-9):
        return target
    return present + math.copysign(max_step, distance)


def steps(present: float, target: float, max_step: float) -> int:
    """Number of puts of that way; at least one."""
    return max(1, math.ceil(abs(target - present) / max_step * (1 - 1e-12)))


def same(a: float, b: float, span: float) -> bool:
    """Whether two setpoints of a channel with limits `span` apart are the same."""
    return abs(a - b) <= max(SAME * span, 1e-7 * max(abs(a), abs(b)))


def between(value: float, one: float, other: float, span: float) -> bool:
    """Whether `value` lies between the two ends, which count."""
    slack = SAME * span
    return min(one, other) - slack <= value <= max(one, other) + slack
