"""The text of a skill as a syntax tree. Nothing of it is imported or run here."""

import ast
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from xoptweb.web.values import INVISIBLE

AT_IMPORT = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.ListComp, ast.SetComp, ast.DictComp,
             ast.GeneratorExp)  # fmt: skip
BASE = "BaseModel"
FIELD = "Field"


@dataclass(frozen=True)
class Source:
    """`function` is the one that becomes the tool; `classes` are in their order."""

    tree: ast.Module
    function: ast.FunctionDef
    classes: list[ast.ClassDef]


def read(text: str, name: str) -> tuple[Source | None, list[str]]:
    """The tree, and what is wrong with it; no tree where it can't be gone on with."""
    if hidden := _hidden(text):
        return None, hidden
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return None, [f"Line {error.lineno or 1}: {error.msg}."]
    except (ValueError, RecursionError, MemoryError):
        return None, ["This is no Python, or it is nested too deeply."]
    faults = [fault for statement in tree.body for fault in _statement(statement)]
    public = [one for one in tree.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
    if len(public) != 1:
        names = ", ".join(one.name for one in public) or "none"
        return None, [*faults, f"There must be exactly one function without a leading _; there is: {names}."]
    if public[0].name != name:
        faults.append(f"The function is called “{public[0].name}”, not “{name}” as the skill.")
    return Source(tree, public[0], [one for one in tree.body if isinstance(one, ast.ClassDef)]), faults


def _hidden(text: str) -> list[str]:
    """Characters that a reader would not see, or that reorder what is read."""
    for number, line in enumerate(text.split("\n"), 1):
        for character in line:
            if unicodedata.category(character) in INVISIBLE:
                what = "a tab; indent with spaces" if character == "\t" else f"the invisible U+{ord(character):04X}"
                return [f"Line {number} holds {what}."]
    return []


def _statement(one: ast.stmt) -> Iterator[str]:
    """What a statement of the file would do when it is imported."""
    if isinstance(one, ast.Import | ast.ImportFrom):
        return
    if isinstance(one, ast.FunctionDef):
        yield from _function(one)
    elif isinstance(one, ast.ClassDef):
        yield from _class(one)
    elif isinstance(one, ast.Assign | ast.AnnAssign):
        if one.value is not None and _acts(one.value):
            yield f"Line {one.lineno}: only plain values can be assigned outside of functions."
    elif not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)):
        yield (
            f"Line {one.lineno}: outside of functions there may be only imports, plain values, functions, and classes"
            f" on {BASE}; nothing happens on import."
        )


def _function(one: ast.FunctionDef) -> Iterator[str]:
    given = one.args
    if one.decorator_list:
        yield f"Line {one.lineno}: a decorator would run on import."
    defaults = [*given.defaults, *(each for each in given.kw_defaults if each is not None)]
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    annotations = [each.annotation for each in every] + [one.returns]
    if any(_acts(each) for each in defaults) or any(
        each is not None and _acts(each, fields=True) for each in annotations
    ):
        yield f"Line {one.lineno}: the defaults and types of “{one.name}” must be plain values; they run on import."


def _class(one: ast.ClassDef) -> Iterator[str]:
    based = [each.id if isinstance(each, ast.Name) else "" for each in one.bases]
    if based != [BASE] or one.keywords or one.decorator_list:
        yield f"Line {one.lineno}: a class must be “class {one.name}({BASE})”."
    for part in one.body:
        documented = isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        field = isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
        acts = isinstance(part, ast.AnnAssign) and any(
            each is not None and _acts(each, fields=True) for each in (part.annotation, part.value)
        )
        if not (documented or field or isinstance(part, ast.Pass)) or acts:
            yield f"Line {part.lineno}: “{one.name}” may hold fields with their types and plain defaults only."


def _acts(value: ast.expr, *, fields: bool = False) -> bool:
    """Whether evaluating it does more than make a value; with `fields` a `Field(…)` is none that acts."""
    return any(isinstance(each, AT_IMPORT) and not (fields and is_field(each)) for each in ast.walk(value))


def is_field(value: ast.AST) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == FIELD
