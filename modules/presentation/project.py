"""What the pages of projects show."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Count

from modules.models import Module, ModuleVersion, Project, ProjectLock, Registry
from modules.presentation.lists import RunRow, light_runs, run_rows
from modules.presentation.logs import Log, last_log
from modules.presentation.words import Pill, brief, sync_pill
from modules.services import finding, parameters, project_files
from modules.services.projects import FAMILIES
from xoptweb.errors import Invalid
from xoptweb.web.values import short_digest

LAST_RUNS = 8


@dataclass(frozen=True)
class ProjectRow:
    project: Project
    pill: Pill
    modules: int
    locked: int
    runs: int


def project_rows(projects: Sequence[Project]) -> list[ProjectRow]:
    """Three queries, however many projects."""
    ids = [project.pk for project in projects]
    counted = Project.objects.filter(pk__in=ids)
    modules, locked, runs = (
        dict(counted.values_list("pk").annotate(count=Count(name, distinct=True)))
        for name in ("dependencies", "locks", "runs")
    )
    return [
        ProjectRow(one, sync_pill(one), modules.get(one.pk, 0), locked.get(one.pk, 0), runs.get(one.pk, 0))
        for one in projects
    ]


@dataclass(frozen=True)
class Dependency:
    """`locked` is what a sync chose. `pill` says whether a run would be what the files say."""

    name: str
    namespace: str
    short: str
    requirement: str
    source: str
    locked: str
    digest: str
    locked_from: str
    pill: Pill
    known: bool


@dataclass(frozen=True)
class Value:
    """Something the project sets for a module."""

    namespace: str
    short: str
    plural: str
    name: str
    value: str


class ProjectPage:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.pill = sync_pill(project)
        self.stream = project.stream

    @cached_property
    def dependencies(self) -> list[Dependency]:
        sources = dict(self.project.sources.values_list("name", "path"))
        locks = {lock.version.module.name: lock for lock in self._locks if lock.version.module.name in self._wanted}
        known = set(Module.objects.filter(name__in=self._wanted).values_list("name", flat=True))
        return [
            _dependency(name, requirement, sources.get(name, ""), locks.get(name), known=name in known)
            for name, requirement in self._wanted.items()
        ]

    @cached_property
    def _wanted(self) -> dict[str, str]:
        return dict(self.project.dependencies.values_list("name", "requirement"))

    @cached_property
    def _locks(self) -> list[ProjectLock]:
        rows = self.project.locks.select_related("version__module")
        return list(rows.defer("version__manifest", "version__description"))

    @property
    def engines(self) -> list[ProjectLock]:
        """What is locked because something else runs its code."""
        return [lock for lock in self._locks if lock.version.module.name not in self._wanted]

    @cached_property
    def registries(self) -> list[Registry]:
        """Its own, then those for all."""
        own = list(self.project.registries.all())
        return own + list(Registry.objects.filter(project=None))

    @cached_property
    def values(self) -> list[Value]:
        """All that it sets, for modules that it depends on."""
        modules = Module.objects.filter(name__in=self._wanted)
        found = [value for module in modules for plural, _ in FAMILIES for value in self._values_of(module, plural)]
        return sorted(found, key=lambda one: (one.namespace, one.short, one.plural, one.name))

    def _values_of(self, module: Module, plural: str) -> list[Value]:
        rows = parameters.in_force(dict(FAMILIES)[plural], module, [self.project.pk])
        return [
            Value(module.namespace, module.short_name, plural, row.parameter.name, brief(row.value))
            for row in rows
            if not row.cleared
        ]

    @cached_property
    def log(self) -> Log:
        return last_log(self.stream, states="sync")

    @cached_property
    def files(self) -> list[str]:
        """Names of its files; nothing where one of its values has no form in TOML."""
        try:
            return sorted(project_files.give_out(self.project))
        except Invalid:
            return []

    @cached_property
    def last_runs(self) -> list[RunRow]:
        return run_rows(list(light_runs().filter(project=self.project)[:LAST_RUNS]))


def _dependency(name: str, requirement: str, source: str, lock: ProjectLock | None, *, known: bool) -> Dependency:
    namespace, _, short = name.partition("/")
    return Dependency(
        name=name,
        namespace=namespace,
        short=short,
        requirement=requirement or "any",
        source=source,
        locked=lock.version.version if lock else "",
        digest=short_digest(lock.digest) if lock else "",
        locked_from=lock.source if lock else "",
        pill=_lock_pill(requirement, lock),
        known=known,
    )


def _lock_pill(requirement: str, lock: ProjectLock | None) -> Pill:
    if lock is None:
        return Pill("warn", "not locked", "A sync chooses its version.")
    if lock.version.state != ModuleVersion.State.INSTALLED:
        return Pill("bad", "not installed", "A sync installs it again.")
    if not finding.specifier(requirement).contains(lock.version.version, prereleases=True):
        return Pill("warn", "no longer suits", "A sync chooses another version.")
    if lock.digest != lock.version.digest:
        return Pill("bad", "other content", "The version was installed with another content than was locked.")
    return Pill("good", "locked")
