"""An interpreter that lives on: runs code, commands and looks at tables, with files that it brings and gives back.

A request's input is `{"files": {path: sha256}, …}` and one of `code`, `command` or `table`. What it does not have of
the files, or has otherwise, it asks the host for; what is new, changed or gone afterwards is in its answer.
"""

from __future__ import annotations

import ast
import io
import linecache
import os
import subprocess
import sys
import traceback
from base64 import b64encode
from types import ModuleType
from typing import Any

from xoptweb_child.files import Files
from xoptweb_child.wire import Wire

LONGEST_VALUE = 6000
LONGEST_ERROR = 6000
MOST_FIGURES = 8
DOTS_AN_INCH = 110


class Session:
    """The state between two requests: the variables, and the files of the directory it began in."""

    def __init__(self, wire: Wire) -> None:
        self.calls = 0
        self.files = Files(os.getcwd(), wire)
        self.main = ModuleType("__main__")
        self.old_main = sys.modules["__main__"]  # its functions are still on the stack
        sys.modules["__main__"] = self.main
        sys.path.insert(0, self.files.folder)


def load(wire: Wire, params: dict[str, Any]) -> tuple[dict[str, Any], Session]:
    return {}, Session(wire)


def run(session: Session, params: dict[str, Any]) -> tuple[dict[str, Any], None]:
    given = params["input"]
    session.calls += 1
    session.files.bring(given["files"])
    if "table" in given:
        from xoptweb_child import tables

        outcome: dict[str, Any] = {"table": tables.view(**given["table"])}
    elif "command" in given:
        outcome = _command(given["command"], session.files.folder)
    else:
        outcome = _executed(given["code"], session)
    return {"output": {**outcome, **session.files.changed(given["files"]), "calls": session.calls}, "text": ""}, None


def _command(command: str, folder: str) -> dict[str, Any]:
    done = subprocess.run(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, cwd=folder, check=False)
    return {"exit_code": done.returncode}


def _executed(code: str, session: Session) -> dict[str, Any]:
    """The value of a last expression, as Python shows it, or the traceback; and the figures that are open."""
    name = f"<call {session.calls}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    outcome: dict[str, Any] = {"value": None, "error": ""}
    try:
        value = _last_value(ast.parse(code, name), name, session.main.__dict__)
        outcome["value"] = None if value is None else _shown(value)
    except BaseException as error:  # noqa: BLE001 – whatever it raises is the answer, SystemExit too
        outcome["error"] = _explained(error)
    outcome["figures"] = _figures(outcome)
    return outcome


def _last_value(tree: ast.Module, name: str, variables: dict[str, Any]) -> Any:
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), variables)  # noqa: S102 – this is what the process is for
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), name, "eval"), variables)  # noqa: S307 – likewise
    return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"


def _explained(error: BaseException) -> str:
    """The traceback without our own frames."""
    ours = os.path.dirname(os.path.abspath(__file__))
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(ours)]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(frames)] if frames else []
    return "".join([*lines, *traceback.format_exception_only(type(error), error)])[-LONGEST_ERROR:]


def _figures(outcome: dict[str, Any]) -> list[dict[str, str]]:
    """Every open figure as a PNG; they are closed then."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    made: list[dict[str, str]] = []
    try:
        for number in pyplot.get_fignums()[:MOST_FIGURES]:
            figure, drawn = pyplot.figure(number), io.BytesIO()
            figure.savefig(drawn, format="png", dpi=DOTS_AN_INCH, bbox_inches="tight")
            made.append({"title": _title(figure), "png": b64encode(drawn.getvalue()).decode()})
    except Exception as error:  # noqa: BLE001 – a figure that can't be drawn is told like an exception of the code
        outcome["error"] = outcome["error"] or _explained(error)
    finally:
        pyplot.close("all")
    return made


def _title(figure: Any) -> str:
    above = figure.get_suptitle() if hasattr(figure, "get_suptitle") else ""
    return str(above or next((axes.get_title() for axes in figure.axes if axes.get_title()), ""))[:200]
