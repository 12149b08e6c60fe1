"""A notebook for reading: its cells as Markdown, code, text and images; nothing of it runs, its HTML is left out."""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from agents.artifacts.kinds import SVG, image_type
from agents.presentation.markdown import rendered
from xoptweb.web.values import visible

MOST_CELLS = 500
MOST_IMAGES_BYTES = 8_000_000
LONGEST_TEXT = 20_000
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Output:
    """One of text, image (an address that holds it) and remark; `bad`: it is an error."""

    text: str = ""
    image: str = ""
    remark: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Cell:
    """`prose` or `code`."""

    prose: SafeString | None = None
    code: str = ""
    number: str = ""
    outputs: list[Output] = field(default_factory=list)


@dataclass
class _Room:
    images: int = MOST_IMAGES_BYTES


def cells(content: bytes) -> tuple[list[Cell], int]:
    """What can be read, and how many cells more there are."""
    found = [cell for cell in json.loads(content)["cells"] if isinstance(cell, dict)]
    room = _Room()
    return [_cell(cell, room) for cell in found[:MOST_CELLS]], max(0, len(found) - MOST_CELLS)


def _cell(cell: dict[str, Any], room: _Room) -> Cell:
    source = _text(cell.get("source"))
    if cell.get("cell_type") == "markdown":
        return Cell(prose=rendered(source, ()))
    if cell.get("cell_type") != "code":
        return Cell(code=visible(source))
    number = cell.get("execution_count")
    outputs = cell.get("outputs")
    shown = [_output(each, room) for each in outputs if isinstance(each, dict)] if isinstance(outputs, list) else []
    return Cell(code=visible(source), number=str(number) if isinstance(number, int) else "", outputs=shown)


def _output(output: dict[str, Any], room: _Room) -> Output:
    if output.get("output_type") == "error":
        return Output(text=_shown("\n".join(_lines(output.get("traceback")))), bad=True)
    if output.get("output_type") == "stream":
        return Output(text=_shown(_text(output.get("text"))), bad=output.get("name") == "stderr")
    data = output.get("data")
    if not isinstance(data, dict):
        return Output(remark="an output that can't be shown")
    for kind in ("image/png", "image/jpeg", "image/gif"):
        if kind in data:
            return _image(_text(data[kind]), room)
    if "text/plain" in data:
        return Output(text=_shown(_text(data["text/plain"])))
    return Output(remark=f"an output of kind {visible(', '.join(map(str, data)))[:100]}, which is not shown here")


def _image(encoded: str, room: _Room) -> Output:
    try:
        content = base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        content = b""
    media_type = image_type(content)
    if not media_type or media_type == SVG:
        return Output(remark="an image that can't be shown")
    room.images -= len(content)
    if room.images < 0:
        return Output(remark="an image that is left out, as there are too many")
    return Output(image=f"data:{media_type};base64,{base64.b64encode(content).decode()}")


def _shown(text: str) -> str:
    plain = visible(COLOURS.sub("", text))
    return plain if len(plain) <= LONGEST_TEXT else f"{plain[:LONGEST_TEXT]}… ({len(plain)} characters)"


def _text(value: Any) -> str:
    """Notebooks hold texts whole, or as lists of lines."""
    return value if isinstance(value, str) else "".join(_lines(value))


def _lines(value: Any) -> list[str]:
    return [line for line in value if isinstance(line, str)] if isinstance(value, list) else []
