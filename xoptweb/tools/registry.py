"""The tools that agents can call: typed functions that act as the person they serve."""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ValidationError

from xoptweb.accounts.permissions import PEOPLE_ONLY, allowed, require
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotFound, Unavailable
from xoptweb.plain import plain

LARGEST_RESULT = 20_000  # characters of JSON

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Spec:
    """One tool. `function(arguments, by=actor)` gives a JSON value; `arguments` is an instance of `model`.

    `absent` says why the tool is not there now, if it is not.
    """

    name: str
    description: str
    permission: str
    model: type[BaseModel]
    function: Callable[..., Any]
    absent: Callable[[], str] | None = None

    @property
    def why_absent(self) -> str:
        return self.absent() if self.absent is not None else ""

    @cached_property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        return self.model.model_json_schema()

    def faults(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with each argument."""
        try:
            self.model.model_validate(arguments)
        except ValidationError as problem:
            return _fields(problem)
        return {}


_tools: dict[str, Spec] = {}


def tool(
    name: str, description: str, permission: str, *, absent: Callable[[], str] | None = None
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
        _tools[name] = Spec(name, description, permission, _model(function), function, absent)
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
    return sorted(_tools.values(), key=lambda spec: spec.name)


def find(name: str) -> Spec | None:
    return _tools.get(name)


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
    spec = _tools.get(name)
    if spec is None:
        raise NotFound(f"There is no tool “{name}”.", code="no_such_tool")
    require(by, spec.permission)
    if reason := spec.why_absent:
        raise Unavailable(reason, code="no_such_tool_now")
    try:
        given = spec.model.model_validate(arguments)
    except ValidationError as problem:
        raise Invalid(f"The arguments of “{name}” are wrong.", fields=_fields(problem)) from problem
    return _bounded(plain(spec.function(given, by=by)))


def _fields(problem: ValidationError) -> dict[str, str]:
    return {".".join(str(part) for part in error["loc"]) or "arguments": error["msg"] for error in problem.errors()}


def _bounded(result: Any) -> Any:
    text = json.dumps(result, ensure_ascii=False)
    if len(text) <= LARGEST_RESULT:
        return result
    return {"truncated": True, "characters": len(text), "beginning": text[:LARGEST_RESULT]}
