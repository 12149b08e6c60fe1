"""Which process serves which run, and when one is not kept."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modules.runner import Grants, Limits, Pool, Spec
from tests.modules.real import World
from tests.processes import wait_until

Make = Callable[..., Spec]
PROCESS = "import uuid\nm.mark = getattr(m, 'mark', None) or uuid.uuid4().hex\nreturn m.mark"


def test_a_warm_process_serves_the_next_run(module: Make, pool: Pool, world: World) -> None:
    spec = module(PROCESS)
    assert len({pool.run(spec, None, world).output for _ in range(5)}) == 1
    assert pool.warm == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"grants": Grants(network=True)}, {"configurables": {"a": 1}}, {"limits": Limits(seconds=5)},
        {"digest": "another"}, {"version": "2.0.0"}, {"callable_modules": {"a/b": {}}},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_another_version_or_grant_or_configuration_has_another_process(
    module: Make, pool: Pool, world: World, changed: dict[str, object]
) -> None:
    spec = module(PROCESS)
    first = pool.run(spec, None, world).output
    assert pool.run(replace(spec, **changed), None, world).output != first  # type: ignore[arg-type]
    assert pool.run(spec, None, world).output == first


def test_runs_at_the_same_time_have_a_process_each(module: Make, pool: Pool) -> None:
    """None is listened to until all three have begun."""
    all_three = threading.Barrier(3, timeout=60)

    class Together(World):
        def progress(self, fraction: float | None, text: str) -> None:
            all_three.wait()

    spec = module("xopt.progress(0.5, 'begun')\n" + PROCESS)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(pool.run(spec, None, Together()).output)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 3
    assert pool.warm == 3


def test_a_process_is_not_used_for_ever(module: Make, world: World) -> None:
    pool = Pool(uses=2)
    outputs = [pool.run(module_spec, None, world).output for module_spec in [module(PROCESS)] * 4]
    pool.close()
    assert outputs[0] == outputs[1] != outputs[2] == outputs[3]


def test_a_process_that_grew_is_not_kept(module: Make, pool: Pool, world: World) -> None:
    spec = module("m.kept = bytearray(b'x') * 60_000_000\nreturn 1", limits=Limits(memory_mb=100))
    assert pool.run(spec, None, world).output == 1
    assert pool.warm == 0


def test_a_process_that_rests_too_long_is_retired(module: Make, world: World) -> None:
    pool = Pool(idle_s=0.2)
    spec = module("import os\nreturn os.getcwd()")
    scratch = Path(pool.run(spec, None, world).output)
    wait_until(lambda: pool.warm == 0 and not scratch.exists(), 10, what="retirement")
    assert pool.run(spec, None, world).state == "succeeded"
    pool.close()


def test_only_so_many_rest(module: Make, world: World) -> None:
    pool = Pool(most=2)
    for number in range(4):
        pool.run(module(PROCESS, digest=str(number)), None, world)
    assert pool.warm == 2
    pool.close()


def test_a_process_that_died_while_it_rested_is_replaced(module: Make, pool: Pool, world: World) -> None:
    spec = module(PROCESS)
    first = pool.run(spec, None, world).output
    (resting,) = pool._idle
    os.killpg(resting.pid, signal.SIGKILL)
    wait_until(lambda: not resting.alive(), 10, what="its death")
    assert pool.run(spec, None, world).output != first


def test_an_error_of_the_host_reaches_its_caller_and_costs_the_process(module: Make, pool: Pool) -> None:
    class Broken(World):
        def progress(self, fraction: float | None, text: str) -> None:
            raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="database is gone"):
        pool.run(module("xopt.progress(1)\nreturn 1"), None, Broken())
    assert pool.warm == 0


def test_a_thousand_runs_use_no_more_descriptors_and_no_more_memory(module: Make, pool: Pool, world: World) -> None:
    spec = module("return given")
    pool.run(spec, 0, world)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(1000):
        assert pool.run(spec, number, world).output == number
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1
