"""Tools of agents: looking at modules and their runs, and running them."""

from typing import Any

from pydantic import BaseModel, Field

from modules.models import Module, Run
from modules.sandbox import tools as sandbox_tools
from modules.services import running
from modules.services.tunables import effective
from modules.skills import tools as skills
from xoptweb.actors import Actor
from xoptweb.tools.registry import tool

__all__ = ["find_modules", "link", "look_at_run", "run_module", "sandbox_tools", "skills"]


class FindModules(BaseModel):
    """Installed modules by words of their name or description."""

    words: str = Field("", max_length=200)
    limit: int = Field(20, ge=1, le=100)


@tool("find_modules", "Find installed modules with what they do, their steps and their tunables.", "view_machine")
def find_modules(arguments: FindModules, *, by: Actor) -> list[dict[str, Any]]:
    found = Module.objects.exclude(current=None).select_related("current__module")
    for word in arguments.words.replace("\x00", "").split():
        found = found.filter(name__icontains=word) | found.filter(description__icontains=word)
    return [_module(each) for each in found[: arguments.limit]]


def _module(module: Module) -> dict[str, Any]:
    version = module.current
    if version is None:
        return {"name": module.name}
    return {
        "name": module.name,
        "version": version.version,
        "description": module.description,
        "steps": version.description.get("steps") or [],
        "tunables": effective(version).tunables,
        "link": f"/modules/{module.name}/",
    }


class RunModule(BaseModel):
    """Run an installed module; the answer names the run, whose result `look_at_run` gives."""

    name: str = Field(
        description="namespace/name, with @version where another than the current one is meant.", max_length=220
    )
    input: Any = Field(None, description="What the module gets: text or JSON.")
    tunables: dict[str, Any] = Field({}, description="Values for this run only.")


@tool("run_module", "Run an installed module with an input.", "run_modules", changes=True)
def run_module(arguments: RunModule, *, by: Actor) -> dict[str, Any]:
    run = running.run(arguments.name, arguments.input, by=by, tunables=arguments.tunables)
    return {"run": run.pk, "state": str(run.state), "version": str(run.version), "link": link(run)}


class LookAtRun(BaseModel):
    """One run."""

    run: int


@tool("look_at_run", "Say how a run of a module stands, and what came out.", "view_machine")
def look_at_run(arguments: LookAtRun, *, by: Actor) -> dict[str, Any]:
    run = Run.objects.select_related("version__module").filter(pk=arguments.run).first()
    if run is None:
        return {"run": arguments.run, "state": "unknown"}
    return {
        "run": run.pk,
        "version": str(run.version),
        "state": str(run.state),
        "output": run.output,
        "error": run.error,
        "seconds": run.seconds,
        "link": link(run),
    }


def link(run: Run) -> str:
    """The run's page. Written out: workers know no addresses of pages."""
    return f"/runs/{run.pk}/"
