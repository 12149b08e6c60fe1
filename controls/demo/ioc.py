"""The demo IOC of this process: records and simulation, served by softioc until it is told to end.

Importing this module loads EPICS: the environment must be set before.
"""

import asyncio
import json
import logging
import os
import signal
import threading
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from softioc import builder, softioc
from softioc.asyncio_dispatcher import AsyncioDispatcher

from controls.demo import answering, names, putlog
from controls.demo.faults import Faults
from controls.demo.records import Records
from controls.demo.simulation import Simulation

ANSWERS_WITHIN_S = 5.0
LOOKS_FOR_PARENT_S = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """How this IOC is to run."""

    port: int
    prefix: str = ""
    rate_hz: float = 10.0
    drift: float = 0.0
    seed: int | None = None
    put_log: Path | None = None
    ready_file: Path | None = None
    with_parent: bool = False


def serve(options: Options) -> int:
    """Serve until SIGTERM or SIGINT, and give the process's exit status. Once in a process, from its main thread.

    Raises:
        RuntimeError: something else has the port.
        TimeoutError: the IOC does not answer.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    records = Records(options.prefix, Faults(drift=options.drift))
    if options.put_log:
        putlog.start(options.put_log)
    builder.LoadDatabase()
    dispatcher = AsyncioDispatcher()
    softioc.iocInit(dispatcher, enable_pva=False)
    simulation = Simulation(records, options.rate_hz, np.random.default_rng(options.seed))
    running = asyncio.run_coroutine_threadsafe(simulation.run(), dispatcher.loop)
    running.add_done_callback(lambda _: stopping.set())
    _announce(options)
    _wait(stopping, options.with_parent)
    status = _end(running)
    dispatcher.close()
    return status


def _announce(options: Options) -> None:
    """Write the ready file, all at once, when the IOC answers."""
    port = answering.tcp_port(options.port, options.prefix + names.SIZE, ANSWERS_WITHIN_S)
    if port != options.port:
        raise RuntimeError(f"port {options.port} was taken by something else")
    log.info("serving %s* at 127.0.0.1:%d", options.prefix, port)
    if options.ready_file:
        ready = {"port": port, "pid": os.getpid(), "prefix": options.prefix}
        draft = options.ready_file.with_name(f".{options.ready_file.name}.{os.getpid()}")
        draft.write_text(json.dumps(ready), encoding="utf-8")
        draft.replace(options.ready_file)


def _wait(stopping: threading.Event, with_parent: bool) -> None:
    parent = os.getppid()
    while not stopping.wait(LOOKS_FOR_PARENT_S):
        if with_parent and os.getppid() != parent:
            log.warning("the process that started this IOC is gone")
            return


def _end(running: "Future[None]") -> int:
    """Stop the simulation. It never ends by itself: where it did, its error is logged and the status is 1."""
    running.cancel()
    try:
        running.result()
    except CancelledError:
        return 0
    except Exception:
        log.exception("the simulation failed")
    return 1
