"""The thread of the generator: its results, its errors, and what becomes of a computation that is given up."""

import threading
import time

import pytest

from controls.connectors.base import Interrupted
from optimizer.execution.thinking import Thinker
from tests.processes import wait_until


def never() -> bool:
    return False


def generators() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "generator"]


def test_results_and_errors_come_back() -> None:
    thinker = Thinker()
    assert thinker.call(lambda: 6 * 7, never) == 42
    with pytest.raises(ZeroDivisionError):
        thinker.call(lambda: 1 // 0, never)
    assert thinker.call(lambda: "goes on", never) == "goes on"
    thinker.close()
    wait_until(lambda: not generators(), 5)


def test_a_computation_that_is_given_up_ends() -> None:
    thinker = Thinker()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        thinker.call(compute_for_ever, lambda: time.monotonic() - began > 0.1)
    thinker.close()
    wait_until(lambda: not generators(), 5, what="the end of the computation")


def compute_for_ever() -> None:
    number = 0
    while True:
        number += 1
