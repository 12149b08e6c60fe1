"""One way to ask a model: any OpenAI-compatible endpoint, named by the settings."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.prices import cost
from xoptweb.config import config
from xoptweb.errors import Unavailable

if TYPE_CHECKING:
    from openai import OpenAI

RETRIES = 2
NO_KEY = "none"  # local servers ask for none, the client insists on a string


@dataclass(frozen=True)
class Completion:
    """What a model said. Tokens as the endpoint counts them; `cost` in US dollars, None where it is unknown."""

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    latency_s: float
    cost: float | None = None


def complete(
    prompt: str = "",
    *,
    messages: Iterable[Mapping[str, Any]] | None = None,
    model: str = "",
    temperature: float = 0.1,
    max_tokens: int = 500,
) -> Completion:
    """Ask the configured endpoint once, with the client's own retries; `messages` replace a `prompt`.

    The endpoint's own model answers: names that modules use are mapped to it.

    Raises:
        Unavailable: `no_model`: none is configured; `model_failed`: the endpoint did not answer, or refused.
    """
    from openai import OpenAIError

    settings = config()
    if not settings.llm_base_url:
        raise Unavailable("No model is configured: set XOPTWEB_LLM_BASE_URL.", code="no_model")
    asked = list(messages) if messages is not None else [{"role": "user", "content": prompt}]
    began = time.monotonic()
    try:
        with _client() as client:
            answer = client.chat.completions.create(
                model=settings.llm_model or model,
                messages=asked,  # type: ignore[arg-type] # data from outside, checked by the endpoint
                temperature=temperature,
                max_tokens=max_tokens,
            )
    except OpenAIError as error:
        raise Unavailable(f"The model did not answer: {error}", code="model_failed") from error
    if not getattr(answer, "choices", None):  # a proxy's page of HTML, say, comes as text
        raise Unavailable("The model's answer holds nothing.", code="model_failed")
    usage = answer.usage
    return Completion(
        text=(answer.choices[0].message.content or "").strip(),
        model=answer.model,
        tokens_in=usage.prompt_tokens if usage else 0,
        tokens_out=usage.completion_tokens if usage else 0,
        latency_s=time.monotonic() - began,
        cost=cost(usage.prompt_tokens, usage.completion_tokens) if usage else None,
    )


def _client() -> "OpenAI":
    """A client that reads nothing from the environment but what is given here."""
    from openai import OpenAI

    settings = config()
    return OpenAI(
        base_url=settings.llm_base_url,
        api_key=settings.llm_key or NO_KEY,
        timeout=settings.llm_timeout_s,
        max_retries=RETRIES,
    )
