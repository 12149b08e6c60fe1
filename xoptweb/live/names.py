"""How streams and topics may be called, and what the channel layer calls their groups."""

import re

from xoptweb.errors import Invalid

VALID = re.compile(r"[a-z][a-z0-9_-]*(:[A-Za-z0-9_-]+)?")
LONGEST = 80


def check(name: str) -> str:
    """`name` itself: lower-case words, and after a colon what it is about, as in `campaign:42`.

    Raises:
        Invalid: it is not like that.
    """
    if len(name) > LONGEST or not VALID.fullmatch(name):
        raise Invalid(f"“{name[:LONGEST]}” is not the name of a stream or topic.", code="bad_stream_name")
    return name


def prefix(name: str) -> str:
    return name.partition(":")[0]


def stream_group(name: str) -> str:
    """The channel layer's group of a stream; group names have no colons."""
    return "live.stream." + name.replace(":", ".")


def topic_group(name: str) -> str:
    return "live.topic." + name.replace(":", ".")
