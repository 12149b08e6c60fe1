"""Asking a model: the one way, whoever asks."""

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agents.gateway import blocks, breaker, budgets, hiding, record, thoughts, wire
from agents.gateway.body import body
from agents.gateway.failures import Failure, failure
from agents.gateway.pieces import Reply
from agents.gateway.profiles import Profile, chosen
from agents.gateway.request import Called, Cancelled, Cause, Completion, Request
from agents.gateway.tokens import of_messages, tokens
from agents.models import ModelCall
from xoptweb.plain import storable

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
LOOK_EVERY_S = 0.1

OnText = Callable[[str], None]
OnPartial = Callable[[Completion], None]
Stop = Callable[[], bool]


def complete(
    prompt: str = "",
    *,
    messages: Iterable[Mapping[str, Any]] | None = None,
    model: str = "",
    temperature: float = 0.1,
    max_tokens: int = 500,
    cause: Cause | None = None,
) -> Completion:
    """The answer to a prompt, or to `messages`, without tools and not streamed. Raises as `ask`."""
    asked = list(messages) if messages is not None else [{"role": "user", "content": prompt}]
    return ask(Request(asked, model=model, temperature=temperature, max_tokens=max_tokens), cause or Cause())


def ask(
    request: Request,
    cause: Cause,
    *,
    on_text: OnText | None = None,
    on_partial: OnPartial | None = None,
    cancelled: Stop | None = None,
    profile: Profile | None = None,
) -> Completion:
    """Ask the profile that answers for `request.model`. With `on_text` the answer is streamed to it as it comes; where
    it then ends badly, `on_partial` gets what had come, whose tokens are used up all the same.

    What does not answer is tried again, as often as the profile says, unless some of the answer was streamed already.
    Every call is recorded. The model's tool calls are its own words: whoever runs them checks them. The profile's key
    is in nothing that comes back.

    Raises:
        Unavailable: `no_model`, `model_busy`, or a `failures.Failure` with its code.
        Conflict: a budget is used up.
        Cancelled: `cancelled` said so; it is asked several times a second.
    """
    profile = profile or chosen(request.model)
    breaker.check(profile)
    budgets.check(profile, cause.user)
    sent = body(profile, request)
    prompt = {"messages": sent["messages"], "tools": [tool.name for tool in request.tools]}
    row = record.begin(
        profile, cause, model=request.model, prompt=prompt, prompt_version=request.prompt_version, cancelled=cancelled
    )
    attempt = Attempts(profile, sent, on_text, cancelled)
    try:
        reply = attempt.run()
    except BaseException as problem:
        partial = _partial(request, attempt, row)
        record.end(row, **_ending(problem), **attempt.facts(), **_used(profile, attempt, partial))
        if partial is not None and on_partial is not None:
            on_partial(partial)
        raise
    return _completed(profile, request, reply, attempt, row)


@dataclass
class Attempts:
    """One call with its repetitions, and what is measured of it."""

    profile: Profile
    sent: dict[str, Any]
    on_text: OnText | None
    cancelled: Stop | None

    def __post_init__(self) -> None:
        self.began = time.monotonic()
        self.first_s: float | None = None
        self.made = 0
        self.streamed: list[str] = []

    def run(self) -> Reply:
        """Raises Failure or Cancelled."""
        while True:
            self.made += 1
            self._coming = hiding.Stream(self.profile.key)
            try:
                reply = wire.exchange(
                    self.profile, self.sent, on_text=self._take if self.on_text else None, cancelled=self.cancelled
                )
                self._show(self._coming.rest())
                return reply
            except Cancelled:
                raise
            except Exception as problem:  # noqa: BLE001 - told apart there, and raised again when it is no failure
                told = failure(problem, self.profile.timeout_s, self.profile.hidden)
            if not told.again or self.streamed or self.made >= self.profile.attempts:
                raise told
            self._wait(told.wait_s)

    def facts(self) -> dict[str, Any]:
        return {"attempts": self.made, "first_s": self.first_s, "latency_s": self.latency_s}

    @property
    def latency_s(self) -> float:
        return time.monotonic() - self.began

    def _take(self, text: str) -> None:
        if self.first_s is None:
            self.first_s = self.latency_s
        self._show(self._coming.add(text))

    def _show(self, text: str) -> None:
        if not text:
            return
        self.streamed.append(text)
        if self.on_text is not None:
            self.on_text(text)

    def _wait(self, asked_s: float) -> None:
        """Pause before the next attempt: longer each time, and never all callers together."""
        pause_s = max(asked_s, FIRST_PAUSE_S * 2 ** (self.made - 1) * (1 + random.random()))
        until = time.monotonic() + min(pause_s, LONGEST_PAUSE_S)
        while time.monotonic() < until:
            if self.cancelled is not None and self.cancelled():
                raise Cancelled("The call was cancelled.")
            time.sleep(min(LOOK_EVERY_S, max(0.0, until - time.monotonic())))


