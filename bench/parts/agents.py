"""The assistant: from asking a model to its first word in a browser, a step of the loop, a long conversation."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from bench.browser import Browser
from bench.figures import Figure, median, milliseconds, quantile
from bench.model import WHEN
from bench.rivals import bare_model
from bench.world import PASSWORD, World, world
from tests import processes

if TYPE_CHECKING:
    from agents.models import Conversation, Message

ASKED, WARM_UP = 100, 5
TURNS, STEPS = 6, 16
MESSAGES, EACH = 500, 5
TURNS_A_PAGE = 20
OPENED = 60
QUIET_S = 0.3  # between two turns, as a person reads an answer before asking on: longer than pushes are held together
FIRST_MS, STEP_MS, OPENED_MS = 50.0, 15.0, 300.0
CLIENT = "bare openai client, no browser"
LOOP = "bare loop, all in memory"
PLENTY = {
    "XOPTWEB_AGENT_STEPS": str(STEPS),
    "XOPTWEB_AGENT_TURN_TOKENS": "10000000",
    "XOPTWEB_LLM_CONTEXT_TOKENS": "1000000",
}


def measure(directory: Path) -> list[Figure]:
    with model() as url, world(directory, XOPTWEB_LLM_BASE_URL=url, XOPTWEB_LLM_MODEL="bench", **PLENTY) as here:
        return [*_first_words(here, url), *_steps(here, url), *_long_conversation(here)]


@contextmanager
def model() -> Iterator[str]:
    """Where it listens."""
    with processes.running([sys.executable, "-m", "bench.model"], stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("the model has no output")
        yield process.stdout.readline().decode().strip()


def _first_words(here: World, url: str) -> list[Figure]:
    """Of each answer: first piece in the browser, less the time that the model took, less the moment of the call."""
    conversation = _begun(here)
    browser = Browser(here.address, "olga", PASSWORD)
    out = here.directory / "drafts"
    words = [here.address, browser.cookie, str(conversation.pk), str(out)]
    follower = processes.start([sys.executable, "-m", "bench.drafts", *words], stdout=subprocess.PIPE)
    try:
        if follower.stdout is None or follower.stdout.readline().strip() != b"following":
            raise RuntimeError("the websocket client does not follow the conversation")
        called = [_ask(here, conversation) for _ in range(WARM_UP + ASKED)]
        time.sleep(0.5)
    finally:
        processes.end(follower)
    ours = _beyond(called, out.read_text().splitlines())[WARM_UP:]
    theirs = bare_model.first_words(url, WARM_UP + ASKED)[WARM_UP:]
    what = "model asked → first words in the browser, beyond the model's own time"
    return [
        Figure("agents", f"{what}, p95", quantile(ours, 0.95), "ms", FIRST_MS, quantile(theirs, 0.95), CLIENT),
        Figure("agents", f"{what}, median", median(ours), "ms", None, median(theirs), CLIENT),
    ]


def _begun(here: World) -> "Conversation":
    from agents.services import conversations

    return conversations.begin(by=here.actor("olga"))


def _ask(here: World, conversation: "Conversation") -> float:
    """A whole turn, as a worker does it, with all that pages are told of it; when its model was called."""
    from agents.gateway import asking
    from agents.loop import turn as turns
    from agents.services import conversations

    called: list[float] = []

    def ask(*given: Any, **more: Any) -> Any:
        called.append(time.monotonic())
        return asking.ask(*given, **more)

    turn = conversations.ask(conversation, WHEN, by=here.actor("olga"), here=True)
    with patch.object(turns, "ask", ask):
        turns.run(turn.pk)
    turn.refresh_from_db()
    if turn.state != turn.State.DONE:
        raise RuntimeError(f"a turn ended otherwise: {turn.state} {turn.message}")
    time.sleep(QUIET_S)
    return called[0]


def _beyond(called: list[float], lines: list[str]) -> list[float]:
    """Raises RuntimeError: not every answer was seen."""
    firsts = {line.split()[1]: line for line in reversed(lines) if "|" in line}  # what was sent again counts once
    seen = sorted(_first(line) for line in firsts.values())
    if len(seen) != len(called):
        raise RuntimeError(f"{len(seen)} of {len(called)} answers were seen")
    return [milliseconds(at - begun - own) for begun, (at, own) in zip(called, seen, strict=True)]


def _first(line: str) -> tuple[float, float]:
    """When a first piece was seen, and how long the model had thought."""
    at, _, text = line.partition(" ")
    received, _, sent = text.partition("|")
    return float(at), float(sent.split()[0]) - float(received)


@dataclass
class Laps:
    """Times between the results of tools, each without its call of the model and without the tool itself."""

    last: float = 0.0
    model_s: float = 0.0

    def __post_init__(self) -> None:
        self.beyond: list[float] = []

    def take(self, row: "Message") -> None:
        now = time.monotonic()
        if row.role == row.Role.ASSISTANT:
            call = row.model_call
            self.model_s = (call.latency_s or 0.0) if call is not None else 0.0
            self.last += (time.monotonic() - now) if self.last else 0.0  # what this reading took is no part of the step
            return
        if self.last:
            self.beyond.append(milliseconds(now - self.last - self.model_s - (row.seconds or 0.0)))
        self.last = time.monotonic()


def _steps(here: World, url: str) -> list[Figure]:
    """Turns that call a tool in each step until their limit, in this process."""
    from agents.loop import turn as turns
    from agents.services import conversations

    by, ours = here.actor("olga"), list[float]()
    for _ in range(TURNS):
        conversation, laps = conversations.begin(by=by), Laps()
        turn = conversations.ask(conversation, "which channels are there?", by=by, here=True)
        turns.run(turn.pk, on_text=lambda _: None, on_event=laps.take)
        turn.refresh_from_db()
        if turn.code != "steps":
            raise RuntimeError(f"a turn ended otherwise: {turn.state} {turn.message}")
        ours += laps.beyond
    theirs = bare_model.steps(url, len(ours))
    what = "a step of the loop, without model and tool"
    return [
        Figure("agents", f"{what}, median", median(ours), "ms", STEP_MS, median(theirs), LOOP),
        Figure("agents", f"{what}, p95", quantile(ours, 0.95), "ms", None, quantile(theirs, 0.95), LOOP),
    ]


def _long_conversation(here: World) -> list[Figure]:
    conversation = _begun(here)
    _fill(conversation)
    browser, page = Browser(here.address, "olga", PASSWORD), f"/assistant/{conversation.pk}/"
    newest = _opened(browser, page)
    earlier = _opened(browser, f"{page}?before={conversation.turns.count() - TURNS_A_PAGE + 1}")
    what = f"open a conversation of {MESSAGES} messages"
    return [
        Figure("agents", f"{what}, p95", quantile(newest, 0.95), "ms", OPENED_MS),
        Figure("agents", f"{what}, median", median(newest), "ms"),
        Figure("agents", f"{what} at an earlier page, p95", quantile(earlier, 0.95), "ms", OPENED_MS),
    ]


def _opened(browser: Browser, page: str) -> list[float]:
    """Milliseconds of each opening."""
    times = []
    for number in range(WARM_UP + OPENED):
        answer = browser.get(page)
        if answer.status != 200 or answer.body.count(b'id="turn-') != TURNS_A_PAGE:
            raise RuntimeError(f"{page} was answered with {answer.status}, or with other turns")
        if number >= WARM_UP:
            times.append(milliseconds(answer.seconds))
    return times


def _fill(conversation: "Conversation") -> None:
    """Turns of five messages: a question, two calls with their results, an answer."""
    from agents.models import Message, Turn
    from xoptweb.transactions import transaction

    channels = [{"channel": f"Q{n}", "value": n / 7, "link": f"/machine/bench/channels/Q{n}/"} for n in range(20)]
    for first in range(0, MESSAGES, EACH):
        with transaction("one turn of a long conversation"):
            turn = Turn.objects.create(conversation=conversation, number=first // EACH + 1, state="done", steps=2)
            rows: list[dict[str, Any]] = [
                {"role": "user", "text": "Which quadrupoles moved last, and by how much?"},
                {"role": "assistant", "text": "I look.", "calls": [_call("a"), _call("b")]},
                {"role": "tool", "call_id": "a", "tool": "find_channels", "result": channels, "seconds": 0.01},
                {"role": "tool", "call_id": "b", "tool": "find_channels", "result": channels, "seconds": 0.01},
                {"role": "assistant", "text": "**Q1** moved, see [Q1](/machine/bench/channels/Q1/).\n\n- by 0.1\n" * 5},
            ]
            for at, row in enumerate(rows):
                Message.objects.create(conversation=conversation, turn=turn, number=first + at + 1, **row)


def _call(identity: str) -> dict[str, Any]:
    return {"id": identity, "name": "find_channels", "arguments": {"words": "quadrupole"}, "text": ""}
