"""What a running module may ask for; whoever starts a run answers, and holds the module to its grants."""

from typing import Any, Protocol


class NoSuchModule(Exception):
    """Raised by `call_module` when no such module can be called: the module is told so in words, and goes on."""


class Refused(Exception):
    """Raised when the module may not do this, or it failed; the message is for the module and for people."""


class Host(Protocol):
    """Called from the thread that runs `Pool.run`, one call at a time.

    `event` gets what happens inside the module: `step`, `step_result`, `print`, `error`, and whatever else the
    module's own code tells; of modules that share one environment also `module_call` and `module_result`. The calls
    that come here (`call_llm`, `call_module`, `call_tool`, `artifact`, `progress`) are not told as events: who answers
    them knows what they cost and records them.
    """

    def event(self, kind: str, data: dict[str, Any]) -> None: ...

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        """`request` has `prompt`, `model`, `temperature`, `max_tokens`, …; the answer has at least `text`."""

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        """`request` has `messages`, `model`, `tools` by name, `schema`, …; the answer has `text`, `calls`, `faults`,
        and `room`, how many characters the messages may have."""

    def call_module(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str:
        """Run another module in its own environment, with these run overrides; its output as text."""

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        """The tool's answer, as JSON can carry it."""

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        """Keep something for people: `given` has `title`, `content` (base64), `kind` and `name`; what it became."""

    def progress(self, fraction: float | None, text: str) -> None: ...
