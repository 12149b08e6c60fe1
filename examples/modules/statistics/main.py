"""Mean, spread and trend of a list of numbers, without its outliers. Needs NumPy."""

import json

import numpy as np
import xopt
from xopt.models import Module

outlier_sigmas = xopt.client().tunable(
    "outlier_sigmas", "Robust sigmas from the median beyond which a value is left out"
)

SIGMAS_OF_MEDIAN_DEVIATION = 1.4826  # of a normal distribution


def numbers_of(given):
    """A list, a mapping with `values`, or text: JSON, or numbers between commas or spaces."""
    if isinstance(given, str):
        text = given.strip()
        given = json.loads(text) if text.startswith(("[", "{")) else text.replace(",", " ").split()
    if isinstance(given, dict):
        given = given.get("values", [])
    values = np.asarray(given, dtype=float)
    if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():
        raise ValueError("give at least two finite numbers")
    return values


def without_outliers(values):
    deviation = np.abs(values - np.median(values))
    spread = SIGMAS_OF_MEDIAN_DEVIATION * np.median(deviation)
    return values[deviation <= float(outlier_sigmas()) * spread] if spread > 0 else values


@xopt.step
def summarise(given):
    """Mean, its standard error, and the slope per value of a straight line."""
    values = numbers_of(given)
    kept = without_outliers(values)
    slope = np.polyfit(np.arange(kept.size), kept, 1)[0] if kept.size > 1 else 0.0
    return {
        "count": int(values.size),
        "outliers": int(values.size - kept.size),
        "mean": float(kept.mean()),
        "error": float(kept.std(ddof=1) / np.sqrt(kept.size)) if kept.size > 1 else 0.0,
        "slope": float(slope),
    }


@xopt.module
def statistics() -> Module:
    module = Module(
        name="examples/statistics",
        version="1.0.0",
        description="Mean, spread and trend of a list of numbers.",
        long_description="Mean, standard error and slope of numbers, as a list or as text, without outliers.",
        tunables=[outlier_sigmas],
    )
    module.register("summarise", summarise, str, dict)
    module.set_start_step("summarise")
    return module


xopt.register(statistics)
