"""What a running module may ask of us: each request is checked against its grants and the run's budget, and traced."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, Field, ValidationError

from modules import runner
from modules.execution.budget import Budget
from modules.execution.trace import Trace
from modules.models import Run
from modules.runner.host import Refused
from xoptweb.accounts.models import ApiToken
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed, Problem
from xoptweb.plain import storable
from xoptweb.tools import registry as tools
from xoptweb.tools.serving import serving

if TYPE_CHECKING:
    from agents.gateway import Completion

logger = logging.getLogger(__name__)

ALL = "*"
PROGRESS_EVERY_S = 0.1


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
        self, run: Run, name: str, grants: runner.Grants, trace: Trace, budget: Budget, call: CallModule
    ) -> None:
        """`name` is the module's; `call(name, input, context)` runs another module and gives its answer as text."""
        self.run, self.name, self.grants, self.trace, self.budget = run, name, grants, trace, budget
        self._call = call
        self.spent = Spent()
        self.fraction: float | None = None
        self.text = ""
        self._progressed = 0.0

    def event(self, kind: str, data: dict[str, Any]) -> None:
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
        asked = _checked(request)
        model, prompt = asked.model, asked.prompt if asked.messages is None else asked.messages
        length = len(prompt) if isinstance(prompt, str) else sum(len(str(each)) for each in prompt)
        self.trace.add("llm_call", {"model": model, "prompt": prompt, "prompt_length": length, "module": self.name})
        try:
            self._require(self.grants.llm is True or model in (self.grants.llm or ()), f"the model {model}", "llm")
            self.budget.begin_call()
            from agents import gateway  # only runs that ask a model load its client

            cause = gateway.Cause("run", f"run:{self.run.pk}", self.run.requested_by)
            done = gateway.complete(**asked.model_dump(), cause=cause)
        except Problem as problem:
            self.trace.add("llm_result", {"model": model, "error": problem.message})
            raise Refused(problem.message) from problem
        self._count(done)
        answer = {
            "text": done.text,
            "model": done.model,
            "tokens_in": done.tokens_in,
            "tokens_out": done.tokens_out,
            "cost": done.cost,
            "latency_s": done.latency_s,
        }
        said = {"response": done.text, "response_length": len(done.text), "status": "success"}
        self.trace.add("llm_result", {key: answer[key] for key in answer if key != "text"} | said)
        return answer

    def _count(self, done: "Completion") -> None:
        self.budget.spend(done.tokens_in + done.tokens_out)
        self.spent.add(done)

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
            self._require(ALL in self.grants.tools or name in self.grants.tools, f"the tool {name}", "tool")
            with serving(f"run:{self.run.pk}"):
                result = tools.call(name, arguments, actor_of(self.run))
        except Problem as problem:
            self.trace.add("tool_result", {"tool": name, "error": problem.message})
            raise Refused(problem.message) from problem
        except Exception as error:  # the edge to another app's tool: its bug is told, and the run goes on
            logger.exception("The tool %s failed in run %d.", name, self.run.pk)
            self.trace.add("tool_result", {"tool": name, "error": "The tool failed."})
            raise Refused(f"The tool “{name}” failed; the error is in xoptweb's log.") from error
        self.trace.add("tool_result", {"tool": name, "result": result})
        return result

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


def _checked(request: dict[str, Any]) -> ModelRequest:
    """Raises Refused."""
    try:
        return ModelRequest.model_validate(request)
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
    token: ApiToken | None = run.token
    if token is not None and token.revoked_at is not None:
        raise NotAllowed("The token by which this run was asked for was revoked.", code="token_revoked")
    via = run.via if run.via in ("web", "api", "cli") else "system"
    correlation = run.correlation or f"run:{run.pk}"
    return Actor(user=run.requested_by, via=via, token=token, name=run.requester, correlation=correlation)  # type: ignore[arg-type]
