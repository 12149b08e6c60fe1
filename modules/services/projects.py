"""Projects: making them, and what they depend on and are configured with."""

import time
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from modules.files.configuration import Configuration as Values
from modules.files.deps import Deps
from modules.models import (
    Configurable,
    Module,
    Parameter,
    Project,
    ProjectDependency,
    ProjectSource,
    Registry,
    Run,
    Tunable,
)
from modules.package import checked_name
from modules.registries.addresses import check_address
from modules.services import declaring, typed
from modules.services.finding import specifier
from modules.services.parameters import clear, in_force, set_value
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, Invalid, NotFound
from xoptweb.live.forgetting import PAUSE_S
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

PERMISSION = "run_modules"
RUNS_AT_ONCE = 50  # their rows are written anew, and what they gave can be large
FAMILIES: tuple[tuple[str, type[Parameter]], ...] = (("tunables", Tunable), ("configurables", Configurable))


def find(slug: str) -> Project:
    """Raises NotFound."""
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no project “{slug[:80]}”.", code="no_such_project")
    return found


def create(name: str, *, by: Actor, description: str = "", directory: Path | None = None) -> Project:
    """Make an empty project.

    Raises:
        NotAllowed: `by` may not run modules.
        Invalid: it has no name that could be its address.
        Conflict: there is one of that name.
    """
    require(by, PERMISSION)
    slug = slugify(name)[:80]
    if not slug or len(name) > 120:
        raise Invalid("A project needs a name.", fields={"name": "Letters or digits, at most 120 characters."})
    if Project.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a project “{slug}” already.", code="name_taken")
    with transaction("a project is made with its audit entry"):
        project = Project.objects.create(
            slug=slug,
            name=name.strip(),
            description=description,
            directory=str(directory) if directory else "",
            created_by=by.label,
        )
        record(by, "project.created", project)
    return project


def delete(project: Project, *, by: Actor) -> None:
    """Forget a project with its values and its lock; its runs stay, without it. Raises NotAllowed."""
    require(by, "install_modules")
    _leave_runs(project)
    with transaction("a project goes with its audit entry"):
        record(by, "project.deleted", project, before=described(project))
        project.delete()


def _leave_runs(project: Project) -> None:
    """However many runs it has, no transaction is long."""
    while keys := list(project.runs.order_by("pk").values_list("pk", flat=True)[:RUNS_AT_ONCE]):
        with transaction("some runs are no longer those of a project that is being deleted"):
            Run.objects.filter(pk__in=keys).update(project=None)
        time.sleep(PAUSE_S)


def deps_of(project: Project) -> Deps:
    return Deps(
        modules=dict(project.dependencies.values_list("name", "requirement")),
        sources=dict(project.sources.values_list("name", "path")),
        registries=dict(project.registries.values_list("name", "url")),
    )


def described(project: Project) -> dict[str, Any]:
    deps = deps_of(project)
    return {"modules": deps.modules, "sources": deps.sources, "registries": deps.registries}


def set_deps(project: Project, deps: Deps, *, by: Actor) -> bool:
    """Make `deps` all that the project depends on; whether that changed anything.

    Raises:
        NotAllowed: `by` may not run modules; or, for new registries and directories of this host, not install or
            administer.
        Invalid: a name, a version or an address is none.
    """
    require(by, PERMISSION)
    before = deps_of(project)
    if before == deps:
        return False
    _check(deps)
    _require_for_places(before, deps, by)
    with transaction("what a project depends on changes together, with its audit entry"):
        was = described(project)
        _replace(project.dependencies, ProjectDependency, project, "requirement", deps.modules)
        _replace(project.sources, ProjectSource, project, "path", deps.sources)
        _replace(project.registries, Registry, project, "url", deps.registries)
        if project.sync == Project.Sync.SYNCED:
            Project.objects.filter(pk=project.pk).update(sync=Project.Sync.STALE)
            project.sync = Project.Sync.STALE
        record(by, "project.dependencies", project, before=was, after=described(project))
        publish(project.stream, "dependencies", {"by": by.label})
    return True


