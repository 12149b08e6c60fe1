"""A calculator that reads an expression itself: nothing of what a user writes is ever run as code."""

import ast
import math
import operator

import xopt
from xopt.models import Module

client = xopt.client()
digits = client.tunable("digits", "Significant digits of the result")

LARGEST_POWER = 10_000
DEEPEST = 50

BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
UNARY = {ast.UAdd: operator.pos, ast.USub: operator.neg}
CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS = {
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "exp": math.exp, "log": math.log, "sqrt": math.sqrt,
    "abs": abs, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip


def power(base, exponent):
    """Numbers whose digits would fill memory are refused."""
    if abs(exponent) > LARGEST_POWER:
        raise ValueError(f"the exponent {exponent} is too large")
    return float(base) ** exponent


def value(node, depth=0):
    if depth > DEEPEST:
        raise ValueError("the expression is too deep")
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    if isinstance(node, ast.Name) and node.id in CONSTANTS:
        return CONSTANTS[node.id]
    if isinstance(node, ast.BinOp):
        return binary(node, depth)
    if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
        return UNARY[type(node.op)](value(node.operand, depth + 1))
    if isinstance(node, ast.Call):
        return called(node, depth)
    raise ValueError(f"“{ast.unparse(node)}” is not arithmetic")


def binary(node, depth):
    left, right = value(node.left, depth + 1), value(node.right, depth + 1)
    if isinstance(node.op, ast.Pow):
        return power(left, right)
    if type(node.op) not in BINARY:
        raise ValueError(f"“{ast.unparse(node)}” is not arithmetic")
    return BINARY[type(node.op)](left, right)


def called(node, depth):
    if not isinstance(node.func, ast.Name) or node.keywords:
        raise ValueError(f"“{ast.unparse(node)}” is not a function of this calculator")
    arguments = [value(argument, depth + 1) for argument in node.args]
    if node.func.id == "pow" and len(arguments) == 2:
        return power(*arguments)
    if node.func.id not in FUNCTIONS:
        raise ValueError(f"“{node.func.id}” is not a function of this calculator")
    return FUNCTIONS[node.func.id](*arguments)


def calculate(step_input):
    """The value of an expression such as `2 * sqrt(pi)`; the input is the text, or a mapping with `input`."""
    text = str(step_input.get("input", "") if isinstance(step_input, dict) else step_input)
    if len(text) > 1000:
        raise ValueError("the expression is longer than 1000 characters")
    try:
        result = float(value(ast.parse(text.strip(), mode="eval").body))
    except SyntaxError:
        raise ValueError(f"“{text}” is not an expression") from None
    return float(f"{result:.{int(digits())}g}")


@xopt.module
def calculator() -> Module:
    module = Module(
        name="examples/calculator",
        version="1.0.0",
        description="Evaluates arithmetic expressions.",
        long_description=(
            "Evaluates one arithmetic expression with + - * / // % ** and parentheses, pow, sqrt, exp, log, sin, cos,"
            " tan, abs, floor, ceil, pi and e. Input: the expression alone, for example sqrt(2 * pi)."
        ),
        tunables=[digits],
    )
    module.register(name="calculate", step=xopt.step(calculate), input_type=str, output_type=float)
    module.set_start_step("calculate")
    return module


xopt.register(calculator)
