"""What people approve about skills: making one a tool."""

from typing import Any

from modules import approvable
from xoptweb.actors import Actor
from xoptweb.approvals.kinds import Kind
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import use

State = Approval.State


class PromotionKind(Kind):
    """A function whose checks passed becomes a module and a tool."""

    name = approvable.PROMOTION
    title = "Promote a skill"
    template = "approvals/kinds/skill_promotion.html"

    def context(self, approval: Approval) -> dict[str, Any]:
        from modules.presentation.promotion import asked  # only pages need it

        return {"content": approval.content, "asked": asked(approval)}

    def still_valid(self, approval: Approval) -> None:
        """Raises Conflict when text or package were changed since."""
        from modules.services import promoting

        promoting.require_unchanged(approval)

    def decided(self, approval: Approval, outcome: str, reason: str, by: Actor) -> None:
        """Have it installed. Only those may approve it who may install, and where it wants grants who administers."""
        from modules.services import promoting

        if outcome == State.APPROVED:
            use(approval.pk, digest=approval.digest, by=by)
            promoting.promote(approval, by=by)
        else:
            promoting.refuse(approval, outcome, reason)
