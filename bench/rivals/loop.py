"""The bare loop: a generator of Xopt with pyepics put and get, no record, no checks, nobody watching.

`python -m bench.rivals.loop PREFIX [GENERATOR]`: each line on stdin is a number of evaluations to make, with `random`
behind it of random points; each answer on stdout is `done`. On SIGINT it puts the setpoints back in reverse, as a
careful script does, and ends.
"""

import sys
import threading
from typing import Any

from bench.ioc import OBSERVABLES, RANGE, VARIABLES
from bench.rivals.channels import connect

FRESH_S = 5.0


class Loop:
    """Three setpoints, five observables of which each evaluation takes one fresh update."""

    def __init__(self, prefix: str, generator: str) -> None:
        self.setpoints = connect([prefix + name for name in VARIABLES], auto_monitor=False)
        self.readbacks = connect([f"{prefix}{name}:RBV" for name in VARIABLES], auto_monitor=False)
        self._arrived = threading.Condition()
        self._fresh: dict[str, float] = {}
        self.observables = connect([prefix + name for name in OBSERVABLES], auto_monitor=True, callback=self._update)
        self.prefix = prefix
        self.generator = _generator(generator)
        self.start = {name: pv.get() for name, pv in self.setpoints.items()}

    def run(self, count: int, first: Any = None) -> None:
        """With `first` its points are taken, without learning from them less."""
        for _ in range(count):
            point = {name: float(value) for name, value in (first or self.generator).suggest(1)[0].items()}
            self.set(point)
            self.generator.ingest([point | self.measure()])

    def set(self, point: dict[str, float]) -> None:
        for name, value in point.items():
            self.setpoints[self.prefix + name].put(value, wait=True)
        for pv in self.readbacks.values():
            pv.get(use_monitor=False)

    def measure(self) -> dict[str, float]:
        with self._arrived:
            self._fresh.clear()
            if not self._arrived.wait_for(lambda: len(self._fresh) == len(OBSERVABLES), FRESH_S):
                raise TimeoutError("no fresh values")
            return {name.removeprefix(self.prefix): value for name, value in self._fresh.items()}

    def put_back(self) -> None:
        for name in reversed(self.start):
            self.setpoints[name].put(self.start[name], wait=True)

    def _update(self, pvname: str, value: float, **_: Any) -> None:
        with self._arrived:
            self._fresh[pvname] = value
            self._arrived.notify()


def _generator(name: str) -> Any:
    import torch
    from gest_api.vocs import VOCS
    from xopt.generators import get_generator

    torch.set_num_threads(1)
    vocs = VOCS(
        variables={name: [-RANGE, RANGE] for name in VARIABLES},
        objectives={"O1": "MINIMIZE"},
        constraints={"O2": ["LESS_THAN", 1000]},
        observables=[name for name in OBSERVABLES if name not in ("O1", "O2")],
    )
    return get_generator(name)(vocs=vocs)


def main(words: list[str]) -> int:
    loop = Loop(words[0], words[1] if len(words) > 1 else "random")
    _say("ready")
    try:
        for line in sys.stdin:
            count, _, how = line.strip().partition(" ")
            loop.run(int(count), _generator("random") if how == "random" else None)
            _say("done")
    except KeyboardInterrupt:
        loop.put_back()
    return 0


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
