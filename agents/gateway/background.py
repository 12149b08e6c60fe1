"""An event loop in a thread of its own, in which calls can be cancelled at any moment, whoever waits for them."""

import asyncio
import os
import threading

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def loop() -> asyncio.AbstractEventLoop:
    """This process's loop; it begins with the first call and ends with the process."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="model calls", daemon=True).start()
        return _loop


def _forget() -> None:
    """A forked child has the loop, but not its thread."""
    global _loop, _lock
    _loop, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
