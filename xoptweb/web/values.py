"""How numbers, durations, times and foreign text read on a page."""

import math
import re
import unicodedata
from datetime import UTC, datetime

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EM DASH}"
SMALL, LARGE = 1e-4, 1e7  # what is smaller or larger is shown in powers of ten
FEW = 6  # decimals; a channel with more is one whose small values matter
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
LENGTHS = (
    (MINUTE_S, 1, "s", 1, "s"),
    (HOUR_S, MINUTE_S, "m", 1, "s"),
    (DAY_S, HOUR_S, "h", MINUTE_S, "m"),
)
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # Unicode categories that a person can't see or that reorder


def number(value: object, precision: int | None = None) -> str:
    """`value` with a typographic minus; `precision` is the number of decimals, without one four figures are shown.

    Large numbers, and small ones where the many decimals say that they matter, are shown in powers of ten. What is no
    number is shown as text.
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return visible(str(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0 else f"{MINUS}\N{INFINITY}"
    return _figures(float(value), precision).replace("-", MINUS)


def _figures(value: float, precision: int | None) -> str:
    if precision is None:
        text = f"{value:.4g}"
        return _powers(text) if "e" in text else text
    size = abs(value)
    if size >= LARGE or (0 < size < SMALL and precision > FEW):
        return _powers(f"{value:.2e}")
    text = f"{value:.{precision}f}"
    return text.removeprefix("-") if not float(text) else text


def _powers(text: str) -> str:
    """1.20e-09 → 1.20e-9."""
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}"


def plain(value: object) -> str:
    """A number as an input field wants it: short, exact, ASCII."""
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def percent(value: float | None) -> str:
    """A change in per cent with its sign: −83 %, +4 %."""
    if value is None or not math.isfinite(value):
        return NOTHING
    digits = 0 if abs(value) >= 10 else 1
    text = f"{value:+.{digits}f}"
    if not float(text):
        text = "0"
    return f"{text.replace('-', MINUS)}\N{NO-BREAK SPACE}%"


def duration(seconds: float | None) -> str:
    """Two units at most: 0.15 s, 1 m 48 s, 7 h 12 m, 2 d 3 h."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 0:
        return MINUS + duration(-seconds)
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.2g} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    for limit, large, large_unit, small, small_unit in LENGTHS:
        if whole < limit:
            return _pair(whole, large, large_unit, small, small_unit)
    return _pair(whole, DAY_S, "d", HOUR_S, "h")


def _pair(whole: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = whole % large // small
    return f"{whole // large} {large_unit} {rest} {small_unit}" if rest else f"{whole // large} {large_unit}"


def clock(at: datetime | None, now: datetime | None = None) -> str:
    """Time of day; with the date when that is not today."""
    if at is None:
        return NOTHING
    now = now or datetime.now(UTC)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"


def visible(text: object) -> str:
    """Foreign text with every control, format and bidirectional character written out, so that it can't deceive."""
    return "".join(_shown(character) for character in str(text))


def _shown(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in INVISIBLE:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def short_digest(digest: str) -> str:
    """Enough of a content hash to compare by eye: 9f31…c07a."""
    return f"{digest[:4]}\N{HORIZONTAL ELLIPSIS}{digest[-4:]}" if len(digest) > 8 else digest


SUPERSCRIPTS = str.maketrans("-+0123456789", "⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹")
POWER = re.compile(r"(?:\^|\*\*)\(?([-+]?\d+)\)?")


def units(text: str) -> str:
    """Units as they are printed: 1/m^2 → 1/m², m^-2 → m⁻², um → µm, deg → °."""
    text = POWER.sub(lambda match: match[1].translate(SUPERSCRIPTS), visible(text))
    return {"um": "µm", "uA": "µA", "us": "µs", "deg": "°"}.get(text, text)
