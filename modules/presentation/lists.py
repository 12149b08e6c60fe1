"""Modules and runs in lists, each in a fixed number of queries."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from modules.models import Module, ModuleVersion, Run
from modules.presentation.words import Pill, money, run_pill, took, version_pill

LATELY = timedelta(hours=24)
LOOKED_AT = 1000  # of the last runs of all modules
BULKY = ("input", "context", "overrides", "effective", "output", "traceback")


@dataclass(frozen=True)
class ModuleRow:
    """`pill` is the state of the version that matters now: one that is being installed, the current, or the last."""

    module: Module
    pill: Pill
    current: str
    versions: int
    others: str
    isolation: str
    runs: int
    runs_words: str
    failed: int


def module_rows(modules: Sequence[Module]) -> list[ModuleRow]:
    """Two queries: their versions, and the last runs. `current` must be at hand."""
    versions: dict[int, list[ModuleVersion]] = defaultdict(list)
    light = ModuleVersion.objects.defer("manifest", "description").order_by("-uploaded_at", "-pk")
    for version in light.filter(module__in=modules):
        versions[version.module_id].append(version)
    lately = runs_lately()
    return [_module_row(module, versions[module.pk], lately.get(module.pk, Counter())) for module in modules]


def _module_row(module: Module, versions: list[ModuleVersion], runs: Counter[str]) -> ModuleRow:
    building = next((one for one in versions if one.state == ModuleVersion.State.BUILDING), None)
    telling = building or module.current or next(iter(versions), None)
    installed = [one.version for one in versions if one.state == ModuleVersion.State.INSTALLED]
    current = module.current.version if module.current else ""
    return ModuleRow(
        module=module,
        pill=version_pill(telling) if telling else Pill("", "only known", "A project names it; it was never uploaded."),
        current=current,
        versions=len(versions),
        others=", ".join(one for one in installed if one != current),
        isolation=module.current.isolation if module.current else "",
        runs=runs.total(),
        runs_words=", ".join(f"{count} {state}" for state, count in runs.most_common()),
        failed=runs[Run.State.FAILED] + runs[Run.State.LOST],
    )


def runs_lately() -> dict[int, Counter[str]]:
    """How many runs of each module there were in the last day, by state; only the last thousand are looked at."""
    since = timezone.now() - LATELY
    found: dict[int, Counter[str]] = defaultdict(Counter)
    last = Run.objects.order_by("-id").values_list("version__module_id", "state", "created_at")[:LOOKED_AT]
    for module, state, created in last:
        if created >= since:
            found[module][state] += 1
    return found


@dataclass(frozen=True)
class RunRow:
    run: Run
    pill: Pill
    took: str
    tokens: str
    cost: str


def light_runs() -> "QuerySet[Run]":
    """With what `run_rows` needs, and without what is large."""
    rows = Run.objects.select_related("version__module", "project").order_by("-id")
    return rows.defer(*BULKY, "version__manifest", "version__description", "version__module__description")


def run_rows(runs: Sequence[Run]) -> list[RunRow]:
    """`runs` are `light_runs`."""
    return [_run_row(run) for run in runs]


def _run_row(run: Run) -> RunRow:
    used = run.tokens_in + run.tokens_out
    return RunRow(
        run=run,
        pill=run_pill(run),
        took=took(run.seconds),
        tokens=str(used) if used else "",
        cost=money(run.cost) if run.cost is not None else "",
    )
