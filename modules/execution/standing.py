"""What stays between two runs of a version, read anew when a stream tells of a change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modules import runner
from modules.execution.specs import callable_modules, code_of, granted
from modules.models import ModuleVersion, Project
from modules.services.tunables import Effective, effective
from xoptweb.live.services import last_numbers

MOST = 500
MODULES = "modules"

Key = tuple[int, int | None, datetime | None, str]


@dataclass(frozen=True)
class Standing:
    """Values without those of a run, grants, the version whose code runs, and what `details()` says of others."""

    values: Effective
    grants: runner.Grants
    code: ModuleVersion
    callable_modules: dict[str, dict[str, Any]]


_known: dict[Key, tuple[dict[str, int], Standing]] = {}


def standing(version: ModuleVersion, project: Project | None) -> Standing:
    """As it is now: every change of a value, grant or lock moves the module's or the project's stream on, and every
    installation or removal that of all modules.

    One small query instead of several large ones, which would be half of a short run.

    Raises:
        NotFound, Conflict: as `specs.code_of`.
    """
    streams = [MODULES, version.module.stream, *([project.stream] if project else [])]
    numbers = last_numbers(streams)  # read first: what changes after this moment is found by the next run
    key = (version.pk, project.pk if project else None, version.installed_at, version.digest)
    found = _known.get(key)
    if found is not None and found[0] == numbers:
        return found[1]
    allowed = granted(version.module)
    now = Standing(effective(version, project), allowed, code_of(version), callable_modules(allowed.modules, project))
    if len(_known) >= MOST:
        _known.clear()
    if numbers:
        _known[key] = numbers, now
    return now
