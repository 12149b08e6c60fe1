"""The arguments of a skill as a model: their JSON schema, and whether given ones suit it."""

import ast
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from modules.skills import docstring, limits
from modules.skills.annotations import Types, Unclear, literal, model
from modules.skills.source import Source
from xoptweb.tools.registry import BOUND_FAILED


@dataclass(frozen=True)
class Signature:
    """`arguments` is a model with the names of the parameters as aliases; `returns` the type of the result."""

    arguments: type[BaseModel]
    returns: Any

    @property
    def schema(self) -> dict[str, Any]:
        return self.arguments.model_json_schema()

    @property
    def result_schema(self) -> dict[str, Any]:
        return TypeAdapter(self.returns).json_schema()


def read(source: Source) -> tuple[Signature | None, list[str]]:
    """The signature, or what is wrong with the types."""
    types, faults = Types(), []
    for made in source.classes:
        try:
            types.add(made)
        except (Unclear, TypeError) as problem:
            faults.append(f"The class “{made.name}”: {problem}.")
    fields, wrong = _fields(source.function, types)
    faults += wrong
    returns: Any = None
    try:
        returns = types.of(source.function.returns)
    except (Unclear, TypeError) as problem:
        faults.append(f"What “{source.function.name}” returns: {problem}.")
    if faults:
        return None, faults
    try:
        found = Signature(model(f"{source.function.name} arguments", fields), returns)
        found.schema, found.result_schema  # noqa: B018 - a schema that can't be made is found here
        _check_defaults(found, fields)
    except (Unclear, ValueError, *BOUND_FAILED) as problem:
        return None, [f"The types of “{source.function.name}”: {str(problem).partition(chr(10))[0]}."]
    return found, []


def _fields(function: ast.FunctionDef, types: Types) -> tuple[dict[str, tuple[Any, dict[str, Any]]], list[str]]:
    given, said, faults = function.args, docstring.read(function), []
    if given.vararg or given.kwarg or given.posonlyargs:
        faults.append(f"“{function.name}” must name each parameter: no *, ** or /.")
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    if len(named) > limits.MOST_PARAMETERS:
        faults.append(f"“{function.name}” has more than {limits.MOST_PARAMETERS} parameters.")
    missing: list[ast.expr | None] = [None] * (len(given.posonlyargs) + len(given.args) - len(given.defaults))
    defaults = [*missing, *given.defaults, *given.kw_defaults]
    fields: dict[str, tuple[Any, dict[str, Any]]] = {}
    for parameter, default in zip(named, defaults, strict=True):
        words: dict[str, Any] = {"description": said.arguments.get(parameter.arg, "")}
        try:
            kind = types.of(parameter.annotation)
            if default is not None:
                words["default"] = literal(default)
        except (Unclear, TypeError) as problem:
            faults.append(f"“{parameter.arg}”: {problem}.")
        else:
            fields[parameter.arg] = (kind, words)
    return fields, faults


def _check_defaults(signature: Signature, fields: dict[str, tuple[Any, dict[str, Any]]]) -> None:
    """Raises Unclear when a default is not of its own type."""
    for name, (kind, words) in fields.items():
        if "default" in words:
            try:
                TypeAdapter(kind).validate_python(words["default"])
            except ValidationError:
                raise Unclear(f"the default of “{name}” is not of its type") from None


def wrong_arguments(signature: Signature, arguments: dict[str, Any]) -> str:
    """What is wrong with them in words; empty when they suit."""
    try:
        signature.arguments.model_validate(arguments)
    except ValidationError as problem:
        return "; ".join(
            f"{'.'.join(str(part) for part in each['loc']) or 'arguments'}: {each['msg']}" for each in problem.errors()
        )
    except BOUND_FAILED as problem:
        return f"a bound does not suit what is given: {problem}"
    return ""
