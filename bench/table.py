"""Figures as text for a terminal and as a document."""

import math
from collections.abc import Sequence

from bench.figures import Figure

HEAD = ("figure", "xoptweb", "target", "rival", "", "")


def text(figures: Sequence[Figure]) -> str:
    """Columns for a terminal."""
    rows = [HEAD, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(len(line) for line in lines), *lines[1:]])


def markdown(figures: Sequence[Figure]) -> str:
    """A table of one part."""
    head = "| figure | xoptweb | target | rival | | |\n|---|---:|---:|---:|---|---|"
    return "\n".join([head, *(f"| {' | '.join(_row(figure))} |" for figure in figures)])


def _row(figure: Figure) -> tuple[str, str, str, str, str, str]:
    verdict = "" if figure.target is None else "holds" if figure.ok else "MISSED"
    return (
        figure.name,
        f"{shown(figure.value)} {figure.unit}",
        "" if figure.target is None else f"≤ {shown(figure.target)} {figure.unit}",
        "" if figure.rival is None else f"{shown(figure.rival)} {figure.unit}",
        figure.against,
        verdict,
    )


def shown(value: float) -> str:
    """At most three digits, and never more than one decimal where there are two before the point."""
    if not math.isfinite(value):
        return "never"
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
