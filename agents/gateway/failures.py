"""How a call to an endpoint goes wrong, in words and with what follows from it."""

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agents.gateway.pieces import TooLarge, WebPage
from xoptweb.errors import Unavailable

if TYPE_CHECKING:
    import openai

LONGEST = 500  # characters of what an endpoint says about its failure
LOOK_AT = "check the base URL, and the login of a proxy in between."
BODIES: dict[type[BaseException], tuple[str, str]] = {
    TooLarge: ("The model's answer is far too large.", "too_large"),
    WebPage: (f"The server answered with a web page, not with the API: {LOOK_AT}", "web_page"),
}
TOO_LONG = ("exceed_context_size_error", "context_length_exceeded")  # of llama.cpp; of OpenAI and others
NEVER = 501  # what an endpoint says it cannot do, it cannot do a moment later
WHERE = {
    401: " Is its key the right one?",
    403: " Is its key the right one?",
    404: " Is its base URL right, which mostly ends in /v1, and the name of the model?",
}


class Failure(Unavailable):
    """`again`: another attempt can help. `ill`: the endpoint itself is at fault, which its circuit breaker counts."""

    def __init__(self, message: str, *, code: str, again: bool = False, ill: bool = False, wait_s: float = 0.0) -> None:
        super().__init__(message, code=code)
        self.again, self.ill, self.wait_s = again, ill, wait_s


def failure(  # noqa: PLR0911 - one for each way to fail
    problem: Exception, timeout_s: float, hidden: Callable[[str], str] = str
) -> Failure:
    """What went wrong, as the one who asked is told. `hidden` takes the key out of what the endpoint says of it."""
    import httpx
    import openai

    if isinstance(problem, Failure):
        return problem
    if found := BODIES.keys() & {type(one) for one in _chain(problem)}:
        message, code = BODIES[found.pop()]
        return Failure(message, code=code)
    if isinstance(problem, TimeoutError | asyncio.TimeoutError | openai.APITimeoutError | httpx.TimeoutException):
        return Failure(f"The model did not answer: {timeout_s:g} s of silence.", code="slow", again=False, ill=True)
    if isinstance(problem, openai.APIStatusError):
        return _status(problem, hidden)
    if isinstance(problem, openai.APIConnectionError):
        cause = problem.__cause__
        if isinstance(cause, httpx.RemoteProtocolError | httpx.ReadError):
            return Failure("The model did not answer: the connection broke.", code="cut_off", again=True, ill=True)
        return Failure("The model did not answer: nothing listens there.", code="unreachable", again=True, ill=True)
    if isinstance(problem, httpx.HTTPError):
        return Failure("The model's answer was cut off.", code="cut_off", again=True, ill=True)
    if isinstance(problem, openai.APIError):
        return Failure(f"The model failed: {_short(hidden(_said(problem)))}", code="refused", ill=True)
    if isinstance(problem, json.JSONDecodeError | ValidationError | UnicodeDecodeError | openai.OpenAIError):
        return Failure("What the endpoint sent is not the answer of a model.", code="nonsense")
    raise problem


def _status(problem: "openai.APIStatusError", hidden: Callable[[str], str]) -> Failure:
    status, said = problem.status_code, _short(hidden(_said(problem)))
    if _too_long(problem):
        return Failure(
            f"This is more than the model can read at once. The endpoint says: {said} An administrator can set the"
            " context tokens of its profile to what the endpoint has, or give the endpoint more.",
            code="too_long",
        )
    if status == 429 or (status >= 500 and status != NEVER):
        wait_s = _seconds(problem.response.headers.get("Retry-After", ""))
        message = f"The model did not answer: the endpoint says {status}, {said}"
        return Failure(message, code="busy", again=True, ill=True, wait_s=wait_s)
    if 300 <= status < 400:
        return Failure(f"The server sends elsewhere ({status}): {LOOK_AT}", code="refused")
    return Failure(f"The endpoint refused: {status}, {said}{WHERE.get(status, '')}", code="refused")


def _too_long(problem: "openai.APIStatusError") -> bool:
    body: Any = problem.body
    return isinstance(body, dict) and (body.get("type") in TOO_LONG or body.get("code") in TOO_LONG)


def _said(problem: "openai.APIError") -> str:
    """The sentence in what the endpoint sent: as OpenAI writes it, or as other servers do."""
    body: Any = problem.body
    if isinstance(body, dict):
        body = next((body[name] for name in ("message", "error", "detail") if body.get(name)), None)
    if isinstance(body, list | dict):
        body = json.dumps(body, ensure_ascii=False)
    text = " ".join(str(body).split()) if body else problem.message
    if not isinstance(problem.body, dict) and text.startswith("<"):
        return "with a web page."
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _seconds(text: str) -> float:
    return min(float(text), 60.0) if text.isascii() and text.isdigit() else 0.0


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _chain(problem: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while problem is not None and problem not in found:
        found.append(problem)
        problem = problem.__cause__ or problem.__context__
    return found
