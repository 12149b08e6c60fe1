"""What a run needs to be started: code, interpreter, values, grants, limits."""

from typing import Any

from modules import places, runner
from modules.models import Grant, Module, ModuleVersion, Project, ProjectLock
from modules.services import finding
from modules.services.tunables import Effective
from xoptweb.config import config
from xoptweb.errors import Conflict

Kind = Grant.Kind
State = ModuleVersion.State
ALL = "*"


def spec(
    version: ModuleVersion,
    code: ModuleVersion,
    values: Effective,
    allowed: runner.Grants,
    callables: dict[str, dict[str, Any]],
) -> runner.Spec:
    """`code` is the version whose code runs; `callables` as `callable_modules` gives them."""
    directory = places.absolute(code.path)
    return runner.Spec(
        name=version.module.name,
        version=version.version,
        source=directory / "source",
        python=directory / "venv" / "bin" / "python",
        code_file=code.manifest["code_file"],
        tunables=values.tunables,
        configurables=values.configurables,
        grants=allowed,
        limits=limits(),
        callable_modules=callables,
        digest=code.digest if code.pk == version.pk else f"{version.digest}+{code.digest}",
    )


def code_of(version: ModuleVersion) -> ModuleVersion:
    """The version whose code runs: its own, or that of its engine.

    Raises:
        NotFound: the engine is not installed any more.
        Conflict: engines go round in a circle.
    """
    seen = [str(version)]
    while reference := version.manifest.get("engine_ref"):
        version = finding.version(reference)
        if str(version) in seen:
            raise Conflict(f"The engines go round in a circle: {' → '.join([*seen, str(version)])}.", code="cycle")
        seen.append(str(version))
    return version


def limits() -> runner.Limits:
    settings = config()
    return runner.Limits(
        seconds=settings.module_run_s,
        memory_mb=settings.module_memory_mb,
        processes=settings.module_processes,
        output_mb=settings.module_output_mb,
        transitions=settings.module_transitions,
    )


def granted(module: Module) -> runner.Grants:
    found: dict[str, set[str]] = {kind: set() for kind in Kind.values}
    for kind, target in module.grants.values_list("kind", "target"):
        found[kind].add(target)
    models = found[Kind.LLM]
    return runner.Grants(
        llm=True if ALL in models else tuple(sorted(models)) or False,
        modules=tuple(sorted(found[Kind.MODULE])),
        tools=tuple(sorted(found[Kind.TOOL])),
        network=bool(found[Kind.NETWORK]),
    )


def callable_modules(names: tuple[str, ...], project: Project | None) -> dict[str, dict[str, Any]]:
    """What `details()` says of each module that may be called, by `ns/name` and by `ns/name:version`."""
    if not names:
        return {}
    known = _installed()
    locked = project_versions(project)
    found: dict[str, dict[str, Any]] = {}
    for name, current, versions in known:
        if ALL not in names and name not in names:
            continue
        for number, details in versions.items():
            found[f"{name}:{number}"] = details
        chosen = locked.get(name, current)
        if chosen in versions:
            found[name] = versions[chosen]
    return found


def project_versions(project: Project | None) -> dict[str, str]:
    """Which version of each module the project's lock names."""
    if project is None:
        return {}
    rows = ProjectLock.objects.filter(project=project).values_list("version__module__name", "version__version")
    return dict(rows)


def _installed() -> list[tuple[str, str, dict[str, dict[str, Any]]]]:
    """Every installed module: name, current version, details by version."""
    modules: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {}
    rows = ModuleVersion.objects.filter(state=State.INSTALLED).select_related("module__current")
    for row in rows:
        current = row.module.current.version if row.module.current else ""
        modules.setdefault(row.module.name, (current, {}))[1][row.version] = details(row)
    return [(name, current, versions) for name, (current, versions) in modules.items()]


def details(version: ModuleVersion) -> dict[str, Any]:
    said = version.description
    return {
        "name": version.module.name,
        "steps": said.get("steps") or [],
        "start_step": said.get("start_step"),
        "long_description": said.get("long_description") or said.get("description") or "",
    }


def project_version(project: Project | None, name: str) -> ModuleVersion | None:
    """The version that the project's lock names; None when it names none."""
    if project is None:
        return None
    lock = ProjectLock.objects.filter(project=project, version__module__name=name).select_related("version__module")
    row = lock.first()
    return row.version if row is not None else None
