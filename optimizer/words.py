"""Numbers in sentences for people."""

import math

MINUS = "−"


def number(value: float, digits: int = 4) -> str:
    """`value` with so many significant digits and a typographic minus."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def measured(value: float, error: float | None, units: str = "") -> str:
    """371 ± 9 µm: rounded to where the error begins; without a known error four digits."""
    if error is None or not math.isfinite(error) or error <= 0:
        return _with_units(number(value), units)
    decimals = _decimals(error)
    if decimals > 6 or decimals < -4:
        return _with_units(f"{number(value)} ± {number(error, 2)}", units)
    shown, deviation = round(value, decimals), round(error, decimals)
    places = max(decimals, 0)
    return _with_units(f"{shown:.{places}f} ± {deviation:.{places}f}".replace("-", MINUS), units)


def _decimals(error: float) -> int:
    """Two digits of an error that begins with 1 to 3, one of others."""
    exponent = math.floor(math.log10(error))
    leading = error / 10**exponent
    return -exponent + (1 if leading < 3.95 else 0)


def percent(value: float) -> str:
    """A signed change: −83 %."""
    sign = MINUS if value < 0 else "+"
    size = abs(value)
    return f"{sign}{size:.0f} %" if size >= 10 else f"{sign}{size:.1f} %"


def _with_units(text: str, units: str) -> str:
    return f"{text} {units}".strip()


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(items: list[str]) -> str:
    """a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
