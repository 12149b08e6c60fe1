"""Channel Access, by the library that pyepics brings.

pyepics' own `PV` polls and caches; here every call waits for its callback instead, which is as fast as the network.
"""

import ctypes
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from controls.connectors import dbr, libca
from controls.connectors.addresses import AddressList
from controls.connectors.answers import SLICE_S, Answer, Answers
from controls.connectors.base import (
    Interrupt,
    Interrupted,
    Metadata,
    NotScalar,
    PutRefused,
    Reading,
    Unconfirmed,
    Unreachable,
    Value,
)
from controls.connectors.circuits import Circuits
from controls.connectors.link import Link

# After these a put may or may not have happened; any other bad status is the server's refusal.
LOST = {libca.ECA_DISCONN, libca.ECA_CHANDESTROY, libca.ECA_UNRESPTMO, libca.ECA_TIMEOUT}


@dataclass(frozen=True, slots=True)
class Question:
    """A value that was asked for; `status` is what the library said to that."""

    address: str
    answer: Answer
    status: int


def _timed(field_type: int) -> Callable[[int], Any]:
    return lambda raw: dbr.timed(raw, field_type)


class ChannelAccess:
    """Implements `controls.connectors.base.Connector`. The first one in a process opens the library."""

    def __init__(self, machine_addresses: AddressList) -> None:
        self._library = libca.library(machine_addresses)
        self._circuits = Circuits(self._library)
        self._answers = Answers()
        self._answer_handler = libca.EventHandler(self._answered)
        self._library.keep_alive(self._answer_handler)

    @property
    def address_list(self) -> AddressList:
        """Where this process looks for servers."""
        return self._library.addresses

    def connect(self, addresses: Iterable[str], timeout_s: float, interrupt: Interrupt | None = None) -> None:
        links = [self._circuits.link(address) for address in addresses]
        self._wait_connected(links, time.monotonic() + timeout_s, interrupt)

    def connected(self, address: str) -> bool:
        return self._circuits.link(address).connected

    def read(self, address: str, timeout_s: float, interrupt: Interrupt | None = None) -> Reading:
        return self.read_all([address], timeout_s, interrupt)[0]

    def read_all(self, addresses: Sequence[str], timeout_s: float, interrupt: Interrupt | None = None) -> list[Reading]:
        deadline = time.monotonic() + timeout_s
        links = [self._ready(address, deadline, interrupt) for address in addresses]
        questions: list[Question] = []
        try:
            questions.extend(self._ask(link, dbr.TIME + link.field_type, _timed(link.field_type)) for link in links)
            self._library.calls.ca_flush_io()
            contents = [self._content(question, deadline, interrupt) for question in questions]
        finally:
            for question in questions:
                self._answers.forget(question.answer)
        return [
            Reading(value, ioc_time, severity, link.sequence)
            for link, (value, ioc_time, severity) in zip(links, contents, strict=True)
        ]

    def metadata(self, address: str, timeout_s: float = 2.0) -> Metadata:
        deadline = time.monotonic() + timeout_s
        link = self._ready(address, deadline, None)
        field_type = link.field_type
        wanted = dbr.control_type(field_type)
        question = self._ask(link, wanted, lambda raw: dbr.control(raw, field_type))
        try:
            self._library.calls.ca_flush_io()
            content: Metadata = self._content(question, deadline, None)
        finally:
            self._answers.forget(question.answer)
        return replace(content, writable=self._may_write(link))

    def write(self, address: str, value: Value, timeout_s: float, interrupt: Interrupt | None = None) -> None:
        deadline = time.monotonic() + timeout_s
        link = self._ready(address, deadline, interrupt)
        if not self._may_write(link):
            raise PutRefused(address, f"the server does not let us write {address}")
        put_type, memory = dbr.encode(address, value, link.field_type)
        answer = self._answers.expect()
        try:
            self._send_put(link, put_type, memory, answer)
            if not answer.wait(deadline, interrupt):
                raise Unconfirmed(address, f"{address}: no answer to a put of {value!r} for {timeout_s:g} s")
        finally:
            self._answers.forget(answer)
        if answer.status in LOST:
            raise Unconfirmed(address, f"{address}: the connection was lost during a put of {value!r}")
        if answer.status != libca.ECA_NORMAL:
            raise PutRefused(address, f"{address} refused {value!r}: {self._library.message(answer.status)}")

    def watch(self, address: str, callback: Callable[[Reading], None] | None = None) -> "Watch":
        link = self._circuits.link(address)
        with link.changed:
            link.watchers.append(callback)
        self._circuits.subscribe(link)
        return Watch(self._circuits, link, callback)

    def latest(self, address: str) -> Reading | None:
        return self._circuits.link(address).latest

    def wait_update(
        self, address: str, after_sequence: int, timeout_s: float, interrupt: Interrupt | None = None
    ) -> Reading:
        link = self._circuits.link(address)
        deadline = time.monotonic() + timeout_s
        while True:
            with link.changed:
                if link.latest is not None and link.sequence > after_sequence:
                    return link.latest
                left = deadline - time.monotonic()
                if (link.seen and not link.connected) or left <= 0:
                    break
                link.changed.wait(min(left, SLICE_S))
            if interrupt is not None and interrupt():
                raise Interrupted
        why = f"no update for {timeout_s:g} s" if link.connected else "disconnected"
        raise Unreachable(address, f"{address}: {why}")

    def search_again(self) -> None:
        self._circuits.search_again()

    def close(self) -> None:
        self._circuits.close()

    def _answered(self, arguments: Any) -> None:
        self._answers.arrived(arguments, libca.ECA_NORMAL)

    def _ready(self, address: str, deadline: float, interrupt: Interrupt | None) -> Link:
        """The connected channel. A new one is waited for; one that is known to be away is not."""
        if interrupt is not None and interrupt():
            raise Interrupted
        link = self._circuits.link(address)
        if not link.connected:
            if link.seen:
                raise Unreachable(address, f"{address} is disconnected")
            self._wait_connected([link], deadline, interrupt)
        if link.count != 1:
            raise NotScalar(address, f"{address} is an array of {link.count}; only single values are used")
        return link

    def _wait_connected(self, links: list[Link], deadline: float, interrupt: Interrupt | None) -> None:
        missing = [link for link in links if not link.connected]
        while missing and time.monotonic() < deadline:
            if interrupt is not None and interrupt():
                raise Interrupted
            with self._circuits.any_change:
                if not any(link.connected for link in missing):
                    self._circuits.any_change.wait(SLICE_S)
            missing = [link for link in missing if not link.connected]
        for link in links:
            link.seen = True
        if missing:
            names = ", ".join(link.address for link in missing)
            raise Unreachable(missing[0].address, f"no answer from {names}")

    def _ask(self, link: Link, wanted: int, decode: Callable[[int], Any]) -> "Question":
        """Ask for a value; it goes out with the next flush. The answer has to be forgotten afterwards."""
        answer = self._answers.expect(lambda arguments: decode(arguments.raw))
        with link.handle:
            status = libca.ECA_DISCONN if link.chid is None else self._library.calls.ca_array_get_callback(
                wanted, 1, link.chid, self._answer_handler, answer.number
            )  # fmt: skip
        return Question(link.address, answer, status)

    def _content(self, question: "Question", deadline: float, interrupt: Interrupt | None) -> Any:
        address, answer, status = question.address, question.answer, question.status
        if status == libca.ECA_NORMAL:
            if not answer.wait(deadline, interrupt):
                raise Unreachable(address, f"{address} does not answer")
            status = answer.status
        if status != libca.ECA_NORMAL:
            raise Unreachable(address, f"{address} can't be read: {self._library.message(status)}")
        return answer.content

    def _send_put(self, link: Link, put_type: int, memory: Any, answer: Answer) -> None:
        """Raises Unreachable or PutRefused where the library did not even send it."""
        with link.handle:
            status = libca.ECA_DISCONN if link.chid is None else self._library.calls.ca_array_put_callback(
                put_type, 1, link.chid, ctypes.byref(memory), self._answer_handler, answer.number
            )  # fmt: skip
        self._library.calls.ca_flush_io()
        if status in LOST:
            raise Unreachable(link.address, f"{link.address} is disconnected")
        if status != libca.ECA_NORMAL:
            raise PutRefused(link.address, f"{link.address}: {self._library.message(status)}")

    def _may_write(self, link: Link) -> bool:
        with link.handle:
            return link.chid is not None and bool(self._library.calls.ca_write_access(link.chid))


class Watch:
    """One watcher of a channel; the last one to close ends the subscription."""

    def __init__(self, circuits: Circuits, link: Link, callback: Callable[[Reading], None] | None) -> None:
        self._circuits, self._link, self._callback = circuits, link, callback
        self._open = True

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        with self._link.changed:
            self._link.watchers.remove(self._callback)
            last = not self._link.watchers
        if last:
            self._circuits.unsubscribe(self._link)
