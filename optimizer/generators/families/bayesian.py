"""Bayesian optimisation: a model of objective and constraints proposes the next point."""

import math
from collections.abc import Mapping
from typing import Any

from optimizer.configuration import Configuration
from optimizer.generators.base import Engine, Row
from optimizer.generators.catalogue import effective
from optimizer.generators.options import Option
from optimizer.generators.registry import Family, register
from optimizer.words import plural

FEWEST = 2  # measurements below which there is no model to speak of
SHOWN = (
    "numerical_optimizer.max_time",
    "numerical_optimizer.n_restarts",
    "numerical_optimizer.max_iter",
    "n_monte_carlo_samples",
    "gp_constructor.use_low_noise_prior",
    "gp_constructor.train_config.timeout",
)
# A suggestion takes about a second at most on one thread, whatever the number of evaluations.
CONTROL_ROOM: dict[str, dict[str, Any]] = {
    "beta": {"minimum": 0.0, "maximum": 1000.0, "description": "Weight of what is unknown; larger explores more."},
    "numerical_optimizer.max_time": {
        "default": 1.0, "nullable": False, "maximum": 60.0,
        "description": "Time to search for the next point, in seconds.",
    },
    "numerical_optimizer.n_restarts": {"default": 10, "maximum": 200, "description": "Starts of that search."},
    "numerical_optimizer.max_iter": {"default": 100, "maximum": 10_000, "description": "Steps of each start."},
    "n_monte_carlo_samples": {
        "default": 64, "minimum": 1, "maximum": 4096,
        "description": "Samples of the model where there are constraints.",
    },
    "gp_constructor.use_low_noise_prior": {"description": "Expect measurements with little noise."},
    "gp_constructor.train_config.timeout": {
        "default": 0.5, "nullable": False, "exclusive_minimum": 0.0, "maximum": 60.0,
        "description": "Time to fit the model of each measured quantity, in seconds.",
    },
}  # fmt: skip


def nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names to dictionaries in dictionaries."""
    result: dict[str, Any] = {}
    for name, value in options.items():
        *path, last = name.split(".")
        level = result
        for part in path:
            level = level.setdefault(part, {})
        level[last] = value
    return result


def _one_thread() -> None:
    """Two threads were seen to need thirty times longer at worst than one."""
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


def _generator(name: str, configuration: Configuration, options: Mapping[str, Any]) -> Any:
    """Xopt's generator with our options as objects; nothing is parsed, loaded or imported from them."""
    from xopt.generators import get_generator
    from xopt.generators.bayesian.models.standard import LBFGSNumericalOptimizerConfig, StandardModelConstructor
    from xopt.numerical_optimizer import LBFGSOptimizer

    from optimizer.generators import vocs

    tree = nested(options)
    model = tree.pop("gp_constructor", {})
    training = LBFGSNumericalOptimizerConfig(**model.pop("train_config", {}))
    return get_generator(name)(
        vocs=vocs.problem(configuration),
        gp_constructor=StandardModelConstructor(train_config=training, **model),
        numerical_optimizer=LBFGSOptimizer(**tree.pop("numerical_optimizer", {})),
        **tree,
    )


class BayesianEngine(Engine):
    """Tells the model every measurement that succeeded, in order; the same rows and seed suggest the same point, as
    long as the time limits are not reached."""

    def __init__(self, configuration: Configuration) -> None:
        from xopt.generators import get_generator

        super().__init__(configuration)
        _one_thread()
        get_generator(configuration.generator)  # imports the models now, not while the first point is waited for
        self._rows: list[Row] = []
        self._asked = 0

    def _learn(self, row: Row, asked: bool) -> None:
        self._asked += asked
        if row.ok:
            self._rows.append(row)

    def _usable(self) -> list[Row]:
        """Rows whose objective and constraints are all finite."""
        wanted = [self.configuration.objective.name, *self.configuration.constraints]
        return [row for row in self._rows if all(math.isfinite(row.outputs.get(name, math.nan)) for name in wanted)]

    def _suggest(self) -> Mapping[str, float]:
        rows = self._usable()
        if len(rows) < FEWEST:
            self.note = f"random point: {plural(len(rows), 'measurement')}, too few for a model"
            return self._random()
        return self._from_model(self._name(rows), rows)

    def _name(self, rows: list[Row]) -> str:
        return self.configuration.generator

    def _random(self) -> Mapping[str, float]:
        from xopt.vocs import random_inputs

        from optimizer.generators import vocs

        seed: Any = [self.configuration.seed, self._asked, len(self._rows)]
        problem = vocs.problem(self.configuration, constrained=False)
        point: Mapping[str, float] = random_inputs(problem, include_constants=False, seed=seed)[0]
        return point

    def _options(self, name: str, rows: list[Row]) -> dict[str, Any]:
        given = self.configuration.options if name == self.configuration.generator else {}
        return effective(name, given)

    def _from_model(self, name: str, rows: list[Row]) -> Mapping[str, float]:
        import torch

        from optimizer.generators import vocs

        _one_thread()
        generator = _generator(name, self.configuration, self._options(name, rows))
        generator.ingest(vocs.table(rows, self.configuration))
        torch.manual_seed(self.configuration.seed + len(rows))
        point: Mapping[str, float] = generator.suggest(1)[0]
        return point


class UpperConfidenceBoundEngine(BayesianEngine):
    """With constraints the acquisition must be positive, or infeasible regions look best: unless a shift is given, it
    is taken from the spread of the measurements."""

    def _options(self, name: str, rows: list[Row]) -> dict[str, Any]:
        options = super()._options(name, rows)
        if options.get("shift") is None:
            options["shift"] = shift(rows, self.configuration) if self.configuration.constraints else 0.0
        return options


def shift(rows: list[Row], configuration: Configuration) -> float:
    """An offset that makes the objective, read as to be maximised, positive near all that was measured."""
    sign = -1.0 if configuration.objective.direction == "minimize" else 1.0
    values = [sign * row.outputs[configuration.objective.name] for row in rows]
    return max(0.0, -min(values)) + (max(values) - min(values))


class ExpectedImprovementEngine(UpperConfidenceBoundEngine):
    """Improvement is only defined once a measurement was feasible; until then the confidence bound searches."""

    def _name(self, rows: list[Row]) -> str:
        if any(self.configuration.feasible(dict(row.outputs)) for row in rows):
            return self.configuration.generator
        self.note = "no evaluation is feasible yet: searching with upper_confidence_bound"
        return "upper_confidence_bound"

    def _options(self, name: str, rows: list[Row]) -> dict[str, Any]:
        if name == self.configuration.generator:
            return BayesianEngine._options(self, name, rows)
        return super()._options(name, rows)


SHIFT = Option(
    name="shift",
    type="number",
    default=None,
    upstream=0.0,
    nullable=True,
    description="Offset of the acquisition where there are constraints; empty: from the spread of the measurements.",
)

register(
    Family(
        "expected_improvement",
        "Expected improvement",
        ExpectedImprovementEngine,
        summary="Bayesian optimisation: sets the point that promises the largest improvement. Handles noise and "
        "constraints.",
        shown=SHOWN,
        adjust=CONTROL_ROOM,
    )
)
register(
    Family(
        "upper_confidence_bound",
        "Upper confidence bound",
        UpperConfidenceBoundEngine,
        summary="Bayesian optimisation that weighs unknown regions by beta. Handles noise and constraints.",
        shown=("beta", *SHOWN),
        adjust=CONTROL_ROOM,
        own=(SHIFT,),
    )
)
