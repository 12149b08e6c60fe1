"""Modules that call modules: each call is a run of its own, below the one that called."""

import threading
from collections.abc import Callable
from typing import Any

from modules.execution import specs
from modules.execution.beginning import at_once
from modules.execution.budget import Budget
from modules.execution.trace import Trace, state_event
from modules.models import ModuleVersion, Run
from modules.package import PackageError, Reference
from modules.runner.host import NoSuchModule
from modules.services import finding
from modules.services.tunables import checked_overrides
from xoptweb import hot
from xoptweb.config import config
from xoptweb.errors import Conflict, NotFound, Problem
from xoptweb.live.services import publish
from xoptweb.plain import plain
from xoptweb.transactions import transaction

Perform = Callable[..., Run]


class Caller:
    """Calls other modules on behalf of one run."""

    def __init__(
        self,
        run: Run,
        trace: Trace,
        budget: Budget,
        cancelled: threading.Event,
        above: tuple[str, ...],
        perform: Perform,
    ) -> None:
        self.run, self.trace, self.budget, self.cancelled = run, trace, budget, cancelled
        self.above = (*above, run.version.module.name)
        self._perform = perform

    def call(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str:
        """The other module's answer as text.

        Raises:
            NoSuchModule: nobody knows it.
            Conflict: the calls go round in a circle, or too deep.
            Problem: the other module failed.
        """
        started = {"action": name, "target_module": name, "input": given, "module": self.run.version.module.name}
        try:
            version = self._version(name)
        except (NotFound, PackageError) as problem:
            self.trace.add("module_call", started)
            self.trace.add("module_result", {"action": f"{name}_result", "error": problem.message})
            raise NoSuchModule(f"No module found to handle action '{name}'") from problem
        try:
            self._check(version)
            child = self._begin(version, given, context, checked_overrides(version.module, tunables, configurables))
        except Problem as problem:
            self.trace.add("module_call", started)
            self.trace.add("module_result", {"action": f"{name}_result", "error": problem.message})
            raise
        self.trace.add("module_call", started | {"run": child.pk, "target_module": str(version)})
        self._perform(child, budget=self.budget, cancelled=self.cancelled, above=self.above)
        return self._answer(name, child)

    def _version(self, name: str) -> ModuleVersion:
        wanted = Reference.parse(name)
        if wanted.version is None and (locked := specs.project_version(self.run.project, wanted.name)) is not None:
            return locked
        return finding.version(name)

    def _check(self, version: ModuleVersion) -> None:
        name = version.module.name
        if name in self.above:
            circle = " → ".join([*self.above, name])
            raise Conflict(f"The modules call each other in a circle: {circle}.", code="cycle")
        if len(self.above) > config().module_call_depth:
            raise Conflict(f"Modules call modules {config().module_call_depth} deep at most.", code="depth")

    def _begin(self, version: ModuleVersion, given: Any, context: Any, overrides: dict[str, dict[str, Any]]) -> Run:
        """The run of the other module, which begins at once in this process."""
        with transaction("a called module's run begins and is announced"):
            child = Run(
                version=version,
                project=self.run.project,
                parent=self.run,
                input=plain(given),
                context=plain(context),
                overrides=overrides,
                state=Run.State.RUNNING,
                requested_by=self.run.requested_by,
                requester=self.run.requester,
                token=self.run.token,
                via=self.run.via,
                correlation=self.run.correlation,
                **at_once(),
            )
            hot.insert([child])
            publish(child.stream, "state", state_event(child))
        return child

    def _answer(self, name: str, child: Run) -> str:
        result: dict[str, Any] = {"action": f"{name}_result", "run": child.pk, "state": str(child.state)}
        if child.state != Run.State.SUCCEEDED:
            message = f"{child.version} {child.state}: {child.error or 'it was cancelled'}"
            self.trace.add("module_result", result | {"error": message})
            raise Problem(message, code="module_failed")
        self.trace.add("module_result", result | {"output": child.text})
        return child.text
