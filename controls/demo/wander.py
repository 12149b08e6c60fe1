"""Slow drift of the incoming beam."""

import math
from dataclasses import dataclass

import numpy as np

from controls.demo.optics import Incoming

MEMORY_S = 60.0


@dataclass
class Wander:
    """Three independent Ornstein-Uhlenbeck processes of unit rms: size, horizontal and vertical position."""

    random: np.random.Generator

    def __post_init__(self) -> None:
        self._state = np.zeros(3)

    def step(self, elapsed_s: float) -> None:
        """Let `elapsed_s` seconds pass."""
        kept = math.exp(-elapsed_s / MEMORY_S)
        self._state = kept * self._state + math.sqrt(1 - kept**2) * self.random.standard_normal(3)

    def incoming(self, amplitude: float) -> Incoming:
        """The beam now; `amplitude` is the rms as a fraction of the beam's size."""
        size, x, y = amplitude * self._state
        return Incoming(size=math.exp(size), x=float(x), y=float(y))
