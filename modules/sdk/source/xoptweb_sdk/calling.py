"""What a module asks of the world outside: models, tools; and what it tells it."""

from __future__ import annotations

from typing import Any

from .bridge import current

TEMPERATURE = 0.1
MAX_TOKENS = 500


def call_llm(prompt: str, model: str = "ollama/llama3.2:3b", trace_instance: Any = None, **kwargs: Any) -> str:
    """The model's answer, stripped; an error is part of the answer: "Error: LLM call failed: …".

    `trace_instance` is taken for the sake of older modules; the trace sees every call without it.
    """
    request: dict[str, Any] = {"prompt": prompt, "model": model, "temperature": TEMPERATURE, "max_tokens": MAX_TOKENS}
    request.update(kwargs)
    try:
        return str(current().call_llm(request)["text"]).strip()
    except Exception as error:  # noqa: BLE001 – the contract: a module sees the error as text
        return f"Error: LLM call failed: {error}"


def call_tool(name: str, /, **arguments: Any) -> Any:
    """The answer of one of the host's tools.

    Raises:
        ModuleError: there is no such tool, the module may not use it, or it failed.
    """
    return current().call_tool(name, arguments)


def artifact(title: str, content: bytes | str, kind: str = "", name: str = "") -> dict[str, Any]:
    """Keep something for people to look at; what it became: `artifact`, `kind`, `title`, `link`.

    `kind` is image, notebook, command, html or file; without one it is what `name` and the content say.

    Raises:
        ModuleError: the content is not of its kind, or it is too much.
    """
    from base64 import b64encode

    raw = content.encode() if isinstance(content, str) else bytes(content)
    return current().artifact({"title": title, "content": b64encode(raw).decode(), "kind": kind, "name": name})


def progress(fraction: float | None = None, text: str = "") -> None:
    """Tell people how far the run is, from 0 to 1, and what it does."""
    current().progress(fraction, text)
