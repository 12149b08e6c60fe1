"""One event as the browser gets it."""

import json
from collections.abc import Iterable
from typing import Any

from xoptweb.live.models import Event


def encode(event: Event) -> str:
    """The event as JSON text: `{"n": 18, "kind": …, "at": …, "payload": {…}}`."""
    return json.dumps(as_dict(event), separators=(",", ":"), ensure_ascii=False)


def as_dict(event: Event) -> dict[str, Any]:
    return {"n": event.number, "kind": event.kind, "at": event.at.isoformat(), "payload": event.payload}


def frame(stream: str, texts: Iterable[str]) -> str:
    """The websocket message of some encoded events of one stream."""
    return f'{{"type":"events","stream":{json.dumps(stream)},"events":[{",".join(texts)}]}}'
