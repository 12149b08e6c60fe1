"""Real modules in real environments, made once for a test run."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from modules import installer, package, runner
from modules.installer import Installed
from modules.runner.output import text_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "modules"
SMALL = 'name: "tests/small"\nversion: "1.0.0"\n'
CODE = """
import xopt
from xopt.models import Module, StepResult
client = xopt.client()
m = Module("{name}", "{version}", "A module of the tests.")
{body}
m.set_start_step("begin")
xopt.register(lambda: m)
"""


def code(body: str, *, name: str = "tests/small", version: str = "1.0.0") -> str:
    """A module's code with one step: the body of `begin(given)`, unless the body defines it itself."""
    if "def begin" not in body:
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        body = f"@m.step\ndef begin(given):\n{lines}"
    return CODE.replace("{name}", name).replace("{version}", version).replace("{body}", body)


def directory(path: Path, body: str, manifest: str = SMALL, **more: str) -> Path:
    """A module's directory; in the names of files `__` stands for the dot."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in {"xopt__yaml": manifest, "main__py": code(body), **more}.items():
        (path / name.replace("__", ".")).write_text(content)
    return path


def install(source: Path, root: Path, **options: Any) -> Installed:
    root.mkdir(parents=True, exist_ok=True)
    archive = package.write(source, root.parent)
    return installer.install(package.read(archive), root, **{"say": lambda line: None, **options})


def spec_of(installed: Installed, **changed: Any) -> runner.Spec:
    code_of = installer.load(installed.engine) if installed.engine else installed
    given: dict[str, Any] = {
        "name": installed.name,
        "version": installed.version,
        "source": code_of.path / "source",
        "python": code_of.interpreter,
        "code_file": code_of.manifest.code_file,
        "tunables": installed.manifest.tunables,
        "configurables": installed.manifest.configurables,
        "digest": installed.digest,
    }
    return runner.Spec(**{**given, **changed})


class World:
    """Answers what modules ask, and remembers all of it."""

    def __init__(self, answers: list[str] | None = None) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[tuple[str, Any]] = []
        self.answers = answers or []
        self.chats: list[str | list[tuple[str, Any]] | dict[str, Any]] = []
        self.room: int | None = None
        self.modules: dict[str, Callable[[Any], str]] = {}
        self.tools: dict[str, Callable[..., Any]] = {}

    def event(self, kind: str, data: dict[str, Any]) -> None:
        self.events.append((kind, data))

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(("llm", request))
        if not self.answers:
            raise runner.Refused("no model is configured")
        return {"text": self.answers.pop(0)}

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answers are texts, the calls of tools: ("name", {…}) each, or whole."""
        self.asked.append(("chat", deepcopy(request)))
        if not self.chats:
            raise runner.Refused("no model is configured")
        said = self.chats.pop(0) if len(self.chats) > 1 else self.chats[0]
        if isinstance(said, dict):
            return said
        texts, calls = ([said], []) if isinstance(said, str) else ([], said)
        made = [{"id": "1", "name": name, "arguments": given, "text": ""} for name, given in calls]
        room = {} if self.room is None else {"room": self.room}
        return {"text": "".join(texts), "calls": made, "faults": [], "finish": "stop"} | room

    def call_module(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str:
        self.asked.append(("module", (name, given, tunables, configurables)))
        if name not in self.modules:
            raise runner.NoSuchModule(f"No module found to handle action '{name}'")
        return self.modules[name](given)

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        self.asked.append(("tool", (name, arguments)))
        if name not in self.tools:
            raise runner.Refused(f"The module may not use the tool “{name}”.")
        return self.tools[name](**arguments)

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(("artifact", given))
        return {"artifact": 1}

    def progress(self, fraction: float | None, text: str) -> None:
        self.asked.append(("progress", (fraction, text)))

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [data for told, data in self.events if told == kind]

    @property
    def printed(self) -> str:
        return "".join(text_of(data) for data in self.of_kind("print"))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The smallest module there is, installed. Its environment also serves code that is not installed."""
    place = tmp_path_factory.mktemp("small")
    return install(directory(place / "source", "return given"), place / "root")


@pytest.fixture
def pool() -> Iterator[runner.Pool]:
    made = runner.Pool()
    yield made
    made.close()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def module(small: Installed, tmp_path: Path) -> Callable[..., runner.Spec]:
    """Give the body of a step, get what it takes to run it: `module("return given", limits=…)`."""

    def make(body: str, **changed: Any) -> runner.Spec:
        number = len(list(tmp_path.glob("module-*")))
        source = directory(tmp_path / f"module-{number}", body)
        given = {"source": source, "code_file": "main.py", "digest": str(source), "tunables": {}, "configurables": {}}
        return spec_of(small, **{**given, **changed})

    return make
