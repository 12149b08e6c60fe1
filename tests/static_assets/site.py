"""A small site for the browser: pages from a dict, the real static files, and a real WebSocket to play the server."""

import json
import logging
import mimetypes
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests.patience import patient

STATIC = Path(__file__).resolve().parents[2] / "static"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
LOOK = '<link rel="stylesheet" href="/static/css/theme.css">'  # only where a test looks at the page: it is many files
HTMX = '{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyEnabled":false}'
TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}


@dataclass
class Follower:
    """One WebSocket connection that a page has made."""

    connection: ServerConnection
    query: dict[str, list[str]]
    received: list[str | bytes]

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def events(self, stream: str, *numbers: int, kind: str = "evaluation", payload: Any = None) -> None:
        events = [{"n": n, "kind": kind, "at": "2026-01-01T00:00:00Z", "payload": payload or {}} for n in numbers]
        self.send(type="events", stream=stream, events=events)


@dataclass
class Site:
    """What the browser gets. `answers` maps a path to a body; `asked` lists every path that was asked for."""

    base: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    followers: "queue.Queue[Follower]" = field(default_factory=queue.Queue)
    present: list[Follower] = field(default_factory=list)

    def page(self, body: str, *scripts: str, head: str = "") -> str:
        """Put a page that loads these of our modules at /page and return its address."""
        modules = "".join(f'<script type="module" src="/static/js/{name}.js"></script>' for name in scripts)
        self.answers["/page"] = f"""<!doctype html><html lang="en" data-bs-theme="dark"><head><meta charset="utf-8">
            <title>page</title><meta name="htmx-config" content='{HTMX}'>{head}
            <script defer src="/static/vendor/htmx/htmx.min.js"></script>
            <script defer src="/static/vendor/idiomorph/idiomorph-ext.min.js"></script>{modules}</head>
            <body hx-ext="morph">{body}<div class="notices"></div></body></html>"""
        return f"{self.base}/page"

    def follower(self, timeout: float = 5) -> Follower:
        """The next connection that the page makes."""
        return self.followers.get(timeout=patient(timeout))

    def http(self, _connection: ServerConnection, request: Request) -> Response | None:
        path = urlsplit(request.path).path
        if path == "/ws/live/":
            return None
        self.asked.append(path)
        if path.startswith("/static/") and (STATIC / path.removeprefix("/static/")).is_file():
            content = (STATIC / path.removeprefix("/static/")).read_bytes()
            return answer(200, TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "text/plain", content)
        if path in self.answers:
            kind = "application/json" if path.endswith(".json") else "text/html; charset=utf-8"
            return answer(200, kind, self.answers[path].encode())
        return answer(404, "text/plain", b"")

    def socket(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        query = parse_qs(urlsplit(connection.request.path).query)
        follower = Follower(connection, query, [])
        self.present.append(follower)
        self.followers.put(follower)
        try:
            follower.received.extend(connection)
        except ConnectionClosed:
            return

    def clear(self) -> None:
        """Leave the pages and connections of the test before."""
        for follower in self.present:
            follower.connection.close()
        self.answers.clear()
        self.asked.clear()
        self.present.clear()
        self.followers = queue.Queue()


def answer(status: int, kind: str, content: bytes) -> Response:
    headers = {"Content-Type": kind, "Content-Length": str(len(content)), "Content-Security-Policy": POLICY}
    keep = "max-age=600" if status == 200 and kind.startswith(("text/javascript", "text/css", "font/")) else "no-store"
    return Response(status, "", Headers({**headers, "Cache-Control": keep, "Connection": "close"}), content)


@contextmanager
def running() -> Iterator[Site]:
    """Serve a site on a free port of this host."""
    site = Site()
    silent = logging.getLogger("static_assets.site")
    silent.disabled = True  # a browser that closes an idle connection is no news
    with serve(site.socket, "127.0.0.1", 0, process_request=site.http, logger=silent) as server:
        site.base = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield site
        site.clear()
        server.shutdown()
        thread.join()
