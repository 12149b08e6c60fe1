"""Requesting, deciding, withdrawing and using approvals. The only way an approval changes."""

from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.utils import timezone

from xoptweb import correlation as correlations
from xoptweb.accounts.permissions import allowed, person, require, require_confirmed
from xoptweb.actors import Actor
from xoptweb.approvals import digest as digests
from xoptweb.approvals import kinds
from xoptweb.approvals.announcement import as_event
from xoptweb.approvals.expiry import expire, expire_due, is_over
from xoptweb.approvals.models import Approval, Vote
from xoptweb.approvals.rows import close, locked
from xoptweb.audit.services import key, record
from xoptweb.config import config
from xoptweb.errors import Conflict, Invalid, NotAllowed
from xoptweb.live.services import publish
from xoptweb.plain import plain
from xoptweb.states import move
from xoptweb.transactions import transaction

__all__ = ["check_content", "decide", "expire_due", "request", "use", "withdraw"]

State = Approval.State
Verdict = Vote.Verdict
OUTCOMES = {Verdict.REJECT: State.REJECTED, Verdict.REQUEST_CHANGES: State.CHANGES_REQUESTED}


def request(  # noqa: PLR0913 - what people are asked has this many sides
    kind: str,
    subject: Model | str,
    title: str,
    content: Any,
    envelope: Any,
    *,
    by: Actor,
    votes_needed: int = 1,
    requester_may_decide: bool = False,
    expires_in_s: float | None = None,
    correlation: str = "",
) -> Approval:
    """Ask people to decide; `content` and `envelope` (JSON values) are what they see and what the approval binds.

    Raises:
        LookupError: no such kind is registered.
        Invalid: content or envelope holds a number that is not finite, or something that has no JSON form.
    """
    kinds.find(kind)
    digests.of(content, envelope)
    content, envelope = plain(content), plain(envelope)
    life_s = config().approval_expiry_s if expires_in_s is None else expires_in_s
    with transaction("an approval is requested, audited and announced at once"):
        approval = Approval.objects.create(
            kind=kind,
            subject=subject if isinstance(subject, str) else key(subject),
            title=title,
            content=content,
            envelope=envelope,
            digest=digests.of(content, envelope),
            requested_by=by.user,
            requester_may_decide=requester_may_decide,
            votes_needed=votes_needed,
            expires_at=timezone.now() + timedelta(seconds=life_s),
            correlation=correlation or by.correlation or correlations.current(),
        )
        record(
            by,
            "approval.requested",
            approval,
            after={"subject": approval.subject, "digest": approval.digest},
            correlation=approval.correlation,
        )
        publish("approvals", "created", as_event(approval))
    return approval


def decide(approval_id: int, verdict: str, reason: str, *, by: Actor, digest: str) -> Approval:
    """Record one person's word on what they saw (`digest`) and, with the last word needed, close the approval.

    One rejection or request for changes closes it; approving takes as many people as the approval asks for.

    Raises:
        NotAllowed: `by` may not decide, or asked for it and may not decide that.
        ConfirmationNeeded: the password was given too long ago.
        Invalid: no such verdict, or no reason for rejecting or requesting changes.
        Conflict: it was decided, withdrawn or expired meanwhile, `by` voted already, or it isn't what was shown.
        NotFound: there is no such approval.
    """
    require(by, "decide")
    require_confirmed(by)
    word, reason = _checked(verdict, reason)
    expire(approval_id)
    _check_unlocked(approval_id, word, by, digest)
    with transaction("a vote counts once, and the last one needed closes the approval"):
        approval = locked(approval_id)
        _check_votable(approval, by, digest)
        Vote.objects.create(approval=approval, by=person(by), verdict=word, reason=reason)
        after = {"verdict": str(word), "reason": reason, "digest": approval.digest}
        record(by, "approval.voted", approval, after=after, correlation=approval.correlation)
        outcome = _outcome(approval, word)
        if outcome is None:
            publish("approvals", "voted", as_event(approval, by=by.label, verdict=str(word)))
        else:
            close(approval, outcome, reason, by, "decided")
    return approval


