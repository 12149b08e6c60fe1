"""Uniformly random points, reproducible by their seed."""

from collections.abc import Mapping

from optimizer.configuration import Configuration
from optimizer.generators.base import Row, Sequence
from optimizer.generators.registry import Family, register


class RandomEngine(Sequence):
    """Xopt's random inputs; point `n` depends on the configuration's seed and on `n` alone."""

    def __init__(self, configuration: Configuration) -> None:
        from xopt.vocs import random_inputs

        from optimizer.generators import vocs

        super().__init__(configuration)
        self._draw = random_inputs
        self._vocs = vocs.problem(configuration)
        self._number = 0

    def _suggest(self) -> Mapping[str, float]:
        seed = [self.configuration.seed, self._number]
        point: Mapping[str, float] = self._draw(self._vocs, include_constants=False, seed=seed)[0]
        return point

    def _learn(self, row: Row, asked: bool) -> None:
        if asked:
            self._number += 1


register(
    Family(
        "random",
        "Random",
        RandomEngine,
        summary="Uniformly random points. Explores without learning.",
        explores=True,
    )
)
