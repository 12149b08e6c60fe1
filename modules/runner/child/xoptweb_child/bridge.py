"""The SDK's way out, over the wire."""

from __future__ import annotations

from typing import Any

from xoptweb_child.plain import plain
from xoptweb_child.wire import Answered, Wire
from xoptweb_sdk.bridge import Bridge
from xoptweb_sdk.errors import ModuleError, NoSuchModule

NO_SUCH_MODULE = -32001


class Connected(Bridge):
    """What a module asks goes to the host, which holds it to its grants."""

    def __init__(self, wire: Wire, orders: dict[str, Any]) -> None:
        super().__init__()
        self._wire = wire
        self.name, self.version = orders["name"], orders["version"]
        self.transitions = orders["transitions"]
        self.tunables, self.configurables = orders["tunables"], orders["configurables"]
        self._callable: dict[str, dict[str, Any]] = orders["callable_modules"]

    def event(self, kind: str, data: dict[str, Any]) -> None:
        self._wire.tell("event", {"kind": str(kind), "data": plain(data)})

    def progress(self, fraction: float | None, text: str) -> None:
        self._wire.tell("progress", {"fraction": None if fraction is None else float(fraction), "text": str(text)})

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask("call_llm", {"request": plain(request)})
        return answer

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._ask("chat", {"request": plain(request)})
        return answer

    def call_module(self, name: str, given: Any, context: Any, overrides: dict[str, Any]) -> str:
        params = {"name": name, "input": plain(given), "context": plain(context), "overrides": plain(overrides)}
        return str(self._ask("call_module", params))

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        return self._ask("call_tool", {"name": name, "arguments": plain(arguments)})

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = self._ask("artifact", {"given": given})
        return kept

    def details(self, name: str) -> dict[str, Any] | None:
        return self._callable.get(name) or self._callable.get(name.replace("@", ":"))

    def _ask(self, method: str, params: dict[str, Any]) -> Any:
        try:
            return self._wire.ask(method, params)
        except Answered as error:
            raise (NoSuchModule if error.code == NO_SUCH_MODULE else ModuleError)(str(error)) from None
