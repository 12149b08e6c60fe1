"""What a module's process is started from."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Grants:
    """What the module may ask for. `llm` is every model, none, or the named ones; "*" among the names means all."""

    llm: bool | tuple[str, ...] = False
    modules: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    network: bool = False


@dataclass(frozen=True)
class Limits:
    """Of one run. Memory and processes count the module's process with all its children; output is what it prints.

    `disk_mb` bounds what lies in its directory, 0 nothing; `message_mb` allows larger single messages than prints.
    """

    seconds: float = 300.0
    memory_mb: int = 2000
    processes: int = 32
    output_mb: float = 10.0
    transitions: int = 50
    message_mb: float = 0.0
    disk_mb: int = 0

    @property
    def message_bytes(self) -> int:
        """The largest single message from the module, such as its answer."""
        return int(max(self.output_mb, self.message_mb, 1.0) * MEGABYTE)


@dataclass(frozen=True)
class Spec:
    """`source` is the directory of the code, which for a module with an engine is that of the engine.

    A process that serves `code` runs what it is given, in one interpreter that lives on (`xoptweb_child.coding`).
    """

    name: str
    version: str
    source: Path
    python: Path
    code_file: str
    tunables: dict[str, Any] = field(default_factory=dict)
    configurables: dict[str, Any] = field(default_factory=dict)
    grants: Grants = Grants()
    limits: Limits = Limits()
    callable_modules: dict[str, dict[str, Any]] = field(default_factory=dict)
    digest: str = ""
    serves: Literal["module", "code"] = "module"

    @property
    def subject(self) -> str:
        """What it is called where a person is told of it."""
        return "module" if self.serves == "module" else "code"

    @cached_property
    def key(self) -> str:
        """Equal for specs whose runs can share a warm process, but for tunables that are read at import."""
        parts = [
            self.name, self.version, str(self.source), str(self.python), self.code_file, self.digest, self.serves,
            repr(self.grants), repr(self.limits), self.configurables, self.callable_modules,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
