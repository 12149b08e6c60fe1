"""The tools that agents can call: typed functions that act as the person they serve.

Each app registers its own in `tools.py`.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ValidationError

from xoptweb.accounts.permissions import PEOPLE_ONLY, allowed, require
from xoptweb.actors import Actor
from xoptweb.discovery import discover
from xoptweb.errors import Invalid, NotFound, Unavailable
from xoptweb.plain import plain
from xoptweb.tools import refusals

LARGEST_RESULT = 20_000  # characters of JSON
BOUND_FAILED = (TypeError, ArithmeticError)  # a bound that can't be compared with what was given: Pydantic lets it out

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Spec:
    """One tool. `function(arguments, by=actor)` gives a JSON value; `arguments` is an instance of `model`.

    `absent` says why the tool is not there now, if it is not. `changes`: something is stored or begun by it.
    `for_conversation`: it is about the conversation that it serves, so it is of no use without one.
    """

    name: str
    description: str
    permission: str
    model: type[BaseModel]
    function: Callable[..., Any]
    absent: Callable[[], str] | None = None
    changes: bool = False
    for_conversation: bool = False

    @property
    def why_absent(self) -> str:
        return self.absent() if self.absent is not None else ""

    @cached_property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        return self.model.model_json_schema()

    def faults(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with each argument, of the first that are wrong."""
        try:
            self.validated(arguments)
        except Invalid as problem:
            return refusals.bounded(problem.fields)
        return {}

    def validated(self, arguments: Mapping[str, Any]) -> BaseModel:
        """Raises Invalid: an argument is wrong; `fields` names it."""
        said = f"The arguments of “{self.name}” are wrong."
        try:
            return self.model.model_validate(arguments)
        except ValidationError as problem:
            raise Invalid(said, fields=_fields(problem)) from problem
        except BOUND_FAILED as problem:
            raise Invalid(said, fields={"arguments": str(problem)}) from problem


@dataclass(frozen=True)
class Provider:
    """Tools that come and go while xoptweb runs. Both are asked each time, so they must be cheap."""

    tools: Callable[[], list[Spec]]
    find: Callable[[str], Spec | None]


_tools: dict[str, Spec] = {}
_providers: dict[str, Provider] = {}


def provide(name: str, provider: Provider) -> None:
    """List further tools from now on; a provider of the same name is replaced. Registered tools come before them."""
    _providers[name] = provider


def tool(
    name: str,
    description: str,
    permission: str,
    *,
    absent: Callable[[], str] | None = None,
    changes: bool = False,
    for_conversation: bool = False,
) -> Callable[[Function], Function]:
    """Register `def f(arguments: SomeModel, *, by: Actor)`; `permission` is asked of the actor before each call.

    Raises:
        ValueError: the permission is one that only people use, who decide by themselves; or the name is taken.
    """
    if permission in PEOPLE_ONLY:
        raise ValueError(f"no tool may “{permission}”: that is for people")

    def register(function: Function) -> Function:
        known = _tools.get(name)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"two tools are called “{name}”")
        _tools[name] = Spec(
            name, description, permission, _model(function), function, absent, changes, for_conversation
        )
        return function

    return register


def _model(function: Callable[..., Any]) -> type[BaseModel]:
    """The model of the first parameter."""
    first = next(iter(inspect.signature(function).parameters), "")
    model = get_type_hints(function).get(first)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"the first parameter of {function.__qualname__} needs a Pydantic model as its type")
    return model


def specs() -> list[Spec]:
    discover("tools")
    provided = {spec.name: _checked(spec) for provider in _providers.values() for spec in provider.tools()}
    return sorted((provided | _tools).values(), key=lambda spec: spec.name)


def registered() -> list[Spec]:
    """Those that apps registered, without those that come and go."""
    discover("tools")
    return sorted(_tools.values(), key=lambda spec: spec.name)


def find(name: str) -> Spec | None:
    discover("tools")
    if name in _tools:
        return _tools[name]
    found = next(filter(None, (provider.find(name) for provider in _providers.values())), None)
    return _checked(found) if found is not None else None


def _checked(spec: Spec) -> Spec:
    """Raises ValueError, as `tool`."""
    if spec.permission in PEOPLE_ONLY:
        raise ValueError(f"no tool may “{spec.permission}”: that is for people")
    return spec


def offered(by: Actor) -> list[Spec]:
    """The tools that are there now and that `by` may use."""
    return [spec for spec in specs() if allowed(by, spec.permission) and not spec.why_absent]


def call(name: str, arguments: Mapping[str, Any], by: Actor) -> Any:
    """Run a tool as `by`. The result is a JSON value; one that is too large is cut and says so.

    Raises:
        NotFound: there is no such tool.
        NotAllowed: `by` lacks the tool's permission.
        Invalid: an argument is wrong; `fields` names it.
        Unavailable: the tool is not there now.
    """
    spec = find(name)
    if spec is None:
        raise NotFound(f"There is no tool “{name}”.", code="no_such_tool")
    require(by, spec.permission)
    if reason := spec.why_absent:
        raise Unavailable(reason, code="no_such_tool_now")
    return _bounded(plain(spec.function(spec.validated(arguments), by=by)))


def _fields(problem: ValidationError) -> dict[str, str]:
    return {".".join(str(part) for part in error["loc"]) or "arguments": error["msg"] for error in problem.errors()}


def _bounded(result: Any) -> Any:
    text = json.dumps(result, ensure_ascii=False)
    if len(text) <= LARGEST_RESULT:
        return result
    return {"truncated": True, "characters": len(text), "beginning": text[:LARGEST_RESULT]}
