"""Initial points are drawn once, by a recorded seed."""

import pytest

from optimizer.generators.design import latin_hypercube, uniform

RANGES = {"a": (-1.0, 1.0), "b": (100.0, 101.0)}


def test_a_latin_hypercube_has_one_point_in_every_stratum() -> None:
    rows = latin_hypercube(RANGES, 10, seed=4)
    for name, (low, high) in RANGES.items():
        assert sorted(int(10 * (row[name] - low) / (high - low)) for row in rows) == list(range(10))


@pytest.mark.parametrize("draw", [latin_hypercube, uniform])
def test_the_seed_decides_and_every_point_is_inside(draw: object) -> None:
    assert callable(draw)
    assert draw(RANGES, 7, 1) == draw(RANGES, 7, 1) != draw(RANGES, 7, 2)
    assert all(RANGES[name][0] <= row[name] <= RANGES[name][1] for row in draw(RANGES, 50, 3) for name in RANGES)
    assert draw(RANGES, 0, 1) == []
