"""Formulas over observables: a small, safe expression language, never `eval`."""

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import simpleeval

FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "atan2": math.atan2,
    "hypot": math.hypot,
    "min": min,
    "max": max,
}
CONSTANTS = {"pi": math.pi}
NODES = (
    ast.Expression, ast.Expr, ast.Constant, ast.Name, ast.Load, ast.Call, ast.IfExp, ast.Compare, ast.BoolOp,
    ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd, ast.Not, ast.And,
    ast.Or, ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq,
)  # fmt: skip


class FormulaRefused(ValueError):
    """An expression that is not of the language, or uses a name that is not there."""


@lru_cache(maxsize=512)
def parse(expression: str) -> ast.expr:
    """The expression's tree, only of the language's nodes.

    Raises:
        FormulaRefused: it does not parse, or holds something else than arithmetic on names and numbers.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaRefused(f"“{expression}” is not an expression") from error
    for node in ast.walk(tree):
        if not isinstance(node, NODES):
            raise FormulaRefused(f"“{expression}” uses {type(node).__name__}, which formulas do not know")
        if isinstance(node, ast.Constant) and (isinstance(node.value, bool) or not isinstance(node.value, int | float)):
            raise FormulaRefused(f"“{expression}” holds {node.value!r}, which is not a number")
        if isinstance(node, ast.Call):
            _check_call(expression, node)
    return tree.body


def _check_call(expression: str, node: ast.Call) -> None:
    if node.keywords or not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        raise FormulaRefused(f"“{expression}” calls something else than {', '.join(sorted(FUNCTIONS))}")


def names(expression: str) -> set[str]:
    """The observables and formulas an expression uses."""
    tree = parse(expression)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}
    return found - set(CONSTANTS)


def ordered(expressions: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """Formulas in an order in which each only uses `known` names and formulas before it.

    Raises:
        FormulaRefused: one does not parse, uses an unknown name, shadows a known one, or they need each other.
    """
    available = set(known)
    for name in expressions:
        if name in available or name in CONSTANTS or name in FUNCTIONS:
            raise FormulaRefused(f"the name {name} is taken")
    waiting = {name: names(expression) for name, expression in expressions.items()}
    order: list[str] = []
    while waiting:
        ready = [name for name, needs in waiting.items() if needs <= available]
        if not ready:
            name, needs = next(iter(waiting.items()))
            raise FormulaRefused(f"{name} uses {', '.join(sorted(needs - available))}, which is not measured")
        for name in ready:
            order.append(name)
            available.add(name)
            del waiting[name]
    return order


def _value(expression: str, outputs: Mapping[str, float]) -> float:
    evaluator = simpleeval.SimpleEval(functions=dict(FUNCTIONS), names={**CONSTANTS, **outputs})
    try:
        result: Any = evaluator.eval(expression, previously_parsed=parse(expression))
    except (ZeroDivisionError, OverflowError, ValueError, simpleeval.NumberTooHigh):
        return math.nan
    except simpleeval.InvalidExpression as error:
        raise FormulaRefused(f"“{expression}”: {error}") from error
    if isinstance(result, complex):
        return math.nan
    try:
        value = float(result)
    except OverflowError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def evaluate(expressions: Mapping[str, str], outputs: Mapping[str, float]) -> dict[str, float]:
    """Each formula's value; NaN where an observable is not finite or the mathematics has no answer.

    Raises:
        FormulaRefused: an expression is not of the language or uses a name that is not in `outputs`.
    """
    values = dict(outputs)
    results: dict[str, float] = {}
    for name in ordered(expressions, outputs):
        used = names(expressions[name])
        holes = any(not math.isfinite(values[each]) for each in used)
        values[name] = results[name] = math.nan if holes else _value(expressions[name], values)
    return results


def propagate(wanted: Iterable[str], expressions: Mapping[str, str], outputs: Mapping[str, float],
          errors: Mapping[str, float | None]) -> dict[str, float | None]:  # fmt: skip
    """Standard errors of formulas by first-order propagation of their observables' uncorrelated errors.

    None where the error of an observable that matters is not known.
    """
    here = evaluate(expressions, outputs)
    result: dict[str, float | None] = {}
    for name in wanted:
        result[name] = _propagated(name, here[name], expressions, outputs, errors)
    return result


def _propagated(name: str, value: float, expressions: Mapping[str, str], outputs: Mapping[str, float],
                errors: Mapping[str, float | None]) -> float | None:  # fmt: skip
    total = 0.0
    for observable in outputs:
        step = errors.get(observable)
        moved = outputs[observable] + (step or abs(outputs[observable]) * 1e-6 or 1e-9)
        change = evaluate(expressions, {**outputs, observable: moved})[name] - value
        if change == 0.0:
            continue
        if step is None or not math.isfinite(change):
            return None
        total += change * change
    return math.sqrt(total)