def _check_unlocked(approval_id: int, word: Verdict, by: Actor, digest: str) -> None:
    """What can be refused before anything is locked; only then the kind looks at its subject, which may take time."""
    approval = Approval.objects.select_related("requested_by").get(pk=approval_id)
    _check_votable(approval, by, digest)
    if word is Verdict.APPROVE:
        kinds.find(approval.kind).still_valid(approval)


def _checked(verdict: str, reason: str) -> tuple[Verdict, str]:
    try:
        word = Verdict(verdict)
    except ValueError:
        raise Invalid("Choose approve, reject or request changes.", fields={"verdict": "unknown verdict"}) from None
    if word is not Verdict.APPROVE and not reason.strip():
        raise Invalid("Say why, so that it can be made better.", fields={"reason": "a reason is needed"})
    return word, reason.strip()


def _check_votable(approval: Approval, by: Actor, digest: str) -> None:
    if approval.state != State.PENDING:
        raise Conflict(
            f"This approval is {approval.get_state_display().lower()} already.", code=f"approval_{approval.state}"
        )
    if by.user == approval.requested_by and not approval.requester_may_decide:
        raise NotAllowed("You requested this, so somebody else has to decide it.", code="requester_may_not_decide")
    if approval.votes.filter(by=by.user).exists():
        raise Conflict("You have voted on this already; somebody else has to as well.", code="already_voted")
    if digest != approval.digest:
        raise Conflict("This is not what you were shown; look at it again.", code="content_changed")
    check_content(approval)


def check_content(approval: Approval) -> None:
    """Raises Conflict when the stored content or envelope is not what the digest was made of."""
    if digests.of(approval.content, approval.envelope) != approval.digest:
        raise Conflict("The content of this approval was changed after it was requested.", code="content_changed")


def _outcome(approval: Approval, word: Verdict) -> State | None:
    if word is not Verdict.APPROVE:
        return OUTCOMES[word]
    approvals = approval.votes.filter(verdict=Verdict.APPROVE).count()
    return State.APPROVED if approvals >= approval.votes_needed else None


def withdraw(approval: Approval, reason: str, *, by: Actor) -> Approval:
    """Take back a request that is pending, or approved and not used.

    Raises:
        NotAllowed: `by` neither requested it nor may steer campaigns or decide.
        Conflict: it is closed already.
    """
    own = by.user == approval.requested_by and by.token is None
    if not (own or allowed(by, "decide") or allowed(by, "run_campaigns")):
        raise NotAllowed(f"{by.label} may not withdraw what somebody else requested.")
    with transaction("a withdrawal is told to the subject, audited and announced at once"):
        return close(locked(approval.pk), State.WITHDRAWN, reason, by, "withdrawn")


def use(approval_id: int, *, digest: str, by: Actor) -> Approval:
    """Spend an approval: it serves once, for exactly the content of `digest`. Call it in the transaction that does so.

    Raises:
        Conflict: with code approval_used, approval_expired, content_changed or not_approved.
        NotFound: there is no such approval.
    """
    with transaction("an approval is used once"):
        approval = locked(approval_id)
        if approval.state == State.USED:
            raise Conflict("This approval was used already.", code="approval_used")
        if approval.state == State.EXPIRED or (approval.state == State.APPROVED and is_over(approval)):
            raise Conflict("This approval has expired; ask again.", code="approval_expired")
        if approval.state != State.APPROVED:
            raise Conflict(f"This is {approval.get_state_display()}, not approved.", code="not_approved")
        if digest != approval.digest:
            raise Conflict("What should run is not what was approved.", code="content_changed")
        check_content(approval)
        move(approval, State.USED, used_at=timezone.now())
        record(by, "approval.used", approval, after={"digest": digest}, correlation=approval.correlation)
        publish("approvals", "used", as_event(approval))
    return approval
