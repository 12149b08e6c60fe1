"""Reading channels in processes that do not speak to the control system: the monitor's values, by the broker."""

import json
import logging
import math
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, cast

from redis import RedisError

from controls.models import Machine
from controls.monitor.broker import ANSWER_S, broker
from controls.monitor.wire import (
    REQUESTS_KEPT_S,
    UNKNOWN,
    Kind,
    Latest,
    Request,
    alive_key,
    reply_key,
    requests_key,
    values_key,
)
from xoptweb.errors import NotFound, Problem, Unavailable

__all__ = ["Latest", "addresses", "collect", "history", "latest", "monitor_answers", "read_now"]

log = logging.getLogger(__name__)


def addresses(machine: Machine) -> list[str]:
    """The addresses the machine's monitor watches: of every channel, and of its readback."""
    names: dict[str, None] = {}
    for channel in machine.channels.all():
        names[channel.address] = None
        if channel.readback:
            names[channel.readback] = None
    return list(names)


def latest(machine: Machine) -> dict[str, Latest]:
    """The last known value of every address of the machine.

    Never raises for want of a monitor or a broker: then every value is stale, and without a value where none is known.
    """
    known: Mapping[str, str] = {}
    alive = False
    try:
        pipeline = broker().pipeline(transaction=False)
        pipeline.hgetall(values_key(machine.slug))
        pipeline.exists(alive_key(machine.slug))
        known, alive = pipeline.execute()
    except RedisError as error:
        log.warning("no values of %s: the broker does not answer: %s", machine.slug, error)
    values = {
        address: Latest.from_json(known[address]) if address in known else UNKNOWN for address in addresses(machine)
    }
    return values if alive else {address: value.aged() for address, value in values.items()}


def monitor_answers(machine: Machine) -> bool:
    """Whether the machine's monitor has beaten within the last 5 s."""
    try:
        return bool(broker().exists(alive_key(machine.slug)))
    except RedisError:
        return False


def read_now(machine: Machine, wanted: Iterable[str], timeout_s: float = 2.0) -> dict[str, Latest]:
    """Values from the control system now. An address that does not answer is stale and not connected.

    Raises:
        Unavailable: the monitor or the broker does not answer.
        NotFound: an address is not one of the machine's.
    """
    reply = _ask(machine, "read", {"addresses": list(wanted)}, timeout_s)
    return {address: Latest(**fields) for address, fields in reply.items()}


def collect(machine: Machine, samples: Mapping[str, int], timeout_s: float) -> dict[str, list[float]]:
    """So many fresh values of each address: each from an update after the call, or with a newer IOC time.

    A value with an invalid alarm, or that is no number, counts as NaN.

    Raises:
        Unavailable: the monitor or the broker does not answer, or too few values came within `timeout_s`.
        NotFound: an address is not one of the machine's.
    """
    reply = _ask(machine, "collect", {"samples": dict(samples)}, timeout_s)
    return {address: [math.nan if value is None else value for value in values] for address, values in reply.items()}


def history(machine: Machine, address: str, seconds: float, points: int = 2000) -> list[tuple[float, float]]:
    """(UNIX seconds, value) of the last `seconds`, at most a day, thinned to about `points`, extremes kept.

    NaN stands where the channel did not answer.

    Raises:
        Unavailable: the monitor or the broker does not answer.
        NotFound: it is no address of the machine.
    """
    reply = _ask(machine, "history", {"address": address, "seconds": seconds, "points": points}, ANSWER_S)
    return [(moment, math.nan if value is None else value) for moment, value in reply["samples"]]


def _ask(machine: Machine, kind: Kind, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Send a request to the monitor and wait for its reply."""
    request = Request(uuid.uuid4().hex, kind, arguments, timeout_s)
    try:
        if not monitor_answers(machine):
            raise Unavailable(f"The monitor of {machine.name} does not answer.", code="monitor_silent")
        pipeline = broker().pipeline(transaction=False)
        pipeline.rpush(requests_key(machine.slug), request.as_json())
        pipeline.expire(requests_key(machine.slug), REQUESTS_KEPT_S)
        pipeline.execute()
        wait_s = math.ceil(timeout_s + ANSWER_S)
        reply = cast(Any, broker(wait_s + ANSWER_S).blpop([reply_key(request.number)], timeout=wait_s))
    except RedisError as error:
        raise Unavailable(f"The broker does not answer: {error}", code="broker_silent") from error
    if reply is None:
        raise Unavailable(f"The monitor of {machine.name} did not answer in time.", code="monitor_silent")
    return _content(json.loads(reply[1]))


def _content(reply: dict[str, Any]) -> dict[str, Any]:
    """What a reply holds, or the problem it reports."""
    if problem := reply.get("problem"):
        kind: type[Problem] = NotFound if problem["code"] == "unknown_address" else Unavailable
        raise kind(problem["message"], code=problem["code"])
    content: dict[str, Any] = reply["content"]
    return content
