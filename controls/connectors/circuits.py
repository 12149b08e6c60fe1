"""The channels of one connector: creating, losing, finding again and subscribing them."""

import ctypes
import itertools
import logging
import threading
import time
from typing import Any

from controls.connectors import dbr, libca
from controls.connectors.base import Unreachable
from controls.connectors.link import Link

SEARCH_AGAIN_S = 2.0  # the library searches ever more rarely; a channel away for this long is created anew
SEARCH_AGAIN_MAX_S = 16.0  # each time later, so that a slow server is not interrupted in its answer for ever

log = logging.getLogger(__name__)


class Circuits:
    """`any_change` is notified whenever a channel connects or disconnects."""

    def __init__(self, library: libca.Library) -> None:
        self.library = library
        self.any_change = threading.Condition()
        self._links: dict[str, Link] = {}
        self._by_number: dict[int, Link] = {}
        self._numbers = itertools.count(1)
        self._structure = threading.Lock()
        self._connection_handler = libca.ConnectionHandler(self._connection)
        self._update_handler = libca.EventHandler(self._update)
        library.keep_alive(self._connection_handler, self._update_handler)
        library.at_exit(self.close)

    def link(self, address: str) -> Link:
        """The channel of this address; the first call begins to search for it.

        Raises:
            Unreachable: the library takes no such name.
        """
        self.library.attach()
        with self._structure:
            known = self._links.get(address)
            if known is None:
                known = Link(address, SEARCH_AGAIN_S)
                with known.handle:
                    self._create(known)
                self._links[address] = known
        return known

    def search_again(self) -> None:
        """Create anew the channels that have been away for `SEARCH_AGAIN_S`, later for longer."""
        self.library.attach()
        with self._structure:
            links = list(self._links.values())
        for link in links:
            if not link.connected and time.monotonic() - link.searched_at >= link.patience_s:
                link.patience_s = min(2 * link.patience_s, SEARCH_AGAIN_MAX_S)
                with link.handle:
                    self._clear(link)
                    self._create(link)

    def subscribe(self, link: Link) -> None:
        """See that the library sends updates of this channel, now or as soon as it connects."""
        with link.handle:
            if link.chid is not None and link.connected:
                self._subscribe(link, link.chid)

    def unsubscribe(self, link: Link) -> None:
        with link.handle:
            with link.changed:
                subscription, link.subscription = link.subscription, None
            if subscription:
                self.library.calls.ca_clear_subscription(subscription)
            with link.changed:
                link.latest = None  # what changes from now on is not seen

    def close(self) -> None:
        self.library.attach()
        with self._structure:
            links, self._links = list(self._links.values()), {}
        for link in links:
            with link.handle:
                self._clear(link)
        self.library.calls.ca_flush_io()

    def _create(self, link: Link) -> None:
        """Begin to search. The caller holds `link.handle`, so that nobody uses `chid` before it is known."""
        link.number = next(self._numbers)
        link.searched_at = time.monotonic()
        self._by_number[link.number] = link
        chid = ctypes.c_void_p()
        name = link.address.encode("utf-8")
        status = self.library.calls.ca_create_channel(
            name, self._connection_handler, link.number, 0, ctypes.byref(chid)
        )
        if status != libca.ECA_NORMAL:
            del self._by_number[link.number]
            raise Unreachable(link.address, f"{link.address!r} is no channel name: {self.library.message(status)}")
        link.chid = chid.value
        self.library.calls.ca_flush_io()

    def _clear(self, link: Link) -> None:
        """Forget the channel. The library waits for callbacks that are running, hence no other lock is held."""
        self._by_number.pop(link.number, None)
        chid, link.chid = link.chid, None
        if chid is not None:
            self.library.calls.ca_clear_channel(chid)
        with link.changed:
            link.connected, link.subscription = False, None
            link.changed.notify_all()

    def _connection(self, arguments: Any) -> None:
        """Called by the library when a channel connects or disconnects."""
        calls = self.library.calls
        link = self._by_number.get(calls.ca_puser(arguments.chid))
        if link is None:
            return
        up = arguments.op == libca.OP_CONN_UP
        field_type = calls.ca_field_type(arguments.chid) if up else -1
        count = calls.ca_element_count(arguments.chid) if up else 0
        with link.changed:
            link.connected = up
            link.searched_at = time.monotonic()
            if up:
                link.patience_s = SEARCH_AGAIN_S
                link.field_type, link.count, link.seen, link.resent = field_type, count, True, True
            watched = bool(link.watchers)
            link.changed.notify_all()
        if up and watched:
            self._subscribe(link, arguments.chid)
        with self.any_change:
            self.any_change.notify_all()

    def _subscribe(self, link: Link, chid: int) -> None:
        """Subscribe once; anew where the channel came back with another type. Arrays are left alone."""
        calls = self.library.calls
        with link.changed:
            present, wanted = link.subscribed_type, link.field_type
            old = link.subscription
            if link.count != 1 or wanted not in dbr.NATIVE or (old is not None and present == wanted):
                return
            link.subscription, link.subscribed_type, link.resent = 0, wanted, True
        if old:
            calls.ca_clear_subscription(old)
        subscription = ctypes.c_void_p()
        status = calls.ca_create_subscription(
            dbr.TIME + wanted, 1, chid, libca.DBE_VALUE | libca.DBE_ALARM, self._update_handler, link.number,
            ctypes.byref(subscription),
        )  # fmt: skip
        calls.ca_flush_io()
        with link.changed:
            link.subscription = subscription.value if status == libca.ECA_NORMAL else None
        if status != libca.ECA_NORMAL:
            log.error("cannot subscribe %s: %s", link.address, self.library.message(status))

    def _update(self, arguments: Any) -> None:
        """Called by the library with an update, or with a status when the circuit is lost."""
        link = self._by_number.get(arguments.usr)
        if link is None or arguments.status != libca.ECA_NORMAL:
            return
        try:
            link.update(*dbr.timed(arguments.raw, arguments.type - dbr.TIME))
        except Exception:
            log.exception("a watcher of %s failed", link.address)
