"""Which point comes next: the present values, the rows drawn beforehand, then the generator's."""

from controls.connectors.base import Interrupt
from optimizer.configuration import Configuration
from optimizer.execution.thinking import Thinker
from optimizer.generators.base import Engine, Row
from optimizer.models import Evaluation

Source = Evaluation.Source


class Points:
    """`told` rows decide where in the order of points an execution is, also after a crash. `note` says what is unusual
    about the last one, empty otherwise: that the generator had to do without its model, for example.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._thinker = Thinker()
        self._told = 0
        self.note = ""

    def prepare(self, recorded: list[Row], interrupt: Interrupt) -> None:
        """Build the generator and replay what was recorded.

        Raises:
            Interrupted: the interrupt came first.
            GeneratorFailed, ValueError: the generator can't be built from the approved configuration.
        """
        self._engine: Engine = self._thinker.call(lambda: self._build(recorded), interrupt)
        self._told = len(recorded)

    def next(self, interrupt: Interrupt) -> tuple[dict[str, float], Evaluation.Source]:
        """The next setpoints and where they come from.

        Raises:
            Interrupted: the interrupt came first.
            GeneratorFailed: the generator has no further point.
        """
        first, self.note = self._first(), ""
        if self._told < len(first):
            return first[self._told]
        point = self._thinker.call(self._engine.ask, interrupt)
        self.note = self._engine.note
        return point, Source.GENERATOR

    def tell(self, row: Row, interrupt: Interrupt) -> None:
        self._thinker.call(lambda: self._engine.tell([row]), interrupt)
        self._told += 1

    def close(self) -> None:
        self._thinker.close()

    def _build(self, recorded: list[Row]) -> Engine:
        from optimizer.generators.registry import build

        engine = build(self._configuration)
        engine.replay(recorded)
        return engine

    def _first(self) -> list[tuple[dict[str, float], Evaluation.Source]]:
        initial = self._configuration.initial
        points = [(self._configuration.start, Source.CURRENT)] if initial.current else []
        return points + [(row, Source.INITIAL) for row in initial.rows]
