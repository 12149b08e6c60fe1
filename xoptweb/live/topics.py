"""Latest-value topics: not stored, only the newest value of each entry counts."""

from collections.abc import Callable, Mapping
from typing import Any

from xoptweb.live import names, notices
from xoptweb.plain import plain

Latest = Callable[[str], Mapping[str, Any]]

_sources: dict[str, Latest] = {}


def send(topic: str, values: Mapping[str, Any]) -> None:
    """Tell the topic's followers its changed entries (entry name → JSON value). Neither blocks nor raises for a broker.

    Raises:
        Invalid: the topic's name is not one.
    """
    group = names.topic_group(names.check(topic))
    message = {"type": "live.values", "topic": topic, "values": plain(values)}
    notices.tell(group, lambda: message)


def register_latest(prefix: str, latest: Latest) -> None:
    """Where all present entries of a topic such as `values:demo-linac` can be read, by the topic's prefix.

    Followers get them when they connect, and what a lost message left stale is corrected from there.
    """
    _sources[prefix] = latest


def latest(topic: str) -> Mapping[str, Any]:
    """All present entries of the topic; none where nobody registered a source."""
    source = _sources.get(names.prefix(topic))
    return source(topic) if source else {}
