"""Faults that can be switched on in the running demo, as a test or a demonstration wants them."""

from dataclasses import dataclass


@dataclass
class Faults:
    """What is wrong now. Supplies are counted from 1 in the order of `names.SUPPLIES`; 0 means none of them."""

    trip: bool = False  # the interlock cuts the beam
    stuck: int = 0  # the supply whose readback stays where it is
    reject: int = 0  # the supply that takes no new setpoint and says nothing
    slow_s: float = 0.0  # all readbacks show what was this long ago
    screen_nan: bool = False  # the screen's image cannot be analysed
    screen_out: bool = False
    frozen: bool = False  # measurements stop arriving, the last values stay
    leak: bool = False  # the vacuum is bad
    noise: float = 1.0  # factor on all measurement noise
    drift: float = 0.0  # of the incoming beam: rms, as a fraction of its size
