"""Making skills into modules and tools, by an approval; and taking them away."""

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from django.utils import timezone

from modules import approvable, places
from modules.models import ModuleVersion, Skill, SkillVersion
from modules.services import installing
from modules.services.packages import Uploaded, upload
from modules.services.skills import PERMISSION, STREAM, tell
from modules.skills import checks, packaging, written
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import request
from xoptweb.audit.services import record
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.states import move
from xoptweb.transactions import transaction

KIND = approvable.PROMOTION
DAY_S = 24 * 3600.0
State = SkillVersion.State


def ask(version: SkillVersion, *, by: Actor) -> Approval:
    """Ask people to promote a text whose checks passed. Its package is made and kept now; what they approve is that.

    Raises:
        NotAllowed: `by` may not run modules.
        Conflict: its checks have not passed, it was changed meanwhile, or somebody has asked already.
        PackageError: no package can be made of it.
    """
    require(by, PERMISSION)
    given = written.of(version)
    _require_asked_for_once(version, given.digest)
    uploaded = _uploaded(given, version.number, by)
    installing.require_replaceable(uploaded)
    with transaction("a promotion is asked for once, for the text that was checked"):
        same = SkillVersion.objects.filter(pk=version.pk, digest=given.digest, state=State.CHECKED)
        changes: dict[str, Any] = {"package_digest": uploaded.digest, "module_version": uploaded.version, "said": ""}
        if not same.update(state=State.WAITING, **changes):
            raise Conflict(f"{version} was changed meanwhile, or somebody else has asked already.", code="superseded")
        Skill.objects.filter(pk=version.skill_id).update(module=uploaded.version.module)
        version.state, version.package_digest = State.WAITING, uploaded.digest
        tell(version, "asked", by)
        return request(
            KIND, version, f"Promote {version.skill.name} {version.number}", content(version, uploaded), None,
            by=by, expires_in_s=DAY_S,
        )  # fmt: skip


def _require_asked_for_once(version: SkillVersion, digest: str) -> None:
    if version.state != State.CHECKED:
        raise Conflict(
            f"{version}: {version.get_state_display().lower()}; only what passed can be promoted.", code="wrong_state"
        )
    if version.digest != digest:
        raise Conflict(f"The text of {version} is not the one that was checked.", code="content_changed")


def _uploaded(given: written.Written, number: int, by: Actor) -> Uploaded:
    with tempfile.TemporaryDirectory(prefix="xoptweb-skill-") as temporary:
        return upload(packaging.write(given, number, Path(temporary)), by=by)


def content(version: SkillVersion, uploaded: Uploaded) -> dict[str, Any]:
    """What the deciders see and the approval binds."""
    given = written.of(version)
    signature = checks.signature_of(given)
    before = promoted(version.skill)
    return given.content | {
        "about": version.description,
        "number": version.number,
        "tool": version.skill.tool,
        "digest": version.digest,
        "module": str(uploaded.version),
        "archive": uploaded.archive,
        "package_digest": uploaded.digest,
        "checks": version.checks,
        "arguments_schema": signature.schema if signature is not None else {},
        "result_schema": signature.result_schema if signature is not None else {},
        "replaces": {"number": before.number, "source": before.source} if before is not None else None,
    }


def promoted(skill: Skill) -> SkillVersion | None:
    """The version that is the tool now."""
    current = skill.module.current if skill.module else None
    if current is None:
        return None
    return skill.versions.filter(state=State.PROMOTED, module_version=current).first()


def require_unchanged(approval: Approval) -> SkillVersion:
    """The version that is asked for, when text and package still are what they were.

    Raises:
        Conflict: one of them is not, or it is not waiting any more.
    """
    version = _of(approval)
    stated = approval.content
    if version.state != State.WAITING:
        raise Conflict(f"{version} does not wait for this any more.", code="superseded")
    archive = places.absolute(stated["archive"])
    kept = hashlib.sha256(archive.read_bytes()).hexdigest() if archive.is_file() else ""
    changed = written.of(version).digest != stated["digest"] or version.digest != stated["digest"]
    if changed or kept != stated["package_digest"] or version.package_digest != kept:
        raise Conflict("The text or its package was changed since this was asked for.", code="content_changed")
    return version


def promote(approval: Approval, *, by: Actor) -> None:
    """Have the approved package installed; when that is done, it is the tool. Inside the deciding transaction.

    Raises:
        NotAllowed: `by` may not install modules, or it wants grants and `by` does not administer.
        Conflict: as `require_unchanged`.
    """
    require(by, "install_modules")
    if approval.content["grants"]:
        require(by, "administer")
    version = require_unchanged(approval)
    move(version, State.PROMOTED, expected=[State.WAITING])
    Skill.objects.filter(pk=version.skill_id).update(removed_at=None)
    record(by, "skill.promoted", version, after={"digest": version.digest, "grants": version.grants})
    tell(version, "promoted", by)
    row = _module_version(version)
    installing.begin(Uploaded(row, approval.content["archive"], version.package_digest), by=by)


def refuse(approval: Approval, outcome: str, reason: str) -> None:
    """It was rejected, taken back, or expired: it can be changed again. Inside the deciding transaction."""
    version = _of(approval)
    if version.state == State.WAITING:
        said = f"{outcome.replace('_', ' ').capitalize()}{f': {reason}' if reason else ''}"
        move(version, State.CHECKED, expected=[State.WAITING], said=said)
        tell(version, "decided", None)


def make_current(version: SkillVersion, *, by: Actor) -> None:
    """Make a promoted version the tool.

    Raises:
        NotAllowed: `by` may not install modules.
        Conflict: it was not promoted, or is not installed.
    """
    require(by, "install_modules")
    if version.state != State.PROMOTED or not is_sound(version):
        raise Conflict(f"{version} is not installed as it was approved.", code="not_installed")
    with transaction("another version of a skill becomes the tool"):
        installing.set_current(_module_version(version), by=by)
        Skill.objects.filter(pk=version.skill_id).update(removed_at=None)
        tell(version, "current", by)


def remove(skill: Skill, *, by: Actor) -> str:
    """Take the tool away at once, then uninstall its versions; why some stay installed, if so.

    Raises:
        NotAllowed: `by` may not install modules.
        Conflict: a version waits for a decision.
    """
    require(by, "install_modules")
    with transaction("a skill is taken away with its audit entry"):
        if skill.versions.filter(state=State.WAITING).exists():
            raise Conflict("A version waits for a decision. Decide or withdraw that first.", code="waiting")
        Skill.objects.filter(pk=skill.pk).update(removed_at=timezone.now())
        record(by, "skill.removed", skill)
        publish(STREAM, "removed", {"skill": skill.name, "by": by.label})
    try:
        installing.uninstall(ModuleVersion.objects.filter(skill_version__skill=skill), by=by)
    except Conflict as needed:
        return needed.message
    return ""


def is_sound(version: SkillVersion) -> bool:
    """Whether what is installed of it is what was approved."""
    row = version.module_version
    return row is not None and row.state == ModuleVersion.State.INSTALLED and row.digest == version.package_digest


def _module_version(version: SkillVersion) -> ModuleVersion:
    if version.module_version_id is None:
        raise Conflict(f"The package of {version} is not known any more.", code="not_installed")
    return ModuleVersion.objects.select_related("module__current").get(pk=version.module_version_id)


def _of(approval: Approval) -> SkillVersion:
    pk = int(approval.subject.partition(":")[2])
    return SkillVersion.objects.select_related("skill__module", "module_version__module").get(pk=pk)
