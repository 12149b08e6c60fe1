"""Fetching one page as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urljoin, urlsplit

import httpcore

from agents.outside.addresses import Private, Public, PublicOnly, public
from agents.outside.deadline import Deadline
from agents.outside.reading import text_of
from xoptweb.errors import NotAllowed, Unavailable

LARGEST = 1_000_000  # bytes
LONGEST_S = 15.0  # for all of it, redirects as well; only resolving a name has the system's own limit
SILENCE_S = 5.0
MOST_REDIRECTS = 4
REDIRECTS = {301, 302, 303, 307, 308}
HEADERS: Mapping[bytes | str, bytes | str] = {
    "User-Agent": "xoptweb",
    "Accept": "text/*, application/json",
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str


def fetch(url: str, hosts: Sequence[str], *, is_public: Public = public) -> Page:
    """GET a page; every redirect is checked like the first address.

    Raises:
        NotAllowed: the host is not one of `hosts` (names with * and ?), or leads to a private address.
        Unavailable: it does not answer in time, answers too much, or nothing that is text.
    """
    with httpcore.ConnectionPool(network_backend=PublicOnly(is_public, Deadline(LONGEST_S))) as pool:
        for _ in range(MOST_REDIRECTS + 1):
            parts = _checked(url, hosts)
            status, headers, body = _get(pool, url)
            location = headers.get("location", "")
            if status not in REDIRECTS or not location:
                return Page(url, status, text_of(body, headers.get("content-type", "")))
            url = urljoin(parts.geturl(), location)
    raise Unavailable("The page leads from one address to the next.", code="too_many_redirects")


def _checked(url: str, hosts: Sequence[str]) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as problem:
        raise NotAllowed(f"This is no address: {problem}", code="bad_address") from problem
    if parts.scheme not in {"http", "https"} or parts.username or parts.password:
        raise NotAllowed("Only plain http and https addresses are fetched.", code="bad_address")
    named = f"{host}:{port}" if port else host
    if not any(fnmatchcase(named, pattern.lower()) for pattern in hosts):
        raise NotAllowed(f"{named} is not one of the hosts that are allowed here.", code="host_not_allowed")
    return parts


def _get(pool: httpcore.ConnectionPool, url: str) -> tuple[int, dict[str, str], bytes]:
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), SILENCE_S)
    try:
        with pool.stream("GET", url, headers=HEADERS, extensions={"timeout": timeout}) as answer:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            return answer.status, headers, _body(answer)
    except Private as problem:
        raise NotAllowed("That name leads to an address inside.", code="private_address") from problem
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as problem:
        raise Unavailable(
            f"The page was not to be had: {problem or type(problem).__name__}", code="no_page"
        ) from problem


def _body(answer: httpcore.Response) -> bytes:
    parts, size = [], 0
    for part in answer.iter_stream():
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise Unavailable(f"The page has more than {LARGEST} bytes.", code="too_large")
    return b"".join(parts)
