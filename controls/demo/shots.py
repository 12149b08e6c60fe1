"""What the diagnostics show for one shot: the beam with the noise of its measurement."""

from dataclasses import dataclass

import numpy as np

from controls.demo.faults import Faults
from controls.demo.optics import Incoming, Magnets, Section, Spot

FULL_CHARGE_PC = 98.0
SIZE_NOISE = 0.02  # relative, per plane
POSITION_NOISE_MM = 0.005
CHARGE_NOISE = 0.006  # relative
LOSS_PER_PC = 40.0  # counts of the loss monitor
LOSS_BACKGROUND = 3.0
GOOD_VACUUM_MBAR, BAD_VACUUM_MBAR = 6e-9, 4e-6
VACUUM_NOISE = 0.02  # relative

DARK = Spot(np.nan, np.nan, np.nan, np.nan, 0.0)


@dataclass(frozen=True)
class Shot:
    """Sizes in µm, positions in mm, charge in pC, loss in counts."""

    seen: Spot
    charge: float
    loss: float


@dataclass
class Diagnostics:
    """Takes shots of the section's beam."""

    section: Section
    random: np.random.Generator

    def shot(self, magnets: Magnets, incoming: Incoming, faults: Faults) -> Shot:
        """Measure the beam once. A screen without an image shows NaN, never a made-up size."""
        spot = DARK if faults.trip else self.section.spot(magnets, incoming)
        lost_pc = 0.0 if faults.trip else FULL_CHARGE_PC * (1 - spot.transmission)
        charge = FULL_CHARGE_PC * spot.transmission * self._factor(CHARGE_NOISE, faults)
        loss = LOSS_BACKGROUND + LOSS_PER_PC * lost_pc + self._noise(1.0, faults)
        blind = faults.screen_nan or faults.screen_out
        return Shot(DARK if blind else self._imaged(spot, faults), max(charge, 0.0), max(loss, 0.0))

    def vacuum_mbar(self, faults: Faults) -> float:
        """The pressure in the pipe, in mbar."""
        return (BAD_VACUUM_MBAR if faults.leak else GOOD_VACUUM_MBAR) * self._factor(VACUUM_NOISE, faults)

    def _imaged(self, spot: Spot, faults: Faults) -> Spot:
        return Spot(
            size_x=spot.size_x * self._factor(SIZE_NOISE, faults),
            size_y=spot.size_y * self._factor(SIZE_NOISE, faults),
            x=spot.x + self._noise(POSITION_NOISE_MM, faults),
            y=spot.y + self._noise(POSITION_NOISE_MM, faults),
            transmission=spot.transmission,
        )

    def _noise(self, rms: float, faults: Faults) -> float:
        return faults.noise * rms * float(self.random.standard_normal())

    def _factor(self, rms: float, faults: Faults) -> float:
        return float(np.exp(self._noise(rms, faults)))
