"""What stays between two runs of a version: its values and grants, read anew when a stream tells of a change."""

from dataclasses import dataclass
from datetime import datetime

from modules import runner
from modules.execution.specs import granted
from modules.models import ModuleVersion, Project
from modules.services.tunables import Effective, effective
from xoptweb.live.models import Stream

MOST = 500

Key = tuple[int, int | None, datetime | None, str]
Numbers = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Standing:
    """Values without those of a run, and grants."""

    values: Effective
    grants: runner.Grants


_known: dict[Key, tuple[Numbers, Standing]] = {}


def standing(version: ModuleVersion, project: Project | None) -> Standing:
    """As it is now: every change of a value or grant also moves the module's or the project's stream on.

    One small query instead of several large ones, which would be half of a short run.
    """
    streams = [version.module.stream] if project is None else [version.module.stream, project.stream]
    # read first: what changes after this moment is found by the next run
    numbers = tuple(Stream.objects.filter(name__in=streams).order_by("name").values_list("name", "last"))
    key = (version.pk, project.pk if project else None, version.installed_at, version.digest)
    found = _known.get(key)
    if found is not None and found[0] == numbers:
        return found[1]
    now = Standing(effective(version, project), granted(version.module))
    if len(_known) >= MOST:
        _known.clear()
    if numbers:
        _known[key] = numbers, now
    return now
