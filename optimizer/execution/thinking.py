"""The thread in which a generator computes, so that a stop need not wait for it."""

import ctypes
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from controls.connectors.base import Interrupt, Interrupted

T = TypeVar("T")
TURN_S = 0.0005  # how long a generator may compute while another thread wants to; Python's own 5 ms delay a stop


class GivenUp(BaseException):
    """Thrown into a computation whose result nobody waits for any more."""


class Thinker:
    """Runs calls one after the other, until one was given up: after that there are no more."""

    def __init__(self) -> None:
        sys.setswitchinterval(TURN_S)
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], T], interrupt: Interrupt) -> T:
        """The function's result.

        Raises:
            Interrupted: the interrupt came first. The computation ends at its next step in Python.
        """
        future: Future[T] = Future()
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        self._calls.put((function, future))
        while not done.wait(0.01):
            if interrupt():
                self._give_up()
                raise Interrupted("stopped while the generator computed")
        return future.result()

    def close(self) -> None:
        self._calls.put(None)

    def _give_up(self) -> None:
        """It would compete with the way back for the processor."""
        thread = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(GivenUp))

    def _run(self) -> None:
        with suppress(GivenUp):
            while (call := self._calls.get()) is not None:
                function, future = call
                try:
                    future.set_result(function())
                except BaseException as error:  # noqa: BLE001 - the caller's thread gets it
                    future.set_exception(error)
