"""Calls that wait for the CA library's callback."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from controls.connectors.base import Interrupt, Interrupted

SLICE_S = 0.01  # an interrupt is asked this often
CallbackArgs = Any  # controls.connectors.libca.EventArgs


class Answer:
    """What will come back from one call. A bare lock wakes its waiter faster than an Event does."""

    __slots__ = ("_arrived", "content", "decode", "number", "status")

    def __init__(self, number: int, decode: Callable[[CallbackArgs], Any] | None) -> None:
        self.number = number
        self.decode = decode
        self.status = 0
        self.content: Any = None
        self._arrived = threading.Lock()
        self._arrived.acquire()

    def fill(self, arguments: CallbackArgs, ok: int) -> None:
        """Called by the library's thread, while the memory of `arguments` is valid."""
        try:
            if arguments.status == ok and self.decode is not None:
                self.content = self.decode(arguments)
            self.status = arguments.status
        finally:
            self._arrived.release()

    def wait(self, deadline: float, interrupt: Interrupt | None) -> bool:
        """Whether it has come before `deadline` (monotonic seconds). Raises Interrupted."""
        while True:
            left = deadline - time.monotonic()
            if self._arrived.acquire(timeout=max(min(left, SLICE_S), 0.0)):
                return True
            if interrupt is not None and interrupt():
                raise Interrupted
            if left <= 0:
                return False


class Answers:
    """The calls of one connector that still wait. An answer that comes after its caller left is dropped."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Answer] = {}

    def expect(self, decode: Callable[[CallbackArgs], Any] | None = None) -> Answer:
        answer = Answer(next(self._numbers), decode)
        self._waiting[answer.number] = answer
        return answer

    def forget(self, answer: Answer) -> None:
        self._waiting.pop(answer.number, None)

    def arrived(self, arguments: CallbackArgs, ok: int) -> None:
        answer = self._waiting.pop(arguments.usr, None)
        if answer is not None:
            answer.fill(arguments, ok)
