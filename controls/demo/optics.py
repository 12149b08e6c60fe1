"""Beam optics of the demo section: magnet settings in, beam on the screen out, tracked by the accelerator toolbox.

The section is laid out like the matching section of a 150 MeV research linac: three quadrupoles, a vertical corrector
between the second and the third, a horizontal one behind the third, then a screen. 1024 particles are tracked through
the toolbox's elements and lost where they leave the vacuum pipe, so that sizes, positions and losses all come from the
same beam. One measurement takes about 0.4 ms.

How hard it is to focus, with noise of 2 % and three shots a point: at the start settings the beam has 371 µm, the best
within ±20 /m² is 15 µm. A fifth of the start is found by 1.4 % of random settings within ±20 /m² (0.5 % in ±30 /m²), so
by one in four searches of 20 points. Nelder-Mead from the start gets there within 60 evaluations; expected improvement,
begun with the start and four settings around it, got there within 26 evaluations in 31 of 32 runs, in one after 59.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from controls.demo.toolbox import at

ENERGY_EV = 150e6
PARTICLES = 1024
PIPE_RADIUS_M = 6e-3
QUADRUPOLE_M = 0.122
CORRECTOR_M = 0.02
QUADRUPOLES = ("Q1", "Q2", "Q3")
VERTICAL, HORIZONTAL = "CV", "CH"

EMITTANCE_M = 4.63e-9
BETA_X_M, ALPHA_X = 25.0, 0.0
BETA_Y_M, ALPHA_Y = 20.0, 0.0
ENERGY_SPREAD = 1e-3
ENTRY_OFFSET = (0.6e-3, 0.05e-3, -0.4e-3, -0.1e-3)  # x [m], x' [rad], y [m], y' [rad]

Particles = NDArray[np.float64]


@dataclass(frozen=True)
class Magnets:
    """Quadrupole strengths K1 in 1/m², corrector angles in mrad."""

    k1: tuple[float, float, float]
    vertical_mrad: float = 0.0
    horizontal_mrad: float = 0.0


START = Magnets(k1=(10.0, -9.0, 5.0))


@dataclass(frozen=True)
class Incoming:
    """How the incoming beam differs from the nominal one: size as a factor, position in its own rms sizes."""

    size: float = 1.0
    x: float = 0.0
    y: float = 0.0


NOMINAL = Incoming()


@dataclass(frozen=True)
class Spot:
    """The beam on the screen: rms sizes in µm, position in mm, and the fraction that got there.

    Without a surviving particle the sizes and positions are NaN.
    """

    size_x: float
    size_y: float
    x: float
    y: float
    transmission: float

    @property
    def size(self) -> float:
        """Root mean square of both sizes in µm: small only when the beam is small in both planes."""
        return float(np.sqrt((self.size_x**2 + self.size_y**2) / 2))


def _lattice() -> "at.Lattice":
    pipe = {"EApertures": np.array([PIPE_RADIUS_M, PIPE_RADIUS_M])}

    def quadrupole(name: str) -> "at.Quadrupole":
        return at.Quadrupole(name, QUADRUPOLE_M, 0.0, PassMethod="QuadLinearPass", **pipe)

    def corrector(name: str) -> "at.Corrector":
        return at.Corrector(name, CORRECTOR_M, [0.0, 0.0], **pipe)

    def drift(length_m: float) -> "at.Drift":
        return at.Drift("drift", length_m, **pipe)

    elements = [drift(0.175), quadrupole("Q1"), drift(0.3), quadrupole("Q2"), drift(0.14), corrector(VERTICAL)]
    elements += [drift(0.14), quadrupole("Q3"), drift(0.179), corrector(HORIZONTAL), drift(0.45)]
    return at.Lattice(elements, energy=ENERGY_EV)


def _entering() -> Particles:
    """Gaussian particles with exactly the wanted second moments, the same ones each time (6 × PARTICLES)."""
    normal = np.random.default_rng(1).standard_normal((5, PARTICLES))
    normal -= normal.mean(axis=1, keepdims=True)
    u, pu, v, pv, delta = np.linalg.solve(np.linalg.cholesky(np.cov(normal, bias=True)), normal)
    particles = np.zeros((6, PARTICLES), order="F")
    particles[0], particles[1] = _plane(u, pu, BETA_X_M, ALPHA_X)
    particles[2], particles[3] = _plane(v, pv, BETA_Y_M, ALPHA_Y)
    particles[4] = ENERGY_SPREAD * delta
    return particles


def _plane(u: Particles, pu: Particles, beta_m: float, alpha: float) -> tuple[Particles, Particles]:
    """Position and angle of one plane from normalised coordinates (Courant and Snyder)."""
    position = np.sqrt(EMITTANCE_M * beta_m) * u
    angle = np.sqrt(EMITTANCE_M / beta_m) * (pu - alpha * u)
    return position, angle


@dataclass
class Section:
    """The lattice and the particles that enter it."""

    lattice: "at.Lattice" = field(default_factory=_lattice)
    entering: Particles = field(default_factory=_entering)
    _last: tuple[Magnets, Incoming, Spot] | None = None

    def spot(self, magnets: Magnets, incoming: Incoming = NOMINAL) -> Spot:
        """Track the beam with these settings to the screen; a beam that did not change is not tracked anew."""
        if self._last is None or self._last[:2] != (magnets, incoming):
            self._last = (magnets, incoming, self._tracked(magnets, incoming))
        return self._last[2]

    def _tracked(self, magnets: Magnets, incoming: Incoming) -> Spot:
        self._set(magnets)
        tracked, *_ = self.lattice.track(self._arriving(incoming))
        on_screen = tracked[:, :, 0, 0]
        return _seen(on_screen[:, np.isfinite(on_screen[0])])

    def _set(self, magnets: Magnets) -> None:
        for element in self.lattice:
            name = element.FamName
            if name in QUADRUPOLES:
                element.K = magnets.k1[QUADRUPOLES.index(name)]
            elif name == VERTICAL:
                element.KickAngle = np.array([0.0, magnets.vertical_mrad * 1e-3])
            elif name == HORIZONTAL:
                element.KickAngle = np.array([magnets.horizontal_mrad * 1e-3, 0.0])

    def _arriving(self, incoming: Incoming) -> Particles:
        particles = np.array(self.entering, order="F")
        particles[:4] *= incoming.size
        particles[0] += ENTRY_OFFSET[0] + incoming.x * np.sqrt(EMITTANCE_M * BETA_X_M)
        particles[1] += ENTRY_OFFSET[1]
        particles[2] += ENTRY_OFFSET[2] + incoming.y * np.sqrt(EMITTANCE_M * BETA_Y_M)
        particles[3] += ENTRY_OFFSET[3]
        return particles


def _seen(survivors: Particles) -> Spot:
    count = survivors.shape[1]
    if count == 0:
        return Spot(np.nan, np.nan, np.nan, np.nan, 0.0)
    return Spot(
        size_x=float(survivors[0].std()) * 1e6,
        size_y=float(survivors[2].std()) * 1e6,
        x=float(survivors[0].mean()) * 1e3,
        y=float(survivors[2].mean()) * 1e3,
        transmission=count / PARTICLES,
    )
