"""Points spread evenly over the ranges: a Latin hypercube, reproducible by its seed."""

from collections.abc import Mapping

from optimizer.configuration import Configuration
from optimizer.generators.base import Row, Sequence
from optimizer.generators.catalogue import effective
from optimizer.generators.options import Option
from optimizer.generators.registry import Family, register

OPTIMIZATION = Option(
    name="optimization",
    type="choice",
    choices=["random-cd", "lloyd"],
    default="random-cd",
    upstream="random-cd",
    nullable=True,
    description="How the spread of the points is improved after drawing them; see SciPy's LatinHypercube.",
)


class LatinHypercubeEngine(Sequence):
    """Xopt's design over all evaluations that are left after the initial points."""

    def __init__(self, configuration: Configuration) -> None:
        from xopt.generators import get_generator

        from optimizer.generators import vocs

        super().__init__(configuration)
        self._generator = get_generator("latin_hypercube")(
            vocs=vocs.exploration(configuration),
            batch_size=max(configuration.evaluations - configuration.first_points, 2),
            seed=configuration.seed,
            **effective(configuration.generator, configuration.options),
        )

    def _suggest(self) -> Mapping[str, float]:
        point: Mapping[str, float] = self._generator.suggest(1)[0]
        return point

    def _learn(self, row: Row, asked: bool) -> None:
        """A design does not learn; what was asked for is taken off by having been suggested."""


register(
    Family(
        "latin_hypercube",
        "Latin hypercube",
        LatinHypercubeEngine,
        summary="Spreads the evaluations evenly over the ranges. Maps an unknown region.",
        shown=("scramble",),
        adjust={
            "scramble": {"nullable": False, "description": "Place points at random within their cells, not centred."}
        },
        own=(OPTIMIZATION,),
        explores=True,
    )
)
