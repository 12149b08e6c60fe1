"""How a call to an endpoint goes wrong, in words and with what follows from it."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agents.gateway.pieces import TooLarge
from xoptweb.errors import Unavailable

if TYPE_CHECKING:
    import openai

LONGEST = 500  # characters of what an endpoint says about its failure


class Failure(Unavailable):
    """`again`: another attempt can help. `ill`: the endpoint itself is at fault, which its circuit breaker counts."""

    def __init__(self, message: str, *, code: str, again: bool = False, ill: bool = False, wait_s: float = 0.0) -> None:
        super().__init__(message, code=code)
        self.again, self.ill, self.wait_s = again, ill, wait_s


def failure(problem: Exception, timeout_s: float) -> Failure:  # noqa: PLR0911 - one for each way to fail
    """What went wrong, as the one who asked is told."""
    import httpx
    import openai

    if isinstance(problem, Failure):
        return problem
    causes = {type(one) for one in _chain(problem)}
    if TooLarge in causes:
        return Failure("The model's answer is far too large.", code="too_large")
    if isinstance(problem, TimeoutError | asyncio.TimeoutError | openai.APITimeoutError | httpx.TimeoutException):
        return Failure(f"The model did not answer: {timeout_s:g} s of silence.", code="slow", again=False, ill=True)
    if isinstance(problem, openai.APIStatusError):
        return _status(problem)
    if isinstance(problem, openai.APIConnectionError):
        cause = problem.__cause__
        if isinstance(cause, httpx.RemoteProtocolError | httpx.ReadError):
            return Failure("The model did not answer: the connection broke.", code="cut_off", again=True, ill=True)
        return Failure("The model did not answer: nothing listens there.", code="unreachable", again=True, ill=True)
    if isinstance(problem, httpx.HTTPError):
        return Failure("The model's answer was cut off.", code="cut_off", again=True, ill=True)
    if isinstance(problem, openai.APIError):
        return Failure(f"The model failed: {_short(problem.message)}", code="refused", ill=True)
    if isinstance(problem, json.JSONDecodeError | ValidationError | UnicodeDecodeError | openai.OpenAIError):
        return Failure("What the endpoint sent is not the answer of a model.", code="nonsense")
    raise problem


def _status(problem: "openai.APIStatusError") -> Failure:
    status, said = problem.status_code, _short(_said(problem))
    if status == 429 or status >= 500:
        wait_s = _seconds(problem.response.headers.get("Retry-After", ""))
        message = f"The model did not answer: the endpoint says {status}, {said}"
        return Failure(message, code="busy", again=True, ill=True, wait_s=wait_s)
    return Failure(f"The endpoint refused: {status}, {said}", code="refused")


def _said(problem: "openai.APIStatusError") -> str:
    body: Any = problem.body
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    return problem.message


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
