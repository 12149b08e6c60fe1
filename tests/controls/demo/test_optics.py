"""The simulated section is a real focusing problem: not found by chance, but by a search."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from controls.demo.optics import START, Incoming, Magnets, Section
from controls.demo.toolbox import at

FOCUSED = Magnets((7.9, -18.2, 16.9))
LIMIT = 20.0
MEASUREMENT_NOISE = 0.02


@pytest.fixture(scope="module")
def section() -> Section:
    return Section()


def test_the_beam_starts_at_371_um_with_its_full_charge(section: Section) -> None:
    start = section.spot(START)
    assert start.size == pytest.approx(371, abs=0.5)
    assert start.transmission == 1


def test_the_best_spot_is_at_least_five_times_smaller(section: Section) -> None:
    assert section.spot(FOCUSED).size < 60
    assert section.spot(FOCUSED).size < section.spot(START).size / 5


def test_sizes_agree_with_the_transfer_matrix_of_the_accelerator_toolbox(section: Section) -> None:
    section.spot(START)
    matrix, _ = at.find_m44(section.lattice, orbit=np.zeros(6))
    entering = np.cov(section.entering[:4], bias=True)
    sizes = np.sqrt(np.diag(matrix @ entering @ matrix.T)) * 1e6
    spot = section.spot(START)
    assert spot.size_x == pytest.approx(sizes[0], rel=0.01)  # the tracked beam also has an energy spread
    assert spot.size_y == pytest.approx(sizes[2], rel=0.01)


def test_twenty_random_settings_rarely_find_a_fifth_of_the_size(section: Section) -> None:
    random = np.random.default_rng(5)
    target = section.spot(START).size / 5
    found = 0
    for _ in range(60):
        settings = random.uniform(-LIMIT, LIMIT, (20, 3))
        found += any(section.spot(Magnets((k[0], k[1], k[2]))).size < target for k in settings)
    assert found < 60 / 3


@pytest.mark.parametrize("seed", range(4))
def test_nelder_mead_finds_it_within_60_evaluations(section: Section, seed: int) -> None:
    measured = _measuring(section, seed)
    simplex = np.array([START.k1, (5, -9, 5), (10, -14, 5), (10, -9, 10)])
    options = {"maxfev": 60, "initial_simplex": simplex}
    best = minimize(measured, START.k1, method="Nelder-Mead", options=options)
    assert section.spot(Magnets(tuple(best.x))).size < section.spot(START).size / 5


@pytest.mark.filterwarnings("ignore")  # of botorch and gpytorch, which are not under test here
def test_expected_improvement_finds_it_within_60_evaluations(section: Section) -> None:
    import torch
    from gest_api.vocs import VOCS
    from xopt.generators import get_generator

    seed = 3
    torch.manual_seed(seed)
    variables = {name: [-LIMIT, LIMIT] for name in ("Q1", "Q2", "Q3")}
    generator = get_generator("expected_improvement")(vocs=VOCS(variables=variables, objectives={"size": "MINIMIZE"}))
    around = np.clip(START.k1 + np.random.default_rng(seed).uniform(-6, 6, (4, 3)), -LIMIT, LIMIT)
    first = [START.k1, *around]
    measured, target = _measuring(section, seed), section.spot(START).size / 5
    evaluations, size = 0, np.inf
    while size > target and evaluations < 60:
        suggested = first[evaluations] if evaluations < len(first) else _variables(generator.suggest(1)[0], variables)
        settings = [float(value) for value in suggested]
        size = measured(settings)
        generator.ingest([{**dict(zip(variables, settings, strict=True)), "size": np.log10(size)}])
        evaluations += 1
    assert size <= target


def _variables(candidate: Mapping[str, float], names: Iterable[str]) -> list[float]:
    return [candidate[name] for name in names]


def test_correctors_steer_and_the_vertical_one_through_the_third_quadrupole(section: Section) -> None:
    def moved(k1: tuple[float, float, float], vertical: float, horizontal: float) -> tuple[float, float]:
        before, after = section.spot(Magnets(k1)), section.spot(Magnets(k1, vertical, horizontal))
        return after.x - before.x, after.y - before.y

    assert moved(START.k1, 1, 0) == pytest.approx((0, 1.01), abs=0.02)
    assert moved(FOCUSED.k1, 1, 0) == pytest.approx((0, 1.24), abs=0.02)
    assert moved(START.k1, 0, 1) == pytest.approx((0.46, 0), abs=0.005)


def test_quadrupoles_steer_a_beam_that_enters_off_axis(section: Section) -> None:
    positions = {round(section.spot(Magnets((q1, -9.0, 5.0))).x, 2) for q1 in (5.0, 10.0, 15.0)}
    assert len(positions) == 3


def test_a_blown_up_or_kicked_beam_loses_charge_at_the_pipe(section: Section) -> None:
    assert section.spot(Magnets((-15.0, -15.0, -15.0))).transmission < 0.5
    assert section.spot(Magnets(START.k1, vertical_mrad=-6)).transmission < 0.5


def test_a_beam_that_is_lost_altogether_has_no_size(section: Section) -> None:
    lost = section.spot(Magnets(START.k1, vertical_mrad=-20))
    assert lost.transmission == 0
    assert np.isnan([lost.size, lost.size_x, lost.size_y, lost.x, lost.y]).all()


def test_a_drifting_beam_moves_the_spot(section: Section) -> None:
    drifted = section.spot(START, Incoming(size=1.1, x=1.0))
    assert drifted.size_x == pytest.approx(1.1 * section.spot(START).size_x, rel=1e-3)
    assert drifted.x != pytest.approx(section.spot(START).x, abs=0.01)


def test_the_same_settings_give_the_same_spot(section: Section) -> None:
    first = section.spot(FOCUSED)
    section.spot(START)
    assert section.spot(FOCUSED) == first


def _measuring(section: Section, seed: int) -> Callable[[Sequence[float]], float]:
    """Sizes as the screen gives them: noise in both planes, three shots averaged."""
    random = np.random.default_rng(seed)

    def measured(k1: Sequence[float]) -> float:
        spot = section.spot(Magnets((float(k1[0]), float(k1[1]), float(k1[2]))))
        x, y = 1 + MEASUREMENT_NOISE / np.sqrt(3) * random.standard_normal(2)
        return replace(spot, size_x=spot.size_x * x, size_y=spot.size_y * y).size

    return measured
