"""Answering what other processes ask the monitor."""

import json
import logging
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, cast

from redis import RedisError

from controls.connectors.base import Connector, ConnectorError, Interrupted
from controls.monitor.broker import broker
from controls.monitor.collecting import TooFew, collect
from controls.monitor.ring import thin
from controls.monitor.watched import Watched, WatchList
from controls.monitor.wire import REPLY_KEPT_S, Latest, Request, reply_key, requests_key

log = logging.getLogger(__name__)

AT_ONCE = 8
LISTEN_S = 0.5
OUTAGE_PAUSE_S = 0.5
SHORTEST_READ_S = 0.02


class UnknownAddress(Exception):
    """The address is not one of the machine's."""


class Answering(threading.Thread):
    """Takes requests from the broker's list; several are answered at once, each in a thread of the pool."""

    def __init__(self, slug: str, watched: WatchList, reload: Callable[[], None], stop: threading.Event) -> None:
        super().__init__(name="answering", daemon=True)
        self._slug = slug
        self._watched = watched
        self._connector: Connector = watched.connector
        self._reload = reload
        self._stop_event = stop
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="answer")

    def run(self) -> None:
        while not self._stop_event.is_set():
            try:
                taken = cast(Any, broker().blpop([requests_key(self._slug)], timeout=LISTEN_S))
            except RedisError:
                self._stop_event.wait(OUTAGE_PAUSE_S)
                continue
            if taken is not None:
                self._pool.submit(self._serve, taken[1])

    def close(self) -> None:
        """Answer no more; what is being gathered notices the stop."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _serve(self, raw: str) -> None:
        try:
            request = Request.from_json(raw)
            self._reply(request.number, self._answer(request))
        except Exception:
            log.exception("a request was not answered: %.200s", raw)

    def _answer(self, request: Request) -> dict[str, Any]:
        """The reply: its content, or the problem."""
        answers = {"read": self._read, "collect": self._collect, "history": self._history}
        try:
            return {"content": answers[request.kind](request)}
        except UnknownAddress as error:
            return _problem("unknown_address", f"{error} is no address of this machine.")
        except TooFew as error:
            return _problem("too_few_values", f"Too few fresh values in {request.timeout_s:g} s: {error}.")
        except ConnectorError as error:
            return _problem(error.code, f"{error.message}.")
        except Interrupted:
            return _problem("monitor_silent", "The monitor is ending.")

    def _read(self, request: Request) -> dict[str, Any]:
        deadline = time.monotonic() + request.timeout_s
        content = {}
        for address in request.arguments["addresses"]:
            watched = self._known(address)
            content[address] = asdict(self._read_one(watched, max(deadline - time.monotonic(), SHORTEST_READ_S)))
        return content

    def _read_one(self, watched: Watched, timeout_s: float) -> Latest:
        try:
            reading = self._connector.read(watched.address, timeout_s, self._stop_event.is_set)
        except ConnectorError as error:
            log.debug("read: %s", error.message)
            return Latest()
        return self._watched.latest(watched, reading)

    def _collect(self, request: Request) -> dict[str, Any]:
        samples: dict[str, int] = request.arguments["samples"]
        for address in samples:
            self._known(address)
        values = collect(self._connector, samples, request.timeout_s, self._stop_event.is_set)
        return {address: [_number(value) for value in some] for address, some in values.items()}

    def _history(self, request: Request) -> dict[str, Any]:
        watched = self._known(request.arguments["address"])
        samples = watched.ring.since(time.time() - request.arguments["seconds"])
        thinned = thin(samples, request.arguments["points"])
        return {"samples": [(moment, _number(value)) for moment, value in thinned]}

    def _known(self, address: str) -> Watched:
        watched = self._watched.get(address)
        if watched is None:
            self._reload()  # it may have been added a moment ago
            watched = self._watched.get(address)
        if watched is None:
            raise UnknownAddress(address)
        return watched

    def _reply(self, number: str, reply: dict[str, Any]) -> None:
        pipeline = broker().pipeline(transaction=True)
        pipeline.rpush(reply_key(number), json.dumps(reply))
        pipeline.expire(reply_key(number), REPLY_KEPT_S)
        pipeline.execute()


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _problem(code: str, message: str) -> dict[str, Any]:
    return {"problem": {"code": code, "message": message}}
