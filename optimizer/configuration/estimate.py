"""About how long an execution takes."""

import math

from optimizer.configuration.schema import Configuration
from optimizer.generators.catalogue import effective, entry

PUT_S = 0.01  # one put with its checks, its durable intent and its readback
UPDATE_S = 0.1  # between two updates of an observable, where no baseline told it
RANDOM_MOVE = 0.5  # the longest of several variables' ways between two random points, as a fraction of its range
LEARNING_MOVE = 0.25  # generators that learn stay closer to what was good


def evaluation_s(configuration: Configuration) -> float:
    """Seconds one evaluation takes: suggestion, ramps with settling, measurement."""
    return suggestion_s(configuration) + moving_s(configuration) + measuring_s(configuration)


def total_s(configuration: Configuration) -> float:
    """Seconds the whole execution takes, confirming measurements included, but not more than is allowed."""
    measurements = configuration.confirmations * measuring_s(configuration) if configuration.end == "best" else 0.0
    return min(configuration.evaluations * evaluation_s(configuration) + measurements, configuration.seconds)


def suggestion_s(configuration: Configuration) -> float:
    """Generators that model noise think; the others do not take time that matters."""
    if not entry(configuration.generator).noise:
        return 0.0
    options = effective(configuration.generator, configuration.options)
    search = float(options.get("numerical_optimizer.max_time") or 1.0)
    return search if configuration.constraints else search / 2


def moving_s(configuration: Configuration) -> float:
    """All channels take a step, then all settle, until the one with the most steps has arrived."""
    variables = configuration.variables.values()
    fraction = RANDOM_MOVE if entry(configuration.generator).explores else LEARNING_MOVE
    steps = max((math.ceil(fraction * (each.high - each.low) / each.max_step) for each in variables), default=1)
    settling = max((each.settle_s for each in variables), default=0.0)
    return max(steps, 1) * (settling + PUT_S * len(configuration.variables))


def measuring_s(configuration: Configuration) -> float:
    """Observables are measured at the same time; the slowest decides."""
    baseline = configuration.baseline
    update = baseline.took_s / baseline.samples if baseline is not None and baseline.took_s > 0 else UPDATE_S
    return max((measured.samples for measured in configuration.observables.values()), default=1) * update
