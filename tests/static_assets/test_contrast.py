"""Text can be read: the colours of both themes have the contrast that WCAG 2 asks of normal text, marks of graphics."""

import re
from itertools import product
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[2] / "static" / "css" / "tokens.css").read_text()
TEXT = ("ink", "ink-2", "ink-3", "accent-ink", "good-ink", "warn-ink", "bad-ink", "ai-ink")
MARKS = ("accent", "good", "warn", "bad", "ai", *(f"series-{i}" for i in range(1, 9)))
GROUNDS = ("bg", "panel", "panel-2")

Colour = tuple[float, float, float]


def tokens(theme: str) -> dict[str, str]:
    block = re.search(rf'\[data-bs-theme="{theme}"\] \{{(.*?)\n\}}', TOKENS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6}|rgba\([^)]*\))", block.group(1)))


THEMES = {theme: tokens(theme) for theme in ("dark", "light")}


def rgb(text: str) -> Colour:
    digits = text.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    red, green, blue = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def over(top: str, ground: Colour) -> Colour:
    """The colour that rgba(...) gives on an opaque ground."""
    *channels, alpha = (float(number) for number in re.findall(r"[\d.]+", top))
    red, green, blue = (alpha * c / 255 + (1 - alpha) * g for c, g in zip(channels, ground, strict=True))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "text", "ground"), list(product(THEMES, TEXT, GROUNDS)))
def test_text_is_readable_on_every_ground(theme: str, text: str, ground: str) -> None:
    assert contrast(rgb(THEMES[theme][text]), rgb(THEMES[theme][ground])) >= 4.5


@pytest.mark.parametrize(("theme", "mark"), list(product(THEMES, MARKS)))
def test_marks_stand_out_from_a_panel(theme: str, mark: str) -> None:
    assert contrast(rgb(THEMES[theme][mark]), rgb(THEMES[theme]["panel"])) >= 3


@pytest.mark.parametrize(("theme", "text"), list(product(THEMES, ("ink", "band-ink-2", "band-ink-3"))))
def test_text_is_readable_on_the_band_of_the_best_row(theme: str, text: str) -> None:
    band = over(THEMES[theme]["band"], rgb(THEMES[theme]["panel"]))
    assert contrast(rgb(THEMES[theme][text]), band) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_buttons_are_readable(theme: str) -> None:
    colours = THEMES[theme]
    white: Colour = (1, 1, 1)
    for button in ("stop", "stop-strong"):
        assert contrast(white, rgb(colours[button])) >= 4.5
    for button in ("accent", "accent-strong"):
        assert contrast(rgb(colours["on-accent"]), rgb(colours[button])) >= 4.5
    assert contrast(rgb(colours["on-warn"]), rgb(colours["warn"])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_fields_have_a_visible_edge(theme: str) -> None:
    assert contrast(rgb(THEMES[theme]["field-line"]), rgb(THEMES[theme]["panel"])) >= 3
