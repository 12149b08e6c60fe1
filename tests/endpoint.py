"""A scripted endpoint for models: a real HTTP server that speaks the OpenAI form and keeps what it was asked."""

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

PIECE = re.compile(r"\S+\s*|\s+")


Call: TypeAlias = "tuple[str, dict[str, Any] | str]"


@dataclass(frozen=True)
class Said:
    """An answer in its parts. `cut`: the connection ends before the answer does. `hold` is awaited after the first
    piece of a stream. `raw` are lines of a stream, sent as they are."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    usage: bool = True
    cut: bool = False
    hold: threading.Event | None = None
    raw: Iterable[str] = ()


Answer: TypeAlias = "str | tuple[int, str] | Said"
Scripted: TypeAlias = "Answer | Callable[[dict[str, Any]], Answer]"


@dataclass
class Endpoint:
    """Answers in the order of `answers`: text, a status and a body, parts, or what a function of the request says; the
    last one again and again.

    `listing` is what it says of its models. `delay_s` passes before each answer, or until the endpoint is closed.
    """

    answers: list[Scripted] = field(default_factory=lambda: ["an answer"])
    delay_s: float = 0.0
    listing: tuple[int, str] = (404, '{"detail": "Not Found"}')
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""
    closed: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: dict[str, Any], key: str) -> Answer:
        with self._lock:
            self.asked.append(request)
            self.keys.append(key)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.closed.wait(self.delay_s)
        return answer(request) if callable(answer) else answer


def completion(said: Said, request: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said.text}
    if said.calls:
        message["tool_calls"] = tool_calls(said)
    choice = {"index": 0, "message": message, "finish_reason": finish(said)}
    return {**made(request, "chat.completion"), "choices": [choice], **usage(said, request)}


def usage(said: Said, request: dict[str, Any]) -> dict[str, Any]:
    """One token a word."""
    if not said.usage:
        return {}
    counted = sum(len(str(message["content"]).split()) for message in request["messages"])
    used = {"prompt_tokens": counted, "completion_tokens": len(said.text.split())}
    return {"usage": used | {"total_tokens": sum(used.values())}}


def made(request: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "1", "object": kind, "created": 0, "model": request["model"]}


def tool_calls(said: Said) -> list[dict[str, Any]]:
    return [
        {
            "index": number,
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for number, (name, given) in enumerate(said.calls)
    ]


def finish(said: Said) -> str:
    return "tool_calls" if said.calls else "stop"


def stream(said: Said, request: dict[str, Any]) -> Iterator[str]:
    """The lines of a streamed answer: a word each, then the calls, the end, and what it used."""
    base = made(request, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], end: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": end}
        return f"data: {json.dumps({**base, 'choices': [choice]})}\n\n"

    for number, word in enumerate(PIECE.findall(said.text)):
        if number == 1 and said.hold is not None:
            said.hold.wait(30)
        yield chunk({"content": word})
    if said.cut:
        return
    if said.calls:
        yield chunk({"tool_calls": tool_calls(said)})
    yield chunk({}, finish(said))
    if said.usage:
        yield f"data: {json.dumps({**base, 'choices': [], **usage(said, request)})}\n\n"
    yield "data: [DONE]\n\n"


class Handler(BaseHTTPRequestHandler):
    scripted: Endpoint

    def do_GET(self) -> None:
        status, body = self.scripted.listing
        self._whole(status, body.encode())

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        request = json.loads(self.rfile.read(length))
        answer = self.scripted.take(request, self.headers.get("Authorization", ""))
        try:
            self._send(answer, request)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _send(self, answer: Answer, request: dict[str, Any]) -> None:
        if isinstance(answer, tuple):
            self._whole(answer[0], answer[1].encode())
            return
        said = Said(answer) if isinstance(answer, str) else answer
        if request.get("stream"):
            self._stream(said, request)
        else:
            self._whole(200, json.dumps(completion(said, request)).encode(), cut=said.cut)

    def _whole(self, status: int, body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if body[:1] == b"{" else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)

    def _stream(self, said: Said, request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for line in said.raw or stream(said, request):
            self.wfile.write(line.encode())
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Tests look at what was asked, not at a log."""


@contextmanager
def endpoint(*answers: Scripted, delay_s: float = 0.0) -> Iterator[Endpoint]:
    """The endpoint on a free port of this machine; its `url` is what the settings want."""
    scripted = Endpoint(list(answers) or ["an answer"], delay_s)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Scripted", (Handler,), {"scripted": scripted}))
    server.daemon_threads = True
    scripted.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        scripted.closed.set()
        server.shutdown()
        server.server_close()
        thread.join()
