"""The day's history of one channel."""

import math

from controls.monitor.ring import Ring, thin


def test_samples_come_back_in_order_also_when_the_oldest_were_overwritten() -> None:
    ring = Ring(seconds=4)
    for second in range(10):
        ring.add(1000.0 + second, float(second))
    assert ring.since(0) == [(1006, 6.0), (1007, 7.0), (1008, 8.0), (1009, 9.0)]
    assert ring.since(1008) == [(1008, 8.0), (1009, 9.0)]


def test_a_second_sample_in_the_same_second_is_left_out() -> None:
    ring = Ring(seconds=4)
    ring.add(1000.1, 1.0)
    ring.add(1000.9, 2.0)
    assert ring.since(0) == [(1000, 1.0)]


def test_thinning_keeps_the_extremes_and_shows_gaps() -> None:
    samples = [(second, 0.0) for second in range(1000)]
    samples[333] = (333, 9.0)
    samples[666] = (666, math.nan)
    thinned = thin(samples, 100)
    assert len(thinned) <= 101
    assert (333, 9.0) in thinned
    assert any(math.isnan(value) for _, value in thinned)
    assert thinned == sorted(thinned, key=lambda sample: sample[0])


def test_few_samples_stay_as_they_are() -> None:
    assert thin([(1, 1.0), (2, 2.0)], 100) == [(1, 1.0), (2, 2.0)]
