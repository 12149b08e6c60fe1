"""Skills in a list, and one of them with its text, its checks and its versions."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Max

from modules.models import ModuleVersion, Run, Skill, SkillVersion
from modules.presentation.lists import RunRow, light_runs, run_rows
from modules.presentation.words import Pill, took
from modules.services import promoting
from xoptweb.approvals.models import Approval
from xoptweb.audit.services import key
from xoptweb.web.difference import Line, lines
from xoptweb.web.values import visible

State = SkillVersion.State
PILLS = {
    State.CHECKING: Pill("busy", "being checked"),
    State.FAULTY: Pill("bad", "checks failed"),
    State.CHECKED: Pill("good", "checks passed"),
    State.WAITING: Pill("warn", "waiting for approval"),
}
INSTALLATION = {
    ModuleVersion.State.UPLOADED: Pill("busy", "approved, about to be installed"),
    ModuleVersion.State.BUILDING: Pill("busy", "approved, being installed"),
    ModuleVersion.State.FAILED: Pill("bad", "approved, could not be installed"),
    ModuleVersion.State.REMOVED: Pill("", "uninstalled"),
}
CHECK_WORDS = {
    "syntax": "Syntax",
    "imports": "Imports",
    "types": "Types",
    "docstring": "Docstring",
    "examples": "Examples, in the sandbox",
}
LAST_RUNS = 8


@dataclass(frozen=True)
class ExampleRow:
    """One example with what came of it, as JSON on one line."""

    arguments: str
    expected: str
    given: str
    manner: str
    error: str
    printed: str
    took: str


@dataclass(frozen=True)
class CheckRow:
    name: str
    manner: str
    words: str
    said: list[str]
    rows: list[ExampleRow]


@dataclass(frozen=True)
class SkillRow:
    """`last` is the version that was written last; `runs` are those of all versions."""

    skill: Skill
    last: SkillVersion
    pill: Pill
    tool: str
    runs: int
    last_run: int | None


@dataclass(frozen=True)
class VersionRow:
    version: SkillVersion
    pill: Pill
    current: bool
    can_become_current: bool


def skill_rows(skills: Sequence[Skill]) -> list[SkillRow]:
    """Two queries: their versions, and their runs. `module.current` must be at hand."""
    light = SkillVersion.objects.select_related("skill", "module_version").defer(
        "source", "examples", "checks", "module_version__manifest", "module_version__description"
    )
    versions: dict[int, list[SkillVersion]] = {}
    for version in light.filter(skill__in=skills).order_by("-number"):
        versions.setdefault(version.skill_id, []).append(version)
    counted = Run.objects.filter(version__module__skill__in=skills).values("version__module__skill")
    grouped = counted.annotate(runs=Count("pk"), last=Max("pk")).order_by()
    runs = {
        skill: (number, last) for skill, number, last in grouped.values_list("version__module__skill", "runs", "last")
    }
    return [_row(skill, versions[skill.pk], *runs.get(skill.pk, (0, None))) for skill in skills if skill.pk in versions]


def _row(skill: Skill, versions: list[SkillVersion], runs: int, last_run: int | None) -> SkillRow:
    current = next((one for one in versions if is_tool(one, skill)), None)
    tool = f"version {current.number}" if current is not None else ""
    return SkillRow(skill, versions[0], pill(versions[0], skill), tool, runs, last_run)


def is_tool(version: SkillVersion, skill: Skill) -> bool:
    """Whether it is what the assistant can call now."""
    current = skill.module.current_id if skill.module is not None else None
    installed = version.state == State.PROMOTED and promoting.is_sound(version)
    return installed and version.module_version_id == current and skill.removed_at is None


def pill(version: SkillVersion, skill: Skill) -> Pill:
    state = State(version.state)
    if state != State.PROMOTED:
        return PILLS[state]
    row = version.module_version
    if row is None:
        return Pill("", "its module is gone")
    if row.state != ModuleVersion.State.INSTALLED:
        return INSTALLATION.get(ModuleVersion.State(row.state), Pill("", str(row.state)))
    if row.digest != version.package_digest:
        return Pill("bad", "what is installed is not what was approved")
    if skill.removed_at is not None:
        return Pill("", "removed, still installed")
    return Pill("good", "is the tool") if is_tool(version, skill) else Pill("", "installed")


def check_rows(checks: Sequence[dict[str, Any]]) -> list[CheckRow]:
    return [_check(each) for each in checks]


def _check(check: dict[str, Any]) -> CheckRow:
    passed = bool(check["passed"])
    rows = [_example(row) for row in check.get("rows", ())]
    name = CHECK_WORDS.get(check["name"], visible(check["name"]))
    said = [visible(line) for line in check["said"]]
    return CheckRow(name, "good" if passed else "bad", "passed" if passed else "failed", said, rows)


def _example(row: dict[str, Any]) -> ExampleRow:
    return ExampleRow(
        arguments=on_one_line(row["arguments"]),
        expected=on_one_line(row["expected"]),
        given="" if row["error"] else on_one_line(row["given"]),
        manner="good" if row["passed"] else "bad",
        error=visible(row["error"]),
        printed=visible(row["printed"]),
        took=took(row["seconds"]),
    )


def on_one_line(value: Any) -> str:
    return visible(json.dumps(value, ensure_ascii=False))


def numbered(source: str) -> list[tuple[int, str]]:
    """The lines of a text with their numbers."""
    return list(enumerate(visible(source).rstrip("\n").split("\n"), 1))


class SkillPage:
    """One version of a skill, with what is known of the others."""

    def __init__(self, skill: Skill, version: SkillVersion) -> None:
        self.skill, self.version = skill, version
        self.pill = pill(version, skill)

    @cached_property
    def versions(self) -> list[VersionRow]:
        rows = self.skill.versions.select_related("module_version").defer("source", "checks")
        return [self._version(one) for one in rows]

    def _version(self, one: SkillVersion) -> VersionRow:
        now = is_tool(one, self.skill)
        return VersionRow(
            one, pill(one, self.skill), now, not now and one.state == State.PROMOTED and promoting.is_sound(one)
        )

    @property
    def is_last(self) -> bool:
        return self.versions[0].version.pk == self.version.pk

    @property
    def tool_version(self) -> VersionRow | None:
        return next((row for row in self.versions if row.current), None)

    @property
    def checks(self) -> list[CheckRow]:
        return check_rows(self.version.checks)

    @property
    def source(self) -> list[tuple[int, str]]:
        return numbered(self.version.source)

    @cached_property
    def before(self) -> SkillVersion | None:
        """The version that it is compared with: the promoted one before it, else the one before it."""
        earlier = self.skill.versions.filter(number__lt=self.version.number)
        return earlier.filter(state=State.PROMOTED).first() or earlier.first()

    @property
    def difference(self) -> list[Line]:
        return lines(self.before.source, self.version.source) if self.before is not None else []

    @property
    def can_be_asked(self) -> bool:
        return self.version.state == State.CHECKED

    @property
    def can_be_checked(self) -> bool:
        return self.version.state in SkillVersion.OPEN

    @cached_property
    def waiting(self) -> Approval | None:
        rows = Approval.objects.filter(state=Approval.State.PENDING, kind=promoting.KIND, subject=key(self.version))
        return rows.defer("content", "envelope").first()

    @cached_property
    def uses(self) -> int:
        return Run.objects.filter(version__module__skill=self.skill).count()

    @cached_property
    def last_runs(self) -> list[RunRow]:
        return run_rows(list(light_runs().filter(version__module__skill=self.skill)[:LAST_RUNS]))

    @property
    def removable(self) -> bool:
        left = any(row.version.module_version and row.version.module_version.path for row in self.versions)
        return (self.skill.removed_at is None and self.tool_version is not None) or left

    @property
    def origin(self) -> str:
        """The conversation in which it was written, in words."""
        kind, _, number = self.version.origin.partition(":")
        return f"in conversation {number}" if kind == "conversation" else ""
