"""The IOC's own log of every put that a client sends, written before the put takes effect.

EPICS calls a listener for each put of a Channel Access client (asTrapWrite.h). So the log holds what was asked for,
before drive limits clip it, puts of an unchanged value, and puts that are then refused; and a put that was answered is
in the log. The IOC's own updates are not puts of a client and are not logged.
"""

import ctypes
import json
import struct
import threading
import time
from pathlib import Path
from typing import TextIO

import softioc
from softioc import imports

# dbr type, from db_access.h: format of one element
NUMBERS = {1: "h", 2: "f", 3: "H", 4: "B", 5: "i", 6: "d"}
STRING, STRING_SIZE = 0, 40


class _Message(ctypes.Structure):
    """asTrapWriteMessage; `channel` points at a dbChannel, whose first field is its name."""

    _fields_ = [
        ("user", ctypes.c_char_p),
        ("host", ctypes.c_char_p),
        ("channel", ctypes.POINTER(ctypes.c_char_p)),
        ("listener_private", ctypes.c_void_p),
        ("dbr_type", ctypes.c_int),
        ("count", ctypes.c_int),
        ("data", ctypes.c_void_p),
    ]


_Listener = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Message), ctypes.c_int)


_for_ever: list[object] = []  # EPICS may call a listener until the process ends


def start(path: Path) -> None:
    """Append one JSON line per put to the file, for as long as the process lives. To be called before `iocInit`.

    A line has `t` (epoch) and `mono` (monotonic clock) in seconds, `name` as the client wrote it, and `value`.

    Raises:
        RuntimeError: EPICS does not accept the access rules or the listener.
    """
    access = Path(softioc.__file__).with_name("access.acf")  # anyone may write, and writes are trapped
    if imports.dbCore.asSetFilename(str(access).encode()) != 0:
        raise RuntimeError(f"the IOC does not accept the access rules in {access}")
    listener = _Listener(_PutLog(path.open("a", encoding="utf-8")).put)
    register = imports.Com.asTrapWriteRegisterListener
    register.restype = ctypes.c_void_p
    if not register(listener):
        raise RuntimeError("the IOC does not accept a listener for puts")
    _for_ever.append(listener)


class _PutLog:
    """The listener; clients' threads call it at the same time."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._one_at_a_time = threading.Lock()

    def put(self, message: "ctypes._Pointer[_Message]", after: int) -> None:
        if after:
            return
        put = message.contents
        line = {"t": time.time(), "mono": time.monotonic(), "name": put.channel[0].decode(), "value": _value(put)}
        with self._one_at_a_time:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def _value(put: _Message) -> object:
    """The value as the client sent it: a number, a string, or a list of them."""
    if put.dbr_type == STRING:
        raw = ctypes.string_at(put.data, STRING_SIZE * put.count)
        parts = [raw[at : at + STRING_SIZE] for at in range(0, len(raw), STRING_SIZE)]
        values: list[object] = [part.split(b"\0")[0].decode("utf-8", "replace") for part in parts]
    elif put.dbr_type in NUMBERS:
        form = struct.Struct(f"={put.count}{NUMBERS[put.dbr_type]}")
        values = list(form.unpack(ctypes.string_at(put.data, form.size)))
    else:
        return f"a value of DBR type {put.dbr_type}"
    return values[0] if put.count == 1 else values
