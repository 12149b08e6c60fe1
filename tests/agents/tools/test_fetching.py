"""Fetching from outside: named hosts, public addresses, bounded answers."""

import contextlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agents.outside.addresses import public
from agents.outside.fetch import fetch
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import NotAllowed, Unavailable
from xoptweb.tools.registry import call
from xoptweb.tools.serving import serving
from xoptweb.tools.watched import WantedNoMore

PAGES: dict[str, tuple[int, str, bytes]] = {
    "/": (
        200,
        "text/html; charset=utf-8",
        b"<head><title>x</title></head><p>Hello<script>bad()</script> there</p><p>you",
    ),
    "/data": (200, "application/json", b'{"a": 1}'),
    "/binary": (200, "image/png", b"\x89PNG"),
    "/huge": (200, "text/plain", b"x" * 1_500_000),
    "/latin": (200, "text/plain; charset=latin-1", "grün".encode("latin-1")),
    "/away": (302, "http://other.example/", b""),
    "/inside": (302, "http://localhost:1/", b""),
    "/round": (302, "/round", b""),
    "/next": (302, "/data", b""),
}
DROPS, DROP_S = 100, 0.02
HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n"
DRIPPING = {  # beginning, what drips, end
    "/drips-its-headers": (HEAD, b"X: x\r\n", b"\r\nhere"),
    "/drips-its-text": (HEAD + b"\r\n", b"x", b"here"),
}

nobody_waits, site_ends = threading.Event(), threading.Event()


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            nobody_waits.wait(30)
            return
        if self.path in DRIPPING:
            self._drip()
            return
        status, kind, body = PAGES[self.path]
        self.send_response(status)
        self.send_header("Location" if status == 302 else "Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _drip(self) -> None:
        """A page that comes in the end, and is never silent for long before that."""
        begins, drops, ends = DRIPPING[self.path]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for part in (begins, *[drops] * DROPS, ends):
                self.wfile.write(part)
                site_ends.wait(DROP_S)

    def log_message(self, *_: object) -> None:
        """Tests look at what was fetched."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    site_ends.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    site_ends.set()
    server.shutdown()
    server.server_close()
    thread.join()


def anything(_: str) -> bool:
    """This host counts as public, so that a page can be had without the internet."""
    return True


def test_a_page_is_read_as_a_person_would(site: str) -> None:
    assert fetch(f"http://{site}/", [site], is_public=anything).text == "Hello there\n\nyou"
    assert fetch(f"http://{site}/data", [site], is_public=anything).text == '{"a": 1}'
    assert fetch(f"http://{site}/latin", [site], is_public=anything).text == "grün"


def test_a_redirect_is_followed_to_an_allowed_host(site: str) -> None:
    page = fetch(f"http://{site}/next", [site], is_public=anything)
    assert (page.url, page.text) == (f"http://{site}/data", '{"a": 1}')


@pytest.mark.parametrize("path", ["/away", "/inside"])
def test_a_redirect_elsewhere_is_refused(site: str, path: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        fetch(f"http://{site}{path}", [site], is_public=anything)
    assert refused.value.code == "host_not_allowed"


def test_an_address_inside_is_refused_even_when_its_name_is_allowed(site: str) -> None:
    port = site.rpartition(":")[2]
    for host in (site, f"localhost:{port}"):
        with pytest.raises(NotAllowed) as refused:
            fetch(f"http://{host}/data", [host])
        assert refused.value.code == "private_address"


@pytest.mark.django_db
def test_cancelling_does_not_wait_for_a_slow_page(site: str, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that it would be the silence of the page that ends it."""
    monkeypatch.setattr("agents.outside.fetch.fetch", partial(fetch, is_public=anything))
    monkeypatch.setenv("XOPTWEB_FETCH_HOSTS", json.dumps([site]))
    config.cache_clear()
    with serving("conversation:7", lambda: True), pytest.raises(WantedNoMore):
        call("fetch", {"url": f"http://{site}/slow"}, Actor(user=olga))
    nobody_waits.set()
    monkeypatch.undo()
    config.cache_clear()


@pytest.mark.parametrize("path", sorted(DRIPPING))
def test_a_page_that_drips_is_left_when_its_time_is_over(site: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No silence is long enough to end it, and the page is whole in the end."""
    monkeypatch.setattr("agents.outside.fetch.LONGEST_S", DROPS * DROP_S / 10)
    with pytest.raises(Unavailable) as left:
        fetch(f"http://{site}{path}", [site], is_public=anything)
    assert left.value.code == "no_page"


@pytest.mark.parametrize("path", ["/binary", "/huge", "/round"])
def test_what_is_no_page_or_too_much_of_one_is_not_had(site: str, path: str) -> None:
    with pytest.raises(Unavailable):
        fetch(f"http://{site}{path}", [site], is_public=anything)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "http://user:pw@a.example/", "http://b.example/", "http://a.example:99999/",
     "http://a.example.evil.example/", "gopher://a.example", "not an address", "http://[::1"],
)  # fmt: skip
def test_other_addresses_are_refused_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(NotAllowed):
        fetch(url, ["a.example"])


@pytest.mark.parametrize(
    ("address", "expected"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.1.2.3", False),
     ("169.254.169.254", False), ("100.64.0.1", False), ("::1", False), ("fe80::1%eth0", False), ("fd00::1", False),
     ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False), ("224.0.0.1", False),
     ("0.0.0.0", False)],  # noqa: S104
)  # fmt: skip
def test_public_addresses_are_those_of_the_internet(address: str, expected: bool) -> None:
    assert public(address) is expected
