"""What an artifact's content has to be like, judged by the content itself and never by what somebody says it is."""

import json
from collections.abc import Callable
from typing import Any

from agents.models import Artifact
from xoptweb.errors import Invalid

Kind = Artifact.Kind
LONGEST_COMMAND = 20_000
MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)  # fmt: skip
ENDINGS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/svg+xml": ".svg",
    "application/x-ipynb+json": ".ipynb", "text/html": ".html", "text/plain": ".txt",
}  # fmt: skip
SVG = "image/svg+xml"


def not_kept(field: str, why: str) -> Invalid:
    """To be raised."""
    return Invalid(f"It was not kept: the {field} {why}.", fields={field: why})


def image_type(content: bytes) -> str:
    """The media type of an image by its first bytes; empty when it is none that browsers show."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    found = next((kind for magic, kind in MAGIC if content.startswith(magic)), "")
    return found or (SVG if _is_svg(content) else "")


def _is_svg(content: bytes) -> bool:
    beginning = content[:1000].lstrip().lower()
    return beginning.startswith((b"<svg", b"<?xml")) and b"<svg" in beginning and b"<!entity" not in content.lower()


def guessed(name: str, content: bytes) -> str:
    """The kind of a file that nobody has named one for."""
    if image_type(content):
        return Kind.IMAGE
    ending = name.lower().rpartition(".")[2]
    if ending == "ipynb" and not _trouble(lambda: _notebook(content)):
        return Kind.NOTEBOOK
    return Kind.HTML if ending in {"html", "htm"} and not _trouble(lambda: text(content)) else Kind.FILE


def _trouble(check: Callable[[], object]) -> bool:
    try:
        check()
    except Invalid:
        return True
    return False


def media_type(kind: str, content: bytes) -> str:
    """Raises Invalid: the content is not of that kind."""
    if kind == Kind.IMAGE:
        found = image_type(content)
        if not found:
            raise not_kept("content", "is no PNG, JPEG, GIF, WebP or SVG")
        return found
    if kind == Kind.NOTEBOOK:
        _notebook(content)
        return "application/x-ipynb+json"
    if kind == Kind.COMMAND:
        if not 0 < len(text(content).strip()) <= LONGEST_COMMAND:
            raise not_kept("content", f"must have 1 to {LONGEST_COMMAND} characters")
        return "text/plain"
    if kind == Kind.HTML:
        text(content)
        return "text/html"
    if kind == Kind.FILE:
        return "application/octet-stream"
    raise not_kept("kind", f"must be one of {', '.join(Kind.values)}")


def text(content: bytes) -> str:
    """Raises Invalid: it is no UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise not_kept("content", "is not UTF-8") from problem


def _notebook(content: bytes) -> dict[str, Any]:
    """Raises Invalid."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise not_kept("content", "is no notebook: no JSON") from problem
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list) or found.get("nbformat") != 4:
        raise not_kept("content", "is no notebook of format 4")
    return found
