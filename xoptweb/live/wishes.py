"""What a client asks to follow: `?s=campaign:42@17&s=approvals@3&t=values:demo-linac`."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from xoptweb.errors import Invalid

MOST = 50


@dataclass(frozen=True)
class Wishes:
    """`streams`: name and the last number the client has, None for only what comes from now on."""

    streams: dict[str, int | None]
    topics: list[str]


def parse(query: str) -> Wishes:
    """The names are not checked: one that is none is denied like any other.

    Raises:
        Invalid: more than 50 of them, or a number that is none.
    """
    try:
        fields = parse_qs(query, max_num_fields=MOST, errors="strict")
        streams = {name: _number(text) for name, at, text in (s.partition("@") for s in fields.get("s", []))}
    except (ValueError, UnicodeDecodeError) as problem:
        raise Invalid("The query is not like s=name@number&t=topic.", code="bad_query") from problem
    return Wishes(streams, list(dict.fromkeys(fields.get("t", []))))


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"“{text}” is no number")
    return int(text)
