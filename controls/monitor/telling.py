"""Telling other processes the values: the broker's database for all, the live topic for browsers."""

import logging
import math
from typing import Any

from redis import RedisError

from controls.monitor.broker import broker
from controls.monitor.watched import WatchList
from controls.monitor.wire import SILENCE_S, Latest, alive_key, requests_key, values_key
from xoptweb.live.topics import send

log = logging.getLogger(__name__)


class Telling:
    """Keeps going through an outage of the broker, and tells everything anew after it."""

    def __init__(self, slug: str, watched: WatchList) -> None:
        self._slug = slug
        self._watched = watched
        self._lost = True  # the broker may hold what an earlier monitor told

    def tell(self, *, beat: bool) -> None:
        """Tell what changed; with `beat`, also that this monitor lives."""
        anew = self._lost
        changes = self._watched.changes(everything=anew)
        if not changes and not beat and not anew:
            return
        try:
            self._store(changes, anew=anew)
        except RedisError as error:
            if not self._lost:
                log.warning("the broker does not answer, values are not told: %s", error)
            self._lost = True
            return
        if anew:
            log.info("values of %s are told", self._slug)
        self._lost = False
        if changes:
            send(f"values:{self._slug}", {address: topic_entry(value) for address, value in changes.items()})

    def forget(self, addresses: list[str]) -> None:
        """These are watched no more."""
        try:
            broker().hdel(values_key(self._slug), *addresses)
        except RedisError:
            self._lost = True

    def end(self) -> None:
        """Say at once that this monitor is gone; where the broker does not hear it, it will find out."""
        try:
            broker().delete(alive_key(self._slug))
        except RedisError as error:
            log.info("the broker did not hear that the monitor ends: %s", error)

    def _store(self, changes: dict[str, Latest], *, anew: bool) -> None:
        pipeline = broker().pipeline(transaction=True)
        if anew:
            pipeline.delete(values_key(self._slug), requests_key(self._slug))
        if changes:
            pipeline.hset(values_key(self._slug), mapping={a: value.as_json() for a, value in changes.items()})
        pipeline.set(alive_key(self._slug), "1", px=int(SILENCE_S * 1000))
        pipeline.execute()


def topic_entry(value: Latest) -> dict[str, Any]:
    """A value as browsers get it; what JSON has no number for is told as text."""
    plain = isinstance(value.value, float) and not math.isfinite(value.value)
    return {
        "v": str(value.value) if plain else value.value,
        "text": value.text,
        "stale": value.stale,
        "severity": value.severity,
        "ts": value.ioc_time,
    }
