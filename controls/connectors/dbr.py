"""Values as Channel Access carries them (db_access.h), to and from Python."""

import ctypes
import math
from ctypes import c_char, c_double, c_float, c_int32, c_uint8, c_uint16, c_uint32
from typing import Any

from controls.connectors.base import Kind, Metadata, NotScalar, PutRefused, Value

EPICS_EPOCH = 631152000.0  # UNIX seconds of 1990-01-01
STRING, SHORT, FLOAT, ENUM, CHAR, LONG, DOUBLE = range(7)
TIME, CTRL = 14, 28  # offsets of the types that carry time, and limits
STRING_BYTES, UNITS_BYTES, LABEL_BYTES, LABELS = 40, 8, 26, 16

KINDS: dict[int, Kind] = {
    STRING: "string", SHORT: "int", FLOAT: "float", ENUM: "enum", CHAR: "int", LONG: "int", DOUBLE: "float",
}  # fmt: skip
NATIVE: dict[int, Any] = {
    STRING: c_char * STRING_BYTES, SHORT: ctypes.c_int16, FLOAT: c_float, ENUM: c_uint16, CHAR: c_uint8, LONG: c_int32,
    DOUBLE: c_double,
}  # fmt: skip
TIME_VALUE_AT = {STRING: 12, SHORT: 14, FLOAT: 12, ENUM: 14, CHAR: 15, LONG: 12, DOUBLE: 16}  # bytes from the start
INTEGER_RANGE = {SHORT: (-(2**15), 2**15 - 1), CHAR: (0, 2**8 - 1), LONG: (-(2**31), 2**31 - 1)}
LIMITS = 8  # display high, low; alarm high, warning high, warning low, alarm low; control high, low


class ControlDouble(ctypes.Structure):
    _fields_ = [
        ("status", ctypes.c_int16), ("severity", ctypes.c_int16), ("precision", ctypes.c_int16),
        ("pad", ctypes.c_int16), ("units", c_char * UNITS_BYTES), ("limits", c_double * LIMITS), ("value", c_double),
    ]  # fmt: skip


class ControlLong(ctypes.Structure):
    _fields_ = [
        ("status", ctypes.c_int16), ("severity", ctypes.c_int16), ("units", c_char * UNITS_BYTES),
        ("limits", c_int32 * LIMITS), ("value", c_int32),
    ]  # fmt: skip


class ControlEnum(ctypes.Structure):
    _fields_ = [
        ("status", ctypes.c_int16), ("severity", ctypes.c_int16), ("number", ctypes.c_int16),
        ("labels", (c_char * LABEL_BYTES) * LABELS), ("value", c_uint16),
    ]  # fmt: skip


def timed(raw: int, field_type: int) -> tuple[Value, float, int]:
    """Value, IOC time (UNIX seconds) and severity of a DBR_TIME_* structure at address `raw`."""
    severity = ctypes.c_int16.from_address(raw + 2).value
    seconds, nanoseconds = (c_uint32 * 2).from_address(raw + 4)
    value = NATIVE[field_type].from_address(raw + TIME_VALUE_AT[field_type]).value
    return _python(value), EPICS_EPOCH + seconds + nanoseconds * 1e-9, severity


def control_type(field_type: int) -> int:
    """The DBR_CTRL_* type to ask for: the server converts all integers and floats to the widest."""
    kind = KINDS[field_type]
    return {"float": CTRL + DOUBLE, "int": CTRL + LONG, "enum": CTRL + ENUM, "string": TIME + STRING}[kind]


def control(raw: int, field_type: int) -> Metadata:
    """What a structure of `control_type(field_type)` at address `raw` says; access is not in it."""
    kind = KINDS[field_type]
    if kind == "string":
        return Metadata(kind)
    if kind == "enum":
        labels = ControlEnum.from_address(raw)
        return Metadata(kind, enum=tuple(_text(labels.labels[i].value) for i in range(labels.number)))
    if kind == "int":
        whole = ControlLong.from_address(raw)
        return Metadata(kind, _text(whole.units), 0, float(whole.limits[7]), float(whole.limits[6]))
    real = ControlDouble.from_address(raw)
    return Metadata(kind, _text(real.units), max(real.precision, 0), real.limits[7], real.limits[6])


Memory = c_double | c_uint16 | c_int32 | ctypes.Array[c_char]


def encode(address: str, value: Value, field_type: int) -> tuple[int, Memory]:
    """The DBR type and the memory to put `value` with.

    Raises:
        NotScalar: it is a sequence.
        PutRefused: it is of another type than the channel, or does not fit into it.
    """
    if not isinstance(value, (int, float, str)):
        raise NotScalar(address, f"{address}: only single values are put, not {type(value).__name__}")
    kind = KINDS[field_type]
    if isinstance(value, bool) or (isinstance(value, str) and kind not in ("string", "enum")):
        raise PutRefused(address, f"{address} takes a number, not {value!r}")
    if isinstance(value, str):
        return STRING, _string(address, value)
    if kind == "string":
        raise PutRefused(address, f"{address} takes text, not {value!r}")
    if kind == "float":
        return DOUBLE, c_double(value)
    return _whole(address, value, field_type)


def _whole(address: str, value: float, field_type: int) -> tuple[int, Memory]:
    if not math.isfinite(value) or value != int(value):
        raise PutRefused(address, f"{address} takes whole numbers, not {value!r}")
    low, high = INTEGER_RANGE.get(field_type, (0, LABELS - 1))
    if not low <= value <= high:
        raise PutRefused(address, f"{address} takes whole numbers from {low} to {high}, not {value!r}")
    return (ENUM, c_uint16(int(value))) if field_type == ENUM else (LONG, c_int32(int(value)))


def _string(address: str, value: str) -> Memory:
    encoded = value.encode("utf-8")
    if len(encoded) >= STRING_BYTES or 0 in encoded:
        raise PutRefused(address, f"{address} takes at most {STRING_BYTES - 1} bytes of text")
    return ctypes.create_string_buffer(encoded, STRING_BYTES)


def _python(value: bytes | float) -> Value:
    return _text(value) if isinstance(value, bytes) else value


def _text(raw: bytes) -> str:
    """Servers send units such as "°" in UTF-8 or Latin-1."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
