"""A person's browser, as far as the server sees one: a logged-in session on a connection that is kept open."""

import http.client
import time
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True)
class Answer:
    """`seconds` from sending the request to having all of the answer."""

    status: int
    body: bytes
    seconds: float


class Browser:
    """Logged in from the start; one connection, one request at a time."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.host = urlsplit(address).netloc
        self.cookies: dict[str, str] = {}
        self._connection = http.client.HTTPConnection(self.host, timeout=30)
        self.get("/login/")
        answer = self.post("/login/", username=username, password=password)
        if answer.status != 302 or "xoptweb_session" not in self.cookies:
            raise RuntimeError(f"{username} could not log in: {answer.status}")

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def post(self, path: str, *, accept: str = "text/html", **fields: str) -> Answer:
        """Send a form, with the token of the page it stands on."""
        token = self.cookies["xoptweb_csrf"]
        body = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": accept, "X-CSRFToken": token,
            "Origin": f"http://{self.host}",
        }  # fmt: skip
        return self._ask("POST", path, body, headers)

    @property
    def cookie(self) -> str:
        """The header by which the server knows this session."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        began = time.monotonic()
        self._connection.request(method, path, body, headers | ({"Cookie": self.cookie} if self.cookies else {}))
        answer = self._connection.getresponse()
        content = answer.read()
        took = time.monotonic() - began
        for header in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        return Answer(answer.status, content, took)
