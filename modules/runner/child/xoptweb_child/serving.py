"""The life of a module's process: load the code, then one run after the other until the host has had enough."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import Any

from xoptweb_child.plain import plain
from xoptweb_child.wire import Wire

LONGEST_MESSAGE = 4000
LONGEST_TRACEBACK = 20_000


def serve(wire: Wire, orders: dict[str, Any]) -> int:
    """The exit code of the process."""
    with contextlib.suppress(EOFError, BrokenPipeError):
        _open_output()
        load, run = _life(orders["params"]["serves"])
        loaded = _answered(wire, orders, lambda params: load(wire, params))
        if loaded is None:
            return 1
        while (message := wire.receive()) is not None:
            _answered(wire, message, lambda params: run(loaded, params))
    return 0


def _life(serves: str) -> tuple[Any, Any]:
    """What it does first with its orders, and then with each request."""
    if serves == "code":
        from xoptweb_child import coding

        return coding.load, coding.run
    return _load, _run


def _answered(wire: Wire, message: dict[str, Any], do: Any) -> Any:
    """Do what is asked; answer with the first part of what comes out, or with the error."""
    try:
        answer, made = do(message["params"])
    except EOFError:
        raise
    except BaseException as error:  # noqa: BLE001 – SystemExit and the like are the module's errors too
        _flush()
        wire.refuse(message["id"], *_explained(error))
        return None
    _flush()
    wire.answer(message["id"], answer)
    return made


def _load(wire: Wire, params: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    from xoptweb_child.bridge import Connected
    from xoptweb_child.code import describe, load
    from xoptweb_sdk.bridge import connect

    bridge = Connected(wire, params)
    connect(bridge)
    with contextlib.suppress(ImportError):
        __import__("xopt")  # before the module's own search paths come first
    module = load(bridge, params["source"], params["code_file"], [params["name"]])
    return describe(module, bridge), (module, bridge)


def _run(loaded: tuple[Any, Any], params: dict[str, Any]) -> tuple[dict[str, Any], None]:
    from xoptweb_sdk.instance import ModuleInstance
    from xoptweb_sdk.models import content_of

    module, bridge = loaded
    bridge.tunables = params["tunables"]
    content = content_of(ModuleInstance(module).call(params["input"]))
    return {"output": plain(content), "text": str(content)}, None


def _explained(error: BaseException) -> tuple[str, dict[str, Any]]:
    """The message for a person, and the traceback without our own frames."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = os.path.dirname(os.path.abspath(__file__))
    kept = [f for f in frames if not f.filename.startswith((ours, "<frozen")) and "xoptweb_sdk" not in f.filename]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(kept)] if kept else []
    lines += traceback.format_exception_only(type(error), error)
    kind = type(error).__name__
    if isinstance(error, SystemExit):
        message = f"The module called sys.exit({error.code!r})."
    elif kind in ("ModuleError", "NoSuchModule"):
        message = str(error)
    else:
        message = f"{kind}: {error}"
    return message[:LONGEST_MESSAGE], {"traceback": "".join(lines)[-LONGEST_TRACEBACK:], "kind": kind}


def _open_output() -> None:
    """Prints go out line by line, and never fail for the sake of a character."""
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = os.fdopen(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the module may have put anything there
            stream.flush()