def _ending(problem: BaseException) -> dict[str, Any]:
    """How a call that did not end well is recorded."""
    if isinstance(problem, Cancelled):
        return {"state": ModelCall.State.CANCELLED}
    code, error = (problem.code, problem.message) if isinstance(problem, Failure) else ("broken", "The call broke off.")
    return {"state": ModelCall.State.FAILED, "code": code, "error": error}


def _partial(request: Request, attempt: Attempts, row: ModelCall) -> Completion | None:
    """What had come of a call that did not end well, and what it used all the same, as far as that can be guessed."""
    if not attempt.streamed:
        return None
    text = "".join(attempt.streamed)
    said, thought = thoughts.without(text)
    return Completion(
        text=storable(said).strip(),
        model=attempt.sent["model"],
        tokens_in=of_messages(request.messages),
        tokens_out=tokens(text),
        latency_s=attempt.latency_s,
        finish="",
        thought=thought,
        call_id=row.pk,
    )


def _used(profile: Profile, attempt: Attempts, partial: Completion | None) -> dict[str, Any]:
    if partial is None:
        return {}
    used = {"tokens_in": partial.tokens_in, "tokens_out": partial.tokens_out, "estimated": True}
    cost = profile.cost(partial.tokens_in, partial.tokens_out)
    return {**used, "cost": cost, "response": {"text": "".join(attempt.streamed)}}


def _completed(profile: Profile, request: Request, answer: Reply, attempt: Attempts, row: ModelCall) -> Completion:
    reply = answer.without(profile.hidden)
    usage = reply.usage
    tokens_in = usage.prompt_tokens if usage else of_messages(attempt.sent["messages"])
    tokens_out = usage.completion_tokens if usage else tokens(reply.text)
    text, thought = thoughts.without(reply.text)
    done = Completion(
        text=storable(text).strip(),
        model=reply.model or attempt.sent["model"],
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        latency_s=attempt.latency_s,
        cost=None if usage is None else profile.cost(tokens_in, tokens_out),
        calls=reply.called(),
        finish=reply.finish,
        thought=thought or reply.thought,
        call_id=row.pk,
    )
    if request.tools and not profile.native_tools:
        found = blocks.find(done.text, request.tools)
        done = replace(done, text=found.text, calls=found.calls, faults=found.faults)
    done = _without_key(done, profile)
    calls = [{"name": call.name, "arguments": call.text or call.arguments} for call in done.calls]
    record.end(
        row,
        ModelCall.State.ANSWERED,
        model=storable(done.model[:200]),
        response={"text": reply.text, "calls": calls, "finish": done.finish},
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        estimated=usage is None,
        cost=profile.cost(tokens_in, tokens_out),
        **attempt.facts(),
    )
    return done


def _without_key(done: Completion, profile: Profile) -> Completion:
    """Calls and faults without it also where JSON spells it with escapes."""
    calls = tuple(_call_without(call, profile.key) for call in done.calls)
    return replace(done, calls=calls, faults=tuple(profile.hidden(fault) for fault in done.faults))


def _call_without(call: Called, key: str) -> Called:
    arguments = hiding.without_anywhere(call.arguments, key)
    if arguments == call.arguments:
        return call
    return replace(call, arguments=arguments, text=json.dumps(arguments, ensure_ascii=False))
