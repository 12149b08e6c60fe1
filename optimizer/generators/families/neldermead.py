"""The Nelder-Mead simplex: a local search that walks downhill from the present values."""

import math
from collections.abc import Iterable, Mapping

from optimizer.configuration import Configuration
from optimizer.generators.base import GeneratorFailed, Row, Sequence
from optimizer.generators.catalogue import effective
from optimizer.generators.options import Option
from optimizer.generators.registry import Family, register

ATTEMPTS = 3  # measurements of one point before the search gives up: a simplex cannot go on without a value

SIMPLEX = Option(
    name="simplex_fraction",
    type="number",
    default=0.25,
    exclusive_minimum=0.0,
    maximum=1.0,
    description="Size of the first simplex, as a fraction of each variable's range.",
)


def initial_simplex(configuration: Configuration, fraction: float) -> dict[str, list[float]]:
    """The start point and, for each variable, the start point moved by `fraction` of its range towards the farther
    end. A start outside the ranges is brought to their edge."""
    variables = configuration.variables
    start = {name: min(max(v.start, v.low), v.high) for name, v in variables.items()}
    simplex = {name: [start[name]] * (len(variables) + 1) for name in variables}
    for number, (name, variable) in enumerate(variables.items(), start=1):
        up = variable.high - start[name] >= start[name] - variable.low
        move = fraction * (variable.high - variable.low) * (1 if up else -1)
        simplex[name][number] = min(max(start[name] + move, variable.low), variable.high)
    return simplex


class NelderMeadEngine(Sequence):
    """Asks the same point again when it could not be measured, and gives up after `ATTEMPTS`."""

    def __init__(self, configuration: Configuration) -> None:
        from xopt.generators import get_generator

        from optimizer.generators import vocs

        super().__init__(configuration)
        options = effective(configuration.generator, configuration.options)
        simplex = initial_simplex(configuration, options.pop("simplex_fraction"))
        self._generator = get_generator("neldermead")(
            vocs=vocs.problem(configuration, constrained=False),
            initial_simplex=simplex,
            initial_point={name: values[0] for name, values in simplex.items()},
            **options,
        )
        self._candidate: dict[str, float] | None = None
        self._failures = 0

    def _suggest(self) -> Mapping[str, float]:
        if self._candidate is None:
            suggested = self._generator.suggest(1)[0]
            self._candidate = {name: float(suggested[name]) for name in self.names}
        if self._failures >= ATTEMPTS:
            where = ", ".join(f"{name} = {value:g}" for name, value in self._candidate.items())
            raise GeneratorFailed(f"neldermead cannot go on: {ATTEMPTS} attempts to measure {where} failed.")
        if self._failures:
            self.note = f"asked again: attempt {self._failures + 1} of {ATTEMPTS} at a point that gave no measurement"
        return self._candidate

    def tell(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if self._failures < ATTEMPTS:
                super().tell([row])

    def _learn(self, row: Row, asked: bool) -> None:
        if not asked or self._candidate is None:
            return
        objective = self.configuration.objective.name
        value = float(row.outputs.get(objective, math.nan)) if row.ok else math.nan
        if not math.isfinite(value):
            self._failures += 1
            return
        self._generator.ingest([{**self._candidate, objective: value}])
        self._candidate, self._failures = None, 0


register(
    Family(
        "neldermead",
        "Nelder-Mead simplex",
        NelderMeadEngine,
        summary="Local search from the present values. Few evaluations, no constraints, sensitive to noise.",
        shown=("adaptive",),
        adjust={"adaptive": {"description": "Suit reflection and contraction to the number of variables."}},
        own=(SIMPLEX,),
    )
)
