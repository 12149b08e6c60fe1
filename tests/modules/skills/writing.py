"""Skills of the tests, and the people who promote them."""

from pathlib import Path
from typing import Any

from modules import installer, package, places
from modules.execution import installation
from modules.models import ModuleVersion, SkillVersion
from modules.services import promoting, skills
from modules.skills import written
from modules.skills.written import Written
from tests.modules.installed import actor
from xoptweb.accounts.models import User
from xoptweb.actors import system
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import decide
from xoptweb.work.models import Work

SOURCE = '''
import math


def beam_area(width: float, height: float = 1.0) -> float:
    """Area of an elliptic beam.

    Args:
        width: horizontal half axis, in mm.
        height: vertical half axis, in mm.
    """
    return math.pi * width * height
'''
EXAMPLES = [{"arguments": {"width": 1.0}, "result": 3.141592653589793}]
DEFINITION = '''
def beam_area(width: float) -> object_type:
    """Area.

    Args:
        width: half axis.
    """
'''


_results: dict[str, tuple[str, Any]] = {}


def text(source: str = SOURCE, **more: Any) -> Written:
    """What somebody hands in."""
    given: dict[str, Any] = {
        "name": "beam_area",
        "description": "Area of a beam",
        "examples": EXAMPLES,
        "dependencies": [],
        "grants": [],
    }
    return written.checked(source=source, **given | more)


def doing(body: str, returns: str = "str") -> str:
    """The text of a skill whose function does this."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return DEFINITION.replace("object_type", returns) + lines


def wrote(by: User, source: str = SOURCE, **more: Any) -> SkillVersion:
    """A text that was checked in this process: really the first time, later with what came of that."""
    version = skills.write(text(source, **more), by=actor(by))
    if version.digest not in _results:
        skills.perform(version.pk, version.digest)
        version.refresh_from_db()
        _results[version.digest] = (version.state, version.checks)
    version.state, version.checks = _results[version.digest]
    version.save()
    Work.objects.filter(name=skills.TASK).delete()
    return version


def asked(by: User, source: str = SOURCE, **more: Any) -> Approval:
    return promoting.ask(wrote(by, source, **more), by=actor(by))


def approve(approval: Approval, by: User) -> None:
    decide(approval.pk, "approve", "", by=actor(by), digest=approval.digest)


def install_what_is_due() -> None:
    """As a worker does it; what lies there already from an earlier test is not built again."""
    for work in Work.objects.filter(name="modules.install", state="due").order_by("pk"):
        row = ModuleVersion.objects.select_related("module__current").get(pk=work.arguments["version"])
        archive, by = work.arguments["archive"], system(work.arguments["by"])
        path = places.root() / row.module.name / row.version
        built = installer.load(path) if path.exists() else None
        if built is not None and f"{built.digest}.xopt" == Path(archive).name and not row.path:
            ModuleVersion.objects.filter(pk=row.pk).update(state=ModuleVersion.State.BUILDING)
            read = package.read(places.absolute(archive))
            installation._installed(row, read, built, None, seconds=0.5, by=by, make_current=True)
        else:
            installation.attempt(row.pk, archive, by=by)
        work.delete()


def promoted(by: User, decider: User, source: str = SOURCE, **more: Any) -> SkillVersion:
    """A skill that is a tool now."""
    approval = asked(by, source, **more)
    approve(approval, decider)
    install_what_is_due()
    return SkillVersion.objects.select_related("skill__module__current", "module_version").get(
        pk=int(approval.subject.partition(":")[2])
    )
