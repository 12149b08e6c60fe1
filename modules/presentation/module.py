"""What the page of one module shows, read once and in a fixed number of queries."""

from dataclasses import dataclass
from functools import cached_property

from modules.models import Module, ModuleVersion, Project, Run
from modules.presentation.isolation import InForce, in_force
from modules.presentation.lists import RunRow, light_runs, run_rows
from modules.presentation.logs import Log, last_log
from modules.presentation.words import Pill, took, version_pill
from modules.services import grants, installing
from xoptweb.approvals.models import Approval
from xoptweb.audit.services import key

TABS = (
    ("module", "Module"),
    ("module-tunables", "Tunables"),
    ("module-configurables", "Configurables"),
    ("module-grants", "Grants"),
    ("module-runs", "Runs"),
)
LAST_RUNS = 8
State = ModuleVersion.State


@dataclass(frozen=True)
class VersionRow:
    """`removable`: there is something that uninstalling takes away."""

    version: ModuleVersion
    pill: Pill
    current: bool
    took: str
    size: str

    @property
    def can_become_current(self) -> bool:
        return self.version.state == State.INSTALLED and not self.current

    @property
    def removable(self) -> bool:
        return self.version.state in (State.INSTALLED, State.FAILED, State.UPLOADED)

    @property
    def installable(self) -> bool:
        return self.version.state != State.BUILDING and bool(self.version.archive)

    @property
    def install_words(self) -> str:
        return "Reinstall" if self.version.state == State.INSTALLED else "Install"


class ModulePage:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.namespace, self.name = module.namespace, module.short_name
        self.stream = module.stream

    @cached_property
    def versions(self) -> list[VersionRow]:
        """The last uploaded first."""
        return [self._version(one) for one in self.module.versions.defer("description")]

    def _version(self, version: ModuleVersion) -> VersionRow:
        current = version.pk == self.module.current_id
        return VersionRow(version, version_pill(version), current, took(version.seconds), size_words(version.size))

    @cached_property
    def pill(self) -> Pill:
        rows = self.versions
        building = next((row for row in rows if row.version.state == State.BUILDING), None)
        telling = building or next((row for row in rows if row.current), None) or next(iter(rows), None)
        return telling.pill if telling else Pill("", "only known")

    @property
    def current(self) -> ModuleVersion | None:
        return self.module.current

    @property
    def runnable(self) -> list[ModuleVersion]:
        return [row.version for row in self.versions if row.version.state == State.INSTALLED]

    @property
    def steps(self) -> list[str]:
        described = self.current.description if self.current else {}
        return [str(step) for step in described.get("steps") or []]

    @property
    def long_description(self) -> str:
        described = self.current.description if self.current else {}
        return str(described.get("long_description") or "")

    @property
    def start_step(self) -> str:
        described = self.current.description if self.current else {}
        return str(described.get("start_step") or "")

    @property
    def needs(self) -> list[str]:
        stated = self.current.manifest if self.current else {}
        return [str(one) for one in stated.get("dependencies") or []]

    @property
    def requires_python(self) -> str:
        stated = self.current.manifest if self.current else {}
        return str(stated.get("requires_python") or "")

    @cached_property
    def log(self) -> Log:
        return last_log(self.stream, states="state")

    @cached_property
    def waiting(self) -> list[Approval]:
        """What people are asked to decide about it."""
        versions = [key(row.version) for row in self.versions]
        rows = Approval.objects.filter(state=Approval.State.PENDING, kind__in=(installing.KIND, grants.KIND))
        return list(rows.filter(subject__in=[key(self.module), *versions]).defer("content", "envelope"))

    @cached_property
    def grants(self) -> list[str]:
        return grants.texts(self.module)

    @property
    def isolation(self) -> InForce:
        return in_force()

    @cached_property
    def projects(self) -> list[Project]:
        """Those that depend on it."""
        return list(Project.objects.filter(dependencies__name=self.module.name).order_by("name"))

    @cached_property
    def last_runs(self) -> list[RunRow]:
        return run_rows(list(light_runs().filter(version__module=self.module)[:LAST_RUNS]))

    @property
    def has_runs(self) -> bool:
        return Run.objects.filter(version__module=self.module).exists()


def size_words(size: int) -> str:
    if size < 10_000:
        return f"{size} bytes"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
