"""What people approve about modules: installing one, what one may use, and making a skill one.

Every process that acts knows the kinds; what they do is loaded where somebody decides.
"""

from typing import TYPE_CHECKING, Any

from modules import approvable
from modules.models import Module, ModuleVersion
from modules.skills.promotion import PromotionKind
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.approvals.kinds import Kind, register
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import use
from xoptweb.errors import Conflict
from xoptweb.live.services import publish

if TYPE_CHECKING:
    from modules.services.packages import Uploaded

State = Approval.State

register(PromotionKind)


@register
class InstallKind(Kind):
    """A package that somebody uploaded who may not install it."""

    name = approvable.INSTALLATION
    title = "Install a module"
    template = "approvals/kinds/module_install.html"

    def context(self, approval: Approval) -> dict[str, Any]:
        return {"content": approval.content, "version": _version(approval)}

    def still_valid(self, approval: Approval) -> None:
        """Raises Conflict when a project was bound to another content of the version since."""
        from modules.services import installing

        installing.require_replaceable(_uploaded(approval))

    def decided(self, approval: Approval, outcome: str, reason: str, by: Actor) -> None:
        """Have it installed. Only those may approve it who may install."""
        from modules.services import installing

        version = _version(approval)
        event = {"approval": approval.pk, "state": outcome, "by": by.label, "reason": reason}
        publish(version.module.stream, "approval", event)
        if outcome == State.APPROVED:
            require(by, "install_modules")
            use(approval.pk, digest=approval.digest, by=by)
            installing.begin(_uploaded(approval), by=by)


@register
class GrantsKind(Kind):
    """What a module may use."""

    name = approvable.GRANTS
    title = "Grant a module more"
    template = "approvals/kinds/module_grants.html"

    def context(self, approval: Approval) -> dict[str, Any]:
        return {"content": approval.content, "module": _module(approval)}

    def still_valid(self, approval: Approval) -> None:
        """Raises Conflict when the grants were changed since this was asked."""
        from modules.services import grants

        if grants.texts(_module(approval)) != approval.content["before"]:
            raise Conflict("The grants were changed since this was asked for.", code="superseded")

    def decided(self, approval: Approval, outcome: str, reason: str, by: Actor) -> None:
        """Set them. Only administrators may approve it."""
        from modules.services import grants

        module = _module(approval)
        publish(module.stream, "approval", {"approval": approval.pk, "state": outcome, "by": by.label})
        if outcome == State.APPROVED:
            require(by, "administer")
            use(approval.pk, digest=approval.digest, by=by)
            grants.set_grants(module, approval.content["after"], by=by)


def _key(approval: Approval) -> int:
    """The primary key in `app.model:pk`."""
    return int(approval.subject.partition(":")[2])


def _module(approval: Approval) -> Module:
    return Module.objects.get(pk=_key(approval))


def _version(approval: Approval) -> ModuleVersion:
    return ModuleVersion.objects.select_related("module__current").get(pk=_key(approval))


def _uploaded(approval: Approval) -> "Uploaded":
    from modules.services.packages import Uploaded

    return Uploaded(_version(approval), approval.content["archive"], approval.content["digest"])
