"""Holding an answer against what it rests on: the results of tools."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, Field

from agents.gateway import structured
from agents.gateway.request import Cancelled, Cause, Completion, Request
from agents.models import Message
from agents.prompts.shipped import CHECK
from agents.services import prompts
from xoptweb.config import config
from xoptweb.errors import Problem

NUMBER = re.compile(r"(?<![\w.])[-−+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")
LINK = re.compile(r"\]\((/[^)\s]*)\)")
SMALL = 10  # whole numbers up to here are counted by anybody
MOST_NUMBERS = 12
NO_TIME = "no time was left for more."
SOURCES = 24_000  # characters of results that the checking model reads, the newest of them


class Claim(BaseModel):
    quote: str = Field(max_length=1000, description="Word for word from the answer.")
    why: str = Field(max_length=400, description="What is missing or different in the results.")


class Verdict(BaseModel):
    """Statements that the results do not support; empty when all are supported."""

    unsupported: list[Claim] = Field(max_length=20)


def verify(
    answer: str, rows: Sequence[Message], model: str, cause: Cause,
    spent: Callable[[Completion], None], cancelled: Callable[[], bool],
) -> dict[str, Any]:  # fmt: skip
    """What is not supported: numbers and links by rule, statements by a model where that is switched on.

    `rows` are the messages before the answer. A check that fails, or is cancelled, is a verdict that says so.
    """
    results = [row for row in rows if row.role == Message.Role.TOOL and not row.failed]
    sources = [json.dumps(row.result, ensure_ascii=False) for row in results]
    asked = [row.text for row in rows if row.role == Message.Role.USER]
    found: dict[str, Any] = {
        "results": len(results),
        "numbers": unknown_numbers(answer, [*sources, *asked]),
        "links": unknown_links(answer, sources),
        "claims": [],
        "by_model": False,
        "trouble": "",
    }
    if not results or not config().agent_verify:
        return found
    try:
        request = _request(answer, sources, model)
        checked = structured(request, Verdict, cause, repairs=1, spent=spent, cancelled=cancelled)
    except Cancelled:
        return found | {"trouble": NO_TIME}
    except Problem as problem:
        return found | {"trouble": problem.message}
    claims = [claim.model_dump() for claim in checked.value.unsupported if _stands_in(claim.quote, answer)]
    return found | {"claims": claims, "by_model": True}


def _request(answer: str, sources: list[str], model: str) -> Request:
    read = "\n".join(sources)[-SOURCES:]
    used = prompts.in_force(CHECK)
    told = [{"role": "user", "content": used.filled(results=read, answer=answer)}]
    return Request(told, model=model, max_tokens=1500, temperature=0.0, prompt_version=used.version)


def unknown_numbers(answer: str, sources: Sequence[str]) -> list[str]:
    """Numbers of the answer that stand in no source, not even with more digits."""
    known = [_value(text) for source in sources for text in NUMBER.findall(source)]
    said = dict.fromkeys(NUMBER.findall(LINK.sub("", answer)))
    return [text for text in said if not _known(text, known)][:MOST_NUMBERS]


def _known(text: str, known: Sequence[float]) -> bool:
    value = abs(_value(text))
    if value <= SMALL and value == int(value):
        return True
    step = _step(text)
    return any(abs(abs(each) - value) <= step / 2 * 1.0001 for each in known)


def _step(text: str) -> float:
    """The worth of the last digit: 0.1 for 61.3."""
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(f"1e{int(exponent or 0) - decimals}")


def _value(text: str) -> float:
    return float(text.replace("−", "-"))


def unknown_links(answer: str, sources: Sequence[str]) -> list[str]:
    """Links of the answer that no tool gave."""
    return [
        link for link in dict.fromkeys(LINK.findall(answer)) if not any(f'"{link}"' in source for source in sources)
    ]


def _stands_in(quote: str, answer: str) -> bool:
    """A quote that is none says nothing about the answer."""
    return bool(quote.strip()) and " ".join(quote.casefold().split()) in " ".join(answer.casefold().split())
