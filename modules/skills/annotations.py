"""Types as a skill writes them, read from its text: nothing of the skill is imported for it.

What can stand there is what JSON can carry: numbers, text, yes or no, None, lists, tuples, mappings with text keys,
`Literal`, unions, `Any`, and classes on `BaseModel` that stand in the same text.
"""

import ast
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import SchemaError

from modules.skills.source import is_field

PLAIN: dict[str, Any] = {"int": int, "float": float, "str": str, "bool": bool, "Any": Any,
                         "list": list[Any], "dict": dict[str, Any]}  # fmt: skip
CONTAINERS = {"list": "list", "List": "list", "dict": "dict", "Dict": "dict", "tuple": "tuple", "Tuple": "tuple",
              "Literal": "literal", "Optional": "optional", "Union": "union", "Annotated": "annotated"}  # fmt: skip
FIELD_WORDS = {"default", "description", "ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of"}
DEPTH = 12
NOT_BUILT = (PydanticUserError, PydanticSchemaGenerationError, SchemaError, TypeError, ValueError)


class Unclear(Exception):
    """A type that a skill can't have; the message is for a person."""


def literal(value: ast.expr) -> Any:
    """A plain value. Raises Unclear."""
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise Unclear(f"“{_text(value)}” is no plain value") from None


def field(value: ast.expr) -> dict[str, Any]:
    """The words of a `Field(…)` of plain values. Raises Unclear."""
    if not isinstance(value, ast.Call) or not is_field(value) or len(value.args) > 1:
        raise Unclear(f"“{_text(value)}” is no Field of plain values")
    words = {each.arg or "**": literal(each.value) for each in value.keywords}
    if unknown := set(words) - FIELD_WORDS:
        raise Unclear(f"A Field here takes {', '.join(sorted(FIELD_WORDS))}; not {', '.join(sorted(unknown))}")
    if value.args:
        first = value.args[0]
        if not (isinstance(first, ast.Constant) and first.value is ...):
            words["default"] = literal(first)
    return words


class Types:
    """Reads annotations; knows the classes of the text that were read so far."""

    def __init__(self) -> None:
        self.known: dict[str, type[BaseModel]] = {}

    def of(self, node: ast.expr | None, depth: int = 0) -> Any:
        """The type that is meant. Raises Unclear."""
        if node is None:
            raise Unclear("a type is missing")
        if depth > DEPTH:
            raise Unclear("it is nested too deeply")
        if isinstance(node, ast.Constant):
            return self._constant(node, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return _type(self.of(node.left, depth + 1)) | _type(self.of(node.right, depth + 1))
        if isinstance(node, ast.Subscript):
            return self._subscript(node, depth)
        name = _name(node)
        if name in self.known:
            return self.known[name]
        if name in PLAIN:
            return PLAIN[name]
        raise Unclear(f"“{_text(node)}” can't be carried by JSON")

    def add(self, made: ast.ClassDef) -> None:
        """Make a class of the text known. Raises Unclear."""
        fields: dict[str, tuple[Any, dict[str, Any]]] = {}
        for part in made.body:
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                fields[part.target.id] = (self.of(part.annotation), self._default(part.value))
        self.known[made.name] = model(made.name, fields)

    @staticmethod
    def _default(value: ast.expr | None) -> dict[str, Any]:
        if value is None:
            return {}
        return field(value) if is_field(value) else {"default": literal(value)}

    def _constant(self, node: ast.Constant, depth: int) -> Any:
        if node.value is None:
            return None
        if isinstance(node.value, str):
            try:
                return self.of(ast.parse(node.value, mode="eval").body, depth + 1)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                pass
        raise Unclear(f"“{_text(node)}” is no type")

    def _subscript(self, node: ast.Subscript, depth: int) -> Any:
        kind = CONTAINERS.get(_name(node.value), "")
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if kind == "literal":
            return Literal[tuple(literal(each) for each in parts)]
        if kind == "annotated":
            return Annotated[(self.of(parts[0], depth + 1), *(Field(**field(each)) for each in parts[1:]))]
        if kind == "tuple" and len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...:
            return tuple[self.of(parts[0], depth + 1), ...]  # type: ignore[misc]
        return self._container(node, kind, [self.of(each, depth + 1) for each in parts])

    @staticmethod
    def _container(node: ast.expr, kind: str, inner: list[Any]) -> Any:
        if kind == "list" and len(inner) == 1:
            return list[inner[0]]  # type: ignore[valid-type]
        if kind == "dict" and len(inner) == 2 and inner[0] is str:
            return dict[str, inner[1]]  # type: ignore[valid-type]
        if kind == "tuple":
            return tuple[tuple(inner)]  # type: ignore[misc]
        if kind == "optional" and len(inner) == 1:
            return _type(inner[0]) | None
        if kind == "union":
            return reduce(or_, [_type(each) for each in inner])
        raise Unclear(f"“{_text(node)}” can't be carried by JSON")


def model(name: str, fields: Mapping[str, tuple[Any, dict[str, Any]]]) -> type[BaseModel]:
    """A model with these fields, whatever their names, each a type and the words of its `Field`.

    Raises:
        Unclear: there is no such model.
    """
    try:
        made: dict[str, Any] = {
            f"field_{number}": (kind, Field(alias=alias, **words))
            for number, (alias, (kind, words)) in enumerate(fields.items())
        }
        return create_model(name, __config__=ConfigDict(extra="forbid", validate_default=True), **made)
    except NOT_BUILT as problem:
        raise Unclear(str(problem).partition("\n")[0]) from None


def _type(kind: Any) -> Any:
    return type(None) if kind is None else kind


def _name(node: ast.expr) -> str:
    """The last part of a dotted name: `typing.Any` is `Any`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"typing", "pydantic"}:
        return node.attr
    return ""


def _text(node: ast.expr) -> str:
    try:
        return ast.unparse(node)[:80]
    except (RecursionError, ValueError):
        return "this"
