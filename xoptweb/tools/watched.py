"""Work that a tool waits for, while it looks whether that is still wanted."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from xoptweb.errors import Conflict
from xoptweb.tools import serving

LOOK_S = 0.1

T = TypeVar("T")


class WantedNoMore(Conflict):
    """Who waited for it has cancelled."""


def watched(work: Callable[[threading.Event], T], name: str, *, leaving: bool = False) -> T:
    """What `work(cancelled)` gives, done in a thread of its own; the event is set when nobody wants it any more.

    The caller's thread looks (`serving.cancelled`), as it has the connection to the database. With `leaving` it does
    not wait until work that was cancelled has ended, which then ends by itself.

    Raises:
        WantedNoMore: it was cancelled and left.
        and whatever `work` raises.
    """
    cancelled = threading.Event()
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work(cancelled))
        except BaseException as error:  # noqa: BLE001 – it is raised again where it is waited for
            done.set_exception(error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        while not wait([done], LOOK_S).done:
            if serving.cancelled():
                cancelled.set()
                if leaving:
                    break
    finally:
        cancelled.set()  # also where the caller itself was interrupted
        if not leaving:
            thread.join()
    if not done.done():
        raise WantedNoMore("It was cancelled.", code="cancelled")
    return done.result()
