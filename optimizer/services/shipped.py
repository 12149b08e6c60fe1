"""The stage modules that ship: packaged from their sources by our own packager, installed like any other module."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from modules import package
from modules.models import Module, ModuleVersion
from modules.services import grants, installing
from optimizer.models import Stage
from xoptweb.accounts.permissions import allowed, require
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.audit.services import key

SOURCES = Path(__file__).resolve().parent.parent / "stage_modules"
MODEL = "llm:*"

Made = TypeVar("Made")


@dataclass(frozen=True)
class Shipped:
    """One of them: where its source lies, and what it has to be granted to do its work."""

    stage: Stage
    name: str
    source: Path
    tools: tuple[str, ...]

    @property
    def grants(self) -> list[str]:
        return sorted([MODEL, *(f"tool:{name}" for name in self.tools)])


def _shipped(stage: Stage, directory: str, *tools: str) -> Shipped:
    return Shipped(stage, f"xoptweb/{directory}", SOURCES / directory, tools)


SHIPPED: dict[str, Shipped] = {
    str(one.stage): one
    for one in (
        _shipped(
            Stage.STATE, "state-identification",
            "read_document", "search_documents", "find_channels", "read_channels", "channel_history",
        ),
        _shipped(
            Stage.DECISION, "decision", "read_evaluations", "best_evaluations", "read_campaign", "find_campaigns"
        ),
        _shipped(
            Stage.CONFIGURATION, "configuration",
            "best_evaluations", "read_evaluations", "find_campaigns", "read_campaign", "search_documents",
            "read_channels",
        ),
        _shipped(
            Stage.ANALYSIS, "analysis", "read_evaluations", "best_evaluations", "read_campaign", "search_documents"
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """How far a shipped module is here. `installed` is the current version; `waiting` are open requests for it."""

    shipped: Shipped
    module: Module | None
    version: str
    installed: str
    missing: list[str]
    waiting: list[Approval]
    building: bool

    @property
    def usable(self) -> bool:
        return bool(self.installed) and not self.missing


def standing(shipped: Shipped) -> Standing:
    module = Module.objects.select_related("current").filter(name=shipped.name).first()
    current = module.current if module is not None else None
    state = ModuleVersion.State
    versions = list(module.versions.all()) if module is not None else []
    subjects = [key(one) for one in ([module, *versions] if module is not None else [])]
    return Standing(
        shipped=shipped,
        module=module,
        version=package.stated_in(shipped.source).version,
        installed=current.version if current is not None and current.state == state.INSTALLED else "",
        missing=[text for text in shipped.grants if module is None or not _granted(module, text)],
        waiting=list(Approval.objects.filter(state=Approval.State.PENDING, subject__in=subjects)),
        building=any(one.state == state.BUILDING for one in versions),
    )


def _granted(module: Module, text: str) -> bool:
    kind, _, target = text.partition(":")
    return bool({target, grants.ALL} & grants.targets(module, kind))


@dataclass
class Begun:
    """What came of asking for what ships: how many are being installed or were granted something, and what people now
    have to decide. Nothing at all where nothing was left to do that `by` may do."""

    installing: int = 0
    granted: int = 0
    asked: int = 0


def install(*, by: Actor) -> Begun:
    """Have what ships and is not here installed and granted what it needs, as far as `by` may; ask for the rest.

    Raises:
        NotAllowed: `by` may neither install nor run modules.
    """
    require(by, "run_modules")
    begun = Begun()
    for one in SHIPPED.values():
        now = standing(one)
        if now.installed != now.version and not now.building and not now.waiting:
            approval = _packaged(one, lambda file: installing.install(file, by=by)[1])
            begun.asked += approval is not None
            begun.installing += approval is None
        missing = standing(one).missing
        begun.asked += give(one, by=by) is not None
        begun.granted += standing(one).missing != missing
    return begun


def install_now(*, by: Actor, say: Callable[[str], None]) -> list[ModuleVersion]:
    """Install what ships in this process, with what it needs; what is here in the same version is left as it is.

    Raises:
        NotAllowed: `by` may not install modules.
        Problem: one can't be installed.
    """
    made = []
    for one in SHIPPED.values():
        if standing(one).installed != package.stated_in(one.source).version:
            made.append(_packaged(one, lambda file: installing.install_now(file, by=by, say=say)))
        give(one, by=by)
    return made


def give(shipped: Shipped, *, by: Actor) -> Approval | None:
    """Grant what is missing where `by` administers, ask for it where `by` may; else nothing happens."""
    now = standing(shipped)
    if now.module is None or not now.missing or not allowed(by, "install_modules"):
        return None
    if any(one.kind == grants.KIND for one in now.waiting):
        return None
    return grants.change(now.module, {*grants.texts(now.module), *now.missing}, by=by)


def _packaged(shipped: Shipped, use: Callable[[Path], Made]) -> Made:
    with tempfile.TemporaryDirectory(prefix="xoptweb-") as directory:
        return use(package.write(shipped.source, Path(directory)))
