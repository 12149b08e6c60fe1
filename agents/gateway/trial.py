"""Trying out a profile: does it answer, does it stream, and does it do what the profile says of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from agents.gateway.asking import ask
from agents.gateway.embedding import embed
from agents.gateway.listing import listed
from agents.gateway.profiles import Profile
from agents.gateway.request import Cause, Offered, Request
from agents.models import ModelProfile
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.errors import Problem

LONGEST_S = 20.0
TOKENS = 1000  # of an answer: room for a model that thinks first
ECHO = Offered(
    "echo",
    "Repeats a word.",
    {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    lambda given: "" if isinstance(given.get("word"), str) else "word is needed",
)
COUNT = {"count": {"type": "integer", "minimum": 0, "maximum": 999}}
FORM = {"type": "object", "properties": COUNT, "required": ["count"], "additionalProperties": False}


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
    except Problem as problem:
        return [*found, Finding(False, problem.message)]
    found += _reads(brief)
    found.append(_tried("With a tool offered", _calls, brief, cause))
    if profile.structure == ModelProfile.Structure.JSON_SCHEMA:
        found.append(_tried("Asked to hold its answer to a JSON schema", _holds, brief, cause))
    if profile.embeddings_model:
        found.append(_tried(f"Asked {profile.embeddings_model} for a vector", _embeds, brief, cause))
    return found


def _tried(what: str, step: Callable[[Profile, Cause], Finding], profile: Profile, cause: Cause) -> Finding:
    try:
        return step(profile, cause)
    except Problem as problem:
        return Finding(False, f"{what}: {problem.message}")


def _key(profile: Profile) -> Finding:
    if profile.key:
        return Finding(True, f"{profile.key_variable} is set.")
    return Finding(False, f"{profile.key_variable} is not set in the environment of this process.")


def _answers(profile: Profile, cause: Cause) -> Finding:
    pieces: list[str] = []
    asked = Request([{"role": "user", "content": "Answer with the one word: ready"}], max_tokens=TOKENS)
    done = ask(asked, cause, on_text=pieces.append, profile=profile)
    if not done.text:
        return Finding(False, done.nothing())
    streamed = "1 piece" if len(pieces) == 1 else f"{len(pieces)} pieces"
    text = f"{done.model} answered in {done.latency_s:.2f} s, in {streamed}: “{done.text[:80]}”."
    return Finding(True, f"{text} {done.tokens_in} + {done.tokens_out} tokens.")


def _reads(profile: Profile) -> list[Finding]:
    """Whether the endpoint reads as much at once as the profile says, where it tells that."""
    models = listed(profile)
    meant = [each for each in models if each.name == profile.model] or (models if len(models) == 1 else [])
    if not meant or meant[0].context is None:
        return []
    reads = meant[0].context
    if profile.context_tokens > reads:
        text = f"It reads {reads} tokens at once, but the profile says {profile.context_tokens} context tokens."
        return [Finding(False, text)]
    return [Finding(True, f"It reads {reads} tokens at once.")]


def _calls(profile: Profile, cause: Cause) -> Finding:
    asked = Request(
        [{"role": "user", "content": "Call the tool echo with the word ready."}], tools=[ECHO], max_tokens=TOKENS
    )
    done = ask(asked, cause, on_text=lambda _: None, profile=profile)
    if [call.name for call in done.calls] == ["echo"]:
        return Finding(True, "It calls tools.")
    way = "by itself: try it without native tools" if profile.native_tools else "in its answer"
    return Finding(False, f"It did not call the tool {way}. It said: “{done.text[:80]}”.")


def _holds(profile: Profile, cause: Cause) -> Finding:
    """Nothing in the prompt asks for JSON: the endpoint alone brings it about."""
    asked = Request([{"role": "user", "content": "How many legs has a spider?"}], schema=FORM, max_tokens=TOKENS)
    done = ask(asked, cause, profile=profile)
    try:
        held = isinstance(json.loads(done.text)["count"], int)
    except (ValueError, KeyError, TypeError):
        held = False
    if held:
        return Finding(True, "It holds answers to a JSON schema.")
    cut = " It was cut off." if done.cut else ""
    return Finding(
        False, f"It did not hold its answer to a JSON schema: have the schema in the prompt.{cut} “{done.text[:80]}”."
    )


def _embeds(profile: Profile, cause: Cause) -> Finding:
    (vector,) = embed(["ready"], profile, cause)
    return Finding(True, f"{profile.embeddings_model} makes vectors of {len(vector)} numbers.")
