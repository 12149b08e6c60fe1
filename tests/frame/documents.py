"""Reads the tables of docs/."""

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(name: str, first: str) -> list[list[str]]:
    """The cells of every table row whose first cell is a `name` that begins with `first`."""
    lines = [line for line in text(name).splitlines() if line.startswith(f"| `{first}")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
