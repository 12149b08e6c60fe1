"""What a running module may ask of us: each request is checked against its grants and the run's budget, and traced."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic import Base64Bytes, BaseModel, Field, ValidationError

from modules import runner
from modules.execution.budget import Budget
from modules.execution.trace import Trace
from modules.models import Run
from modules.runner.host import Refused
from xoptweb.accounts import tokens
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotAllowed, NotFound, Problem
from xoptweb.plain import storable
from xoptweb.tools import refusals
from xoptweb.tools import registry as tools
from xoptweb.tools.serving import serving

if TYPE_CHECKING:
    from agents.gateway import Cause, Completion, Offered

logger = logging.getLogger(__name__)

ALL = "*"
PROGRESS_EVERY_S = 0.1
LONGEST_KIND = 40  # characters that the database takes
# Events that others rely on: who reads a trace, and who asks what a run has really read or spent.
OURS = frozenset({"llm_call", "llm_result", "tool_call", "tool_result", "artifact", "progress", "state", "cancelling"})
CALLS = frozenset({"module_call", "module_result"})  # the module's own, of modules it carries: they are no runs

Form = TypeVar("Form", bound=BaseModel)


class CallModule(Protocol):
    """Runs another module and gives its answer as text."""

    def __call__(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str: ...


@dataclass
class Spent:
    """What the model calls of one run used; those of the runs it called are theirs."""

    tokens_in: int = 0
    tokens_out: int = 0
    known: float = 0.0
    calls: int = 0
    unpriced: int = 0

    def add(self, done: "Completion") -> None:
        self.tokens_in += done.tokens_in
        self.tokens_out += done.tokens_out
        self.calls += 1
        self.known += done.cost or 0.0
        self.unpriced += done.cost is None

    @property
    def cost(self) -> float | None:
        """In US dollars; None where a model was not asked, or the price of a call is unknown."""
        return self.known if self.calls and not self.unpriced else None


class RunHost:
    """One running module's way to everything outside it."""

    def __init__(
        self,
        run: Run,
        spec: runner.Spec,
        trace: Trace,
        budget: Budget,
        call: CallModule,
        cancelled: threading.Event,
    ) -> None:
        """`call(name, input, context)` runs another module and gives its answer as text."""
        self.run, self.name, self.grants, self.trace, self.budget = run, spec.name, spec.grants, trace, budget
        self._call, self._cancelled = call, cancelled
        self._until = time.monotonic() + spec.limits.seconds
        self.spent = Spent()
        self.fraction: float | None = None
        self.text = ""
        self._progressed = 0.0

    def event(self, kind: str, data: dict[str, Any]) -> None:
        """What the module tells of itself. What only the host can know is never taken from it as such."""
        kind = storable(kind)[:LONGEST_KIND]
        if kind in OURS:
            self.trace.add("note", {**data, "told_as": kind})
        elif kind in CALLS:
            self.trace.add(kind, {name: value for name, value in data.items() if name != "run"})
        else:
            self.trace.add(kind, data)

    def progress(self, fraction: float | None, text: str) -> None:
        """Tell how far it is, not more often than people can see."""
        self.fraction = None if fraction is None else min(1.0, max(0.0, float(fraction)))
        self.text = storable(text[:200])
        now = time.monotonic()
        if now - self._progressed >= PROGRESS_EVERY_S or self.fraction == 1.0:
            self._progressed = now
            self.trace.add("progress", {"fraction": self.fraction, "text": self.text})

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask a model; the request is as `agents.gateway.complete` takes it.

        Raises:
            Refused: the module was not granted that model, the run's budget is used up, or the model did not answer.
        """
        asked = _checked(ModelRequest, request)
        model, prompt = asked.model, asked.prompt if asked.messages is None else asked.messages
        length = len(prompt) if isinstance(prompt, str) else sum(len(str(each)) for each in prompt)
        self.trace.add("llm_call", {"model": model, "prompt": prompt, "prompt_length": length, "module": self.name})
        try:
            self._require_model(model)
            tokens.held_to(self.run.token_id)
            self.budget.begin_call()
            from agents import gateway  # only runs that ask a model load its client

            messages = asked.messages if asked.messages is not None else [{"role": "user", "content": asked.prompt}]
            wanted = gateway.Request(messages, model, asked.temperature, asked.max_tokens)
            done = gateway.ask(wanted, self._cause(), cancelled=self._over)
        except Problem as problem:
            self.trace.add("llm_result", {"model": model, "error": problem.message})
            raise Refused(problem.message) from problem
        return self._told(done)

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        """One answer of a model in a conversation that the module holds, which may call tools or follow a JSON schema.

        Nothing is called here: the module calls the tools itself, each held to its grants anew. `room` is how many
        characters its messages may have before they are too long for this model.

        Raises:
            Refused: the module was not granted the model or one of the tools, the person served may not use a tool, the
                run's budget is used up, or the model did not answer.
        """
        asked = _checked(ChatRequest, request)
        length = sum(len(str(each.get("content", ""))) for each in asked.messages)
        told = {"model": asked.model, "prompt": asked.messages, "prompt_length": length, "module": self.name}
        self.trace.add("llm_call", told | ({"tools": asked.tools} if asked.tools else {}))
        try:
            self._require_model(asked.model)
            tokens.held_to(self.run.token_id)
            offered = [self._offered(name) for name in asked.tools]
            self.budget.begin_call()
            from agents import gateway

            profile = gateway.chosen(asked.model)
            messages = gateway.told(profile, asked.messages, asked.form, offered) if asked.form else asked.messages
            wanted = gateway.Request(
                messages, asked.model, asked.temperature, asked.max_tokens, tools=offered, schema=asked.form
            )
            done = gateway.ask(wanted, self._cause(), cancelled=self._over, profile=profile)
        except Problem as problem:
            self.trace.add("llm_result", {"model": asked.model, "error": problem.message})
            raise Refused(problem.message) from problem
        calls = [
            {"id": each.id, "name": each.name, "arguments": each.arguments, "text": each.text} for each in done.calls
        ]
        form = gateway.of_messages(messages) - gateway.of_messages(asked.messages)
        room = gateway.characters(gateway.room_for(profile, offered) - form)
        said = {"calls": calls, "faults": list(done.faults), "finish": done.finish, "room": room}
        return self._told(done, calls=calls) | said

    def _require_model(self, model: str) -> None:
        self._require(self.grants.llm is True or model in (self.grants.llm or ()), f"the model {model}", "llm")

    def _offered(self, name: str) -> "Offered":
        """Raises NotAllowed or NotFound: the module, or whom it serves, may not use the tool, or there is none."""
        from agents import gateway

        self._require_tool(name)
        spec = tools.find(name)
        if spec is None:
            raise NotFound(f"There is no tool “{name}”.", code="no_such_tool")
        require(actor_of(self.run), spec.permission)

        def check(arguments: dict[str, Any]) -> str:
            return "; ".join(f"{field}: {reason}" for field, reason in spec.faults(arguments).items())

        return gateway.Offered(spec.name, spec.description, spec.schema, check)

    def _cause(self) -> "Cause":
        from agents import gateway

        return gateway.Cause("run", f"run:{self.run.pk}", self.run.requested_by)

    def _over(self) -> bool:
        """Whether nobody waits for the answer of a model or a tool any more."""
        return self._cancelled.is_set() or time.monotonic() > self._until

    def _told(self, done: "Completion", **more: Any) -> dict[str, Any]:
        """Count what a model's answer used, trace it, and give it in plain values."""
        self.budget.spend(done.tokens_in + done.tokens_out)
        self.spent.add(done)
        used = {
            "model": done.model,
            "tokens_in": done.tokens_in,
            "tokens_out": done.tokens_out,
            "cost": done.cost,
            "latency_s": done.latency_s,
        }
        said = {"response": done.text, "response_length": len(done.text), "status": "success"}
        self.trace.add("llm_result", used | said | {name: each for name, each in more.items() if each})
        return {"text": done.text} | used

    def call_module(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str:
        """Run another module in its own environment.

        Raises:
            NoSuchModule: nobody knows it.
            Refused: the module was not granted the other one, or the other one failed.
        """
        wanted = name.replace("@", ":").partition(":")[0]
        with refusing():
            self._require(ALL in self.grants.modules or wanted in self.grants.modules, f"the module {wanted}", "module")
            return self._call(name, given, context, tunables=tunables, configurables=configurables)

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        """Call a tool as the one who asked for the run.

        Raises:
            Refused: the module was not granted the tool, the requester may not use it, or the tool refuses.
        """
        self.trace.add("tool_call", {"tool": name, "arguments": arguments, "module": self.name})
        try:
            self._require_tool(name)
            with serving(f"run:{self.run.pk}", self._over):
                result = tools.call(name, arguments, actor_of(self.run))
        except Problem as problem:
            said = refusals.short(problem.message)
            self.trace.add("tool_result", {"tool": name, "error": said})
            raise Refused(said) from problem
        except Exception as error:  # the edge to another app's tool: its bug is told, and the run goes on
            logger.exception("The tool %s failed in run %d.", name, self.run.pk)
            self.trace.add("tool_result", {"tool": name, "error": "The tool failed."})
            raise Refused(f"The tool “{name}” failed; the error is in xoptweb's log.") from error
        self.trace.add("tool_result", {"tool": name, "result": result})
        return result

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        """Keep something for people.

        Raises:
            Refused: it is not of its kind, or too much.
        """
        from agents.services import artifacts  # only runs that keep something load what that needs

        with refusing():
            asked = ArtifactRequest.checked(given)
            source = artifacts.Source(self.run.stream, self.name)
            kept = artifacts.Given(asked.title, asked.content, asked.kind, asked.name)
            entry = artifacts.entry(artifacts.add(kept, source, by=actor_of(self.run)))
        self.trace.add("artifact", entry)
        return entry

    def _require_tool(self, name: str) -> None:
        self._require(ALL in self.grants.tools or name in self.grants.tools, f"the tool {name}", "tool")

    def _require(self, allowed: bool, what: str, kind: str) -> None:
        if not allowed:
            raise NotAllowed(f"{self.name} was not granted {what}.", code=f"no_{kind}_grant")


class ModelRequest(BaseModel):
    """What a module may ask a model; what else it names is not passed on."""

    prompt: str = ""
    messages: list[dict[str, Any]] | None = None
    model: str = Field("", max_length=200)
    temperature: float = Field(0.1, ge=0, le=2)
    max_tokens: int = Field(500, ge=1, le=100_000)


class ArtifactRequest(BaseModel):
    """What a module wants to be kept."""

    title: str
    content: Base64Bytes
    kind: str = ""
    name: str = ""

    @classmethod
    def checked(cls, given: dict[str, Any]) -> "ArtifactRequest":
        """Raises Invalid."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            raise Invalid(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


class ChatRequest(BaseModel):
    """One turn of a conversation. `tools` are names; `schema` is the JSON schema that an answer in words follows."""

    messages: list[dict[str, Any]] = Field(min_length=1, max_length=500)
    model: str = Field("", max_length=200)
    tools: list[str] = Field([], max_length=40)
    form: dict[str, Any] | None = Field(None, alias="schema")
    temperature: float = Field(0.1, ge=0, le=2)
    max_tokens: int = Field(2000, ge=1, le=100_000)


def _checked(form: type[Form], request: dict[str, Any]) -> Form:
    """Raises Refused."""
    try:
        return form.model_validate(request)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


@contextmanager
def refusing() -> Iterator[None]:
    """Tell the module of a problem in its words."""
    try:
        yield
    except Problem as problem:
        raise Refused(problem.message) from problem


def actor_of(run: Run) -> Actor:
    """Who asked for the run, with no more rights than that request had.

    Raises:
        NotAllowed: the token by which it was asked for is not valid any more.
    """
    token = tokens.held_to(run.token_id)
    via = run.via if run.via in ("web", "api", "cli") else "system"
    correlation = run.correlation or f"run:{run.pk}"
    return Actor(user=run.requested_by, via=via, token=token, name=run.requester, correlation=correlation)  # type: ignore[arg-type]
