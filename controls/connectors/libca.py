"""The CA library that pyepics brings, opened once in this process, with the calls we make declared."""

import atexit
import ctypes
import os
import threading
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_double, c_int, c_long, c_short, c_uint, c_ulong, c_void_p
from typing import Any

from controls.connectors import repeater
from controls.connectors.addresses import AddressList

ECA_NORMAL = 1
ECA_TIMEOUT = 80
ECA_DISCONN = 192
ECA_CHANDESTROY = 440
ECA_UNRESPTMO = 480
OP_CONN_UP = 6
DBE_VALUE, DBE_ALARM = 1, 4
CONNECTION_SILENCE_S = "5"  # libca asks a silent server after this; its own default is 30


class ConnectionArgs(ctypes.Structure):
    _fields_ = [("chid", c_void_p), ("op", c_long)]


class EventArgs(ctypes.Structure):
    _fields_ = [
        ("usr", c_void_p),
        ("chid", c_void_p),
        ("type", c_long),
        ("count", c_long),
        ("raw", c_void_p),
        ("status", c_int),
    ]


ConnectionHandler = CFUNCTYPE(None, ConnectionArgs)
EventHandler = CFUNCTYPE(None, EventArgs)

# name: (type of the result, types of the arguments), from cadef.h
CALLS: dict[str, tuple[Any, list[Any]]] = {
    "ca_create_channel": (c_int, [c_char_p, ConnectionHandler, c_void_p, c_uint, POINTER(c_void_p)]),
    "ca_clear_channel": (c_int, [c_void_p]),
    "ca_array_get_callback": (c_int, [c_long, c_ulong, c_void_p, EventHandler, c_void_p]),
    "ca_array_put_callback": (c_int, [c_long, c_ulong, c_void_p, c_void_p, EventHandler, c_void_p]),
    "ca_create_subscription": (c_int, [c_long, c_ulong, c_void_p, c_long, EventHandler, c_void_p, POINTER(c_void_p)]),
    "ca_clear_subscription": (c_int, [c_void_p]),
    "ca_flush_io": (c_int, []),
    "ca_field_type": (c_short, [c_void_p]),
    "ca_element_count": (c_ulong, [c_void_p]),
    "ca_write_access": (c_uint, [c_void_p]),
    "ca_read_access": (c_uint, [c_void_p]),
    "ca_puser": (c_void_p, [c_void_p]),
    "ca_message": (c_char_p, [c_long]),
    "ca_attach_context": (c_int, [c_void_p]),
    "ca_current_context": (c_void_p, []),
    "ca_pend_event": (c_int, [c_double]),
}


class Library:
    """The library and the context that all threads of this process share."""

    def __init__(self, addresses: AddressList) -> None:
        from epics import ca

        if ca.libca is not None:
            raise RuntimeError("Channel Access was already opened in this process by something else")
        addresses.apply()
        os.environ.setdefault("EPICS_CA_CONN_TMO", CONNECTION_SILENCE_S)
        repeater.start()
        ca.AUTO_CLEANUP = False  # destroying the context waits 30 s for a server that is frozen
        ca.initialize_libca()
        self.addresses = addresses
        self._handlers: list[object] = []
        self.process = os.getpid()
        self.context = ca.initial_context
        self.calls = ctypes.CDLL(ca.find_libca())
        for name, (result, arguments) in CALLS.items():
            call = getattr(self.calls, name)
            call.restype, call.argtypes = result, arguments

    def keep_alive(self, *handlers: object) -> None:
        """The library may call a handler until the process ends."""
        self._handlers.extend(handlers)

    def at_exit(self, close: Callable[[], None]) -> None:
        """Have `close` called before this process's Python ends: the library must not call into it any more."""
        atexit.register(lambda: close() if os.getpid() == self.process else None)

    def attach(self) -> None:
        """Let the calling thread use the process's context.

        Raises:
            RuntimeError: the process forked after Channel Access was opened; its threads and circuits are gone.
        """
        if os.getpid() != self.process:
            raise RuntimeError(f"Channel Access was opened in process {self.process}, before this one was forked")
        if self.calls.ca_current_context() is None:
            status = self.calls.ca_attach_context(self.context)
            if status != ECA_NORMAL:
                raise RuntimeError(f"this thread cannot use Channel Access: {self.message(status)}")

    def message(self, status: int) -> str:
        text: bytes = self.calls.ca_message(status)
        return text.decode("ascii", "replace")


_opening = threading.Lock()
_library: Library | None = None


def library(addresses: AddressList) -> Library:
    """The library, opened at the first call; the address list counts for the whole process.

    Raises:
        RuntimeError: it is open with another address list, or was opened before a fork.
    """
    global _library
    with _opening:
        if _library is None:
            _library = Library(addresses)
    if _library.addresses != addresses:
        raise RuntimeError("one process speaks to one machine: Channel Access is open with another address list")
    _library.attach()
    return _library
