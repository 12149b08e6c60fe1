"""Promoted skills as tools: they come and go with what is installed, in every process, without a restart."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db.models import F, QuerySet
from pydantic import BaseModel

from modules import runner
from modules.models import ModuleVersion, Run, SkillVersion
from modules.services import running
from modules.skills import checks, written
from modules.skills.trying import NO_SANDBOX
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed, Problem
from xoptweb.tools import serving, waiting
from xoptweb.tools.registry import Provider, Spec, provide

PREFIX = "skill_"
MOST = 200

Mark = tuple[int, int, str]

_known: dict[Mark, Spec] = {}


def tools() -> list[Spec]:
    """One query for what is there; a tool that was made before is not made again."""
    return _specs(_offered()[:MOST])


def find(name: str) -> Spec | None:
    if not name.startswith(PREFIX):
        return None
    return next(iter(_specs(_offered().filter(skill__name=name.removeprefix(PREFIX))[:1])), None)


def _offered() -> "QuerySet[SkillVersion]":
    """What was approved, is installed as approved, and is what its module runs."""
    rows = SkillVersion.objects.filter(
        state=SkillVersion.State.PROMOTED,
        skill__removed_at=None,
        module_version__state=ModuleVersion.State.INSTALLED,
        module_version__digest=F("package_digest"),
        module_version__module__current=F("module_version"),
    )
    return rows.order_by("skill__name")


def _specs(rows: "QuerySet[SkillVersion]") -> list[Spec]:
    marks: list[Mark] = list(rows.values_list("pk", "number", "digest"))
    new = [mark[0] for mark in marks if mark not in _known]
    if len(_known) + len(new) > 2 * MOST:
        _known.clear()
        new = [mark[0] for mark in marks]
    for version in SkillVersion.objects.select_related("skill").filter(pk__in=new):
        if (spec := _spec(version)) is not None:
            _known[version.pk, version.number, version.digest] = spec
    return [_known[mark] for mark in marks if mark in _known]


def _spec(version: SkillVersion) -> Spec | None:
    """None where the text is no longer what was checked: such a one is not offered."""
    given = written.of(version)
    signature = checks.signature_of(given) if given.digest == version.digest else None
    if signature is None:
        return None
    said = f"{version.description} (A skill: a function that people here wrote and approved.)"
    call = _call(version.skill.name, version.skill.module_name, version.number)
    return Spec(version.skill.tool, said, running.PERMISSION, signature.arguments, call, why_absent, changes=True)


def page(name: str, number: int) -> str:
    """The page of a version. Written out: workers know no addresses of pages."""
    return f"/modules/skills/{name}/text/{number}/"


def _call(name: str, module: str, number: int) -> Callable[..., dict[str, Any]]:
    def call(arguments: BaseModel, *, by: Actor) -> dict[str, Any]:
        """An ordinary run of the module with its trace: in this process, or by a worker where that is to be."""
        if serving.subject().startswith("run:"):
            raise NotAllowed(f"A module calls the skill as the module {module}.", code="call_the_module")
        given = arguments.model_dump(mode="json", by_alias=True, exclude_unset=True)
        if serving.by_workers():
            run = _by_a_worker(module, given, by=by, version=str(number))
        else:
            run = running.now(module, given, by=by, version=str(number))
        told = {"run": run.pk, "seconds": run.seconds, "link": f"/runs/{run.pk}/"} | _came(run)
        return {"state": str(run.state), **told, "skill": {"name": name, "version": number, "link": page(name, number)}}

    return call


def _came(run: Run) -> dict[str, Any]:
    if not run.ended:
        return {"next": "It goes on. look_at_run tells how it stands, and what came out."}
    return {"result": run.output} if run.state == run.State.SUCCEEDED else {"error": run.error}


def _by_a_worker(module: str, given: dict[str, Any], *, by: Actor, version: str) -> Run:
    """A run that was queued and has ended, or goes on: then it takes longer than anybody waits."""
    run = running.run(module, given, by=by, version=version)

    def ended() -> bool:
        run.refresh_from_db(fields=["state"])
        return run.ended

    if not waiting.until(ended) and serving.cancelled():
        with suppress(Problem):  # it has ended in this moment
            running.cancel(run, by=by)
    run.refresh_from_db()
    return run


def why_absent() -> str:
    """Why no skill can run on this machine; empty where they can."""
    return NO_SANDBOX if runner.in_force().kind == "none" else ""


def register() -> None:
    provide(PREFIX, Provider(tools, find))
