"""A scripted endpoint for models: a real HTTP server that speaks the OpenAI form and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Endpoint:
    """Answers in the order of `answers`: text, or a status and a body; the last one again and again.

    `delay_s` passes before each answer, or until the endpoint is closed.
    """

    answers: list[str | tuple[int, str]] = field(default_factory=lambda: ["an answer"])
    delay_s: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""
    closed: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, request: dict[str, Any], key: str) -> tuple[int, bytes]:
        with self._lock:
            self.asked.append(request)
            self.keys.append(key)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.closed.wait(self.delay_s)
        if isinstance(answer, tuple):
            return answer[0], answer[1].encode()
        return 200, json.dumps(completion(answer, request)).encode()


def completion(text: str, request: dict[str, Any]) -> dict[str, Any]:
    """One token a word."""
    counted = sum(len(str(message["content"]).split()) for message in request["messages"])
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": counted, "completion_tokens": len(text.split())}
    usage["total_tokens"] = sum(usage.values())
    made = {"id": "1", "object": "chat.completion", "created": 0, "model": request["model"]}
    return {**made, "choices": [choice], "usage": usage}


@contextmanager
def endpoint(*answers: str | tuple[int, str], delay_s: float = 0.0) -> Iterator[Endpoint]:
    """The endpoint on a free port of this machine; its `url` is what the settings want."""
    scripted = Endpoint(list(answers) or ["an answer"], delay_s)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = json.loads(self.rfile.read(length))
            status, body = scripted.take(request, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if body[:1] == b"{" else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests look at what was asked, not at a log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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