def _check(deps: Deps) -> None:
    for name, requirement in deps.modules.items():
        checked_name(name)
        specifier(requirement)
    for url in deps.registries.values():
        check_address(url)
    if strange := sorted(set(deps.sources) - set(deps.modules)):
        reason = f"The project does not depend on {strange[0]}."
        raise Invalid(reason, fields={"sources": reason})


def _require_for_places(before: Deps, after: Deps, by: Actor) -> None:
    """New places that packages come from are not for everybody: code comes from there, or files of this host."""
    urls = set(after.registries.values()) - set(before.registries.values())
    if urls:
        require(by, "install_modules")
    if any(not url.startswith("https://") for url in urls) or set(after.sources.items()) - set(before.sources.items()):
        require(by, "administer")


def _replace(rows: Any, model: Any, project: Project, field: str, wanted: dict[str, str]) -> None:
    rows.exclude(name__in=list(wanted)).delete()
    for name, value in wanted.items():
        model.objects.update_or_create(project=project, name=name, defaults={field: value})


def depend(project: Project, name: str, requirement: str, *, by: Actor) -> None:
    """Add a dependency, or change its version. Raises as `set_deps`."""
    deps = deps_of(project)
    set_deps(project, Deps(deps.modules | {name: requirement.strip()}, deps.sources, deps.registries), by=by)


def drop(project: Project, name: str, *, by: Actor) -> None:
    """Take a dependency away, with its source; its values stay for when it comes back. Raises as `set_deps`."""
    deps = deps_of(project)
    modules = {key: value for key, value in deps.modules.items() if key != name}
    sources = {key: value for key, value in deps.sources.items() if key != name}
    set_deps(project, Deps(modules, sources, deps.registries), by=by)


def values_of(project: Project, module: Module) -> Values:
    """What the project sets for a module."""
    found: dict[str, dict[str, Any]] = {}
    for plural, family in FAMILIES:
        rows = in_force(family, module, [project.pk])
        found[plural] = {row.parameter.name: row.value for row in rows if not row.cleared}
    return Values(found["tunables"], found["configurables"])


def set_values(project: Project, name: str, wanted: Values, *, by: Actor) -> int:
    """Make `wanted` all that the project sets for the module of that name; how many values that changed.

    The module need not be installed: its parameters become known then.

    Raises:
        NotAllowed: `by` may not edit tunables.
        Invalid: a value does not suit its parameter; `fields` names each. Nothing is changed then.
    """
    changed = 0
    with transaction("a project's values for one module change together"):
        module, _ = Module.objects.get_or_create(name=checked_name(name))
        present = values_of(project, module)
        for plural, family in FAMILIES:
            before, after = getattr(present, plural), getattr(wanted, plural)
            differing = {key: value for key, value in after.items() if key not in before or before[key] != value}
            gone = [key for key in before if key not in after]
            if not (differing or gone):
                continue
            require(by, "edit_tunables")
            changed += _apply(family, module, project, differing, gone, by)
    return changed


def _apply(
    family: type[Parameter], module: Module, project: Project, values: dict[str, Any], gone: list[str], by: Actor
) -> int:
    rows = {name: declaring.known(family, module, name, value) for name, value in values.items()}
    for name, row in rows.items():
        if not row.declared and row.default is None and typed.fault(row, values[name]):
            declaring.redefine(row, typed.kind_of(values[name]))
            row.save()
    wrong = {f"{family.family}s.{name}": typed.fault(row, values[name]) for name, row in rows.items()}
    if wrong := {name: reason for name, reason in wrong.items() if reason}:
        raise Invalid(f"These values do not suit {module}.", fields=wrong)
    for name, row in rows.items():
        set_value(row, values[name], by=by, project=project)
    for name in gone:
        clear(declaring.known(family, module, name, None), by=by, project=project)
    return len(values) + len(gone)
