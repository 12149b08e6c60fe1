"""From samples of one observable to a value and its standard error."""

import math
import statistics as standard
from collections.abc import Callable, Sequence

MEDIAN_EFFICIENCY = math.sqrt(math.pi / 2)  # standard error of the median of a normal sample, over that of the mean


def _standard_error(samples: Sequence[float]) -> float | None:
    if len(samples) < 2:
        return None
    return standard.stdev(samples) / math.sqrt(len(samples))


def _mean(samples: Sequence[float]) -> tuple[float, float | None]:
    return math.fsum(samples) / len(samples), _standard_error(samples)


def _median(samples: Sequence[float]) -> tuple[float, float | None]:
    error = _standard_error(samples)
    return standard.median(samples), None if error is None else MEDIAN_EFFICIENCY * error


def _min(samples: Sequence[float]) -> tuple[float, float | None]:
    return min(samples), None


def _max(samples: Sequence[float]) -> tuple[float, float | None]:
    return max(samples), None


def _std(samples: Sequence[float]) -> tuple[float, float | None]:
    if len(samples) < 2:
        raise ValueError("a standard deviation needs at least two samples")
    deviation = standard.stdev(samples)
    return deviation, deviation / math.sqrt(2 * (len(samples) - 1))


def _last(samples: Sequence[float]) -> tuple[float, float | None]:
    return samples[-1], None


STATISTICS: dict[str, Callable[[Sequence[float]], tuple[float, float | None]]] = {
    "mean": _mean,
    "median": _median,
    "min": _min,
    "max": _max,
    "std": _std,
    "last": _last,
}


def reduce(samples: Sequence[float], statistic: str) -> tuple[float, float | None]:
    """Value and standard error (None where it is not known) of samples in the order they came.

    A sample that is not finite makes the value NaN: a measurement with a hole is no measurement.

    Raises:
        ValueError: no samples, too few for the statistic, or an unknown statistic.
    """
    if not samples:
        raise ValueError("there are no samples")
    if statistic not in STATISTICS:
        raise ValueError(f"there is no statistic “{statistic}”")
    if not all(math.isfinite(sample) for sample in samples):
        return math.nan, None
    return STATISTICS[statistic]([float(sample) for sample in samples])
