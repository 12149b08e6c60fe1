"""Trying out a profile: does it answer, does it stream, does it call tools."""

from dataclasses import dataclass, replace

from agents.gateway.asking import ask
from agents.gateway.profiles import Profile
from agents.gateway.request import Cause, Offered, Request
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.errors import Problem

LONGEST_S = 20.0
ECHO = Offered(
    "echo",
    "Repeats a word.",
    {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    lambda given: "" if isinstance(given.get("word"), str) else "word is needed",
)


@dataclass(frozen=True)
class Finding:
    good: bool
    text: str


def trial(profile: Profile, *, by: Actor) -> list[Finding]:
    """What was found, in words; it costs a few dozen tokens.

    Raises:
        NotAllowed: `by` may not administer.
    """
    require(by, "administer")
    brief = replace(profile, timeout_s=min(profile.timeout_s, LONGEST_S), attempts=1)
    cause = Cause("test", f"profile:{profile.name}", by.user)
    found = [_key(profile)] if profile.key_variable else []
    try:
        found.append(_answers(brief, cause))
        found.append(_calls(brief, cause))
    except Problem as problem:
        found.append(Finding(False, problem.message))
    return found


def _key(profile: Profile) -> Finding:
    if profile.key:
        return Finding(True, f"{profile.key_variable} is set.")
    return Finding(False, f"{profile.key_variable} is not set in the environment of this process.")


def _answers(profile: Profile, cause: Cause) -> Finding:
    pieces: list[str] = []
    asked = Request([{"role": "user", "content": "Answer with the one word: ready"}], max_tokens=200)
    done = ask(asked, cause, on_text=pieces.append, profile=profile)
    text = f"{done.model} answered in {done.latency_s:.2f} s, in {len(pieces)} pieces: “{done.text[:80]}”."
    return Finding(bool(done.text), f"{text} {done.tokens_in} + {done.tokens_out} tokens.")


def _calls(profile: Profile, cause: Cause) -> Finding:
    asked = Request(
        [{"role": "user", "content": "Call the tool echo with the word ready."}], tools=[ECHO], max_tokens=300
    )
    done = ask(asked, cause, on_text=lambda _: None, profile=profile)
    if [call.name for call in done.calls] == ["echo"]:
        return Finding(True, "It calls tools.")
    way = "by itself: try it without native tools" if profile.native_tools else "in its answer"
    return Finding(False, f"It did not call the tool {way}. It said: “{done.text[:80]}”.")
