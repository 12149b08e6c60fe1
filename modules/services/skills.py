"""Writing skills, and checking them."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from modules.models import Skill, SkillVersion
from modules.skills import checks, trying, written
from modules.skills.checks import EXAMPLES, Check
from modules.skills.written import Written
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, NotFound
from xoptweb.live.services import publish
from xoptweb.plain import plain
from xoptweb.tools.watched import WantedNoMore, watched
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

STREAM = "skills"
TASK = "modules.check_skill"
QUEUE = "modules"
PERMISSION = "run_modules"
State = SkillVersion.State


def write(given: Written, *, by: Actor, seen: str | None = None, origin: str = "", here: bool = False) -> SkillVersion:
    """Store a text and have it checked: by a worker, or in this process with `here`, which then waits for it.

    The writer's own last version is changed as long as nobody was asked to promote it; else it is a new version. With
    `seen`, the digest of the last version that the writer knows (empty: of none), nothing of others is passed over.

    Raises:
        NotAllowed: `by` may not run modules.
        Conflict: the last version is not the one that was seen, or it has this very content and people decide on it.
    """
    require(by, PERMISSION)
    static = checks.before_running(given)
    with transaction("a text of a skill is stored with its audit entry, and its check is due"):
        skill, new = Skill.objects.get_or_create(name=given.name, defaults={"created_by": by.label})
        Skill.objects.select_for_update().get(pk=skill.pk)  # one writer at a time
        last = skill.versions.first()
        _check_seen(skill, last, given, seen)
        version = _version(skill, last, by)
        _fill(version, given, static, origin, by)
        record(by, "skill.written", version, after={"digest": version.digest, "state": str(version.state)})
        tell(version, "created" if new else "written", by)
        if version.state == State.CHECKING and not here:
            _enqueue(version)
    if here:
        perform(version.pk, version.digest, leaving=True)
        version.refresh_from_db()
    return version


def _check_seen(skill: Skill, last: SkillVersion | None, given: Written, seen: str | None) -> None:
    digest = last.digest if last is not None else ""
    if seen == "" and last is not None:
        raise Conflict(f"There is a skill “{skill.name}” already. Open it to go on with it.", code="superseded")
    if seen is not None and digest != seen:
        raise Conflict(f"Somebody else has changed “{skill.name}” since you opened it.", code="superseded")
    if last is not None and digest == given.digest and last.state not in SkillVersion.OPEN:
        raise Conflict(f"This is {last} as it is, which is {last.get_state_display().lower()}.", code="unchanged")


def _version(skill: Skill, last: SkillVersion | None, by: Actor) -> SkillVersion:
    """The row that takes the text: the writer's own last one while it is open, else a new one."""
    if last is not None and last.state in SkillVersion.OPEN and last.user_id == (by.user.pk if by.user else None):
        return last
    return SkillVersion(skill=skill, number=last.number + 1 if last is not None else 1)


def _fill(version: SkillVersion, given: Written, static: list[Check], origin: str, by: Actor) -> None:
    version.description, version.source = given.description, given.source
    version.examples, version.dependencies, version.grants = given.examples, given.dependencies, given.grants
    version.digest = given.digest
    version.checks = [each.as_json() for each in static]
    version.state = State.CHECKING if checks.passed(static) else State.FAULTY
    version.checked_at = None if version.state == State.CHECKING else timezone.now()
    version.said, version.package_digest = "", ""
    version.user, version.by, version.origin, version.at = by.user, by.label, origin, timezone.now()
    version.save()


def check(version: SkillVersion, *, by: Actor) -> None:
    """Check it again.

    Raises:
        NotAllowed: `by` may not run modules.
        Conflict: people decide on it, or have decided.
    """
    require(by, PERMISSION)
    static = checks.before_running(written.of(version))  # takes longer than SQLite's write lock may be held
    state = State.CHECKING if checks.passed(static) else State.FAULTY
    with transaction("a check is due"):
        fresh = SkillVersion.objects.filter(pk=version.pk, digest=version.digest, state__in=SkillVersion.OPEN)
        if not fresh.update(state=state, checks=[each.as_json() for each in static], checked_at=None):
            raise Conflict(
                f"{version} can't be checked now: it was changed, or is being decided on.", code="superseded"
            )
        version.state = state
        tell(version, "checking", by)
        if state == State.CHECKING:
            _enqueue(version)


def _enqueue(version: SkillVersion) -> None:
    given = {"version": version.pk, "digest": version.digest}
    enqueue(TASK, given, queue=QUEUE, key=f"skill:{version.pk}:{version.digest[:16]}", attempts_max=2)


def perform(version_id: int, digest: str, *, leaving: bool = False) -> None:
    """Check a text in this process: what can be read of it, then its examples in the sandbox.

    Nothing is recorded when the text was changed meanwhile. With `leaving`, whoever waits for it can cancel at any
    moment: making an environment may take minutes.
    """
    version = _being_checked(version_id, digest)
    if version is None:
        return
    given = written.of(version)
    found = checks.before_running(given)
    if checks.passed(found):
        found.append(_tried(given, version.number) if leaving else trying.examples(given, version.number))
    _record(version, found)


def _tried(given: Written, number: int) -> Check:
    """The examples, as long as that is wanted."""
    try:
        return watched(lambda cancelled: trying.examples(given, number, cancelled), "examples", leaving=True)
    except WantedNoMore:
        return Check(EXAMPLES, False, [trying.CANCELLED])


def given_up(version_id: int, digest: str) -> None:
    """The worker that checked it died. Inside a transaction."""
    version = _being_checked(version_id, digest)
    if version is not None:
        _record(version, [Check(EXAMPLES, False, ["The process that ran the examples died. Check it again."])])


def _being_checked(version_id: int, digest: str) -> SkillVersion | None:
    rows = SkillVersion.objects.select_related("skill")
    return rows.filter(pk=version_id, digest=digest, state=State.CHECKING).first()


def _record(version: SkillVersion, found: list[Check]) -> None:
    state = State.CHECKED if checks.passed(found) else State.FAULTY
    changes: Mapping[str, Any] = {
        "state": state,
        "checks": plain([each.as_json() for each in found]),
        "checked_at": timezone.now(),
    }
    with transaction("the results of a check belong to the text that was checked"):
        same = SkillVersion.objects.filter(pk=version.pk, digest=version.digest, state=State.CHECKING)
        if same.update(**changes):
            version.state = state
            tell(version, "checked", None)


def tell(version: SkillVersion, kind: str, by: Actor | None) -> None:
    """An event for those who look at skills. Inside a transaction."""
    told = {"skill": version.skill.name, "number": version.number, "state": str(version.state)}
    publish(STREAM, kind, told | ({"by": by.label} if by is not None else {}))


def find(name: str) -> Skill:
    """Raises NotFound."""
    found = Skill.objects.select_related("module__current").filter(name=name.replace("\x00", "")).first()
    if found is None:
        raise NotFound(f"There is no skill “{name[:40]}”.")
    return found


def find_version(skill: Skill, number: int) -> SkillVersion:
    """Raises NotFound."""
    found = skill.versions.select_related("skill", "module_version__module").filter(number=number).first()
    if found is None:
        raise NotFound(f"“{skill.name}” has no version {number}.")
    return found
