"""Approval: ask people, with everything they need to decide; or apply the policy that an earlier decision agreed to."""

from typing import Any

from controls.gate.envelope import Envelope
from optimizer.configuration import Configuration
from optimizer.configuration.difference import difference, end_words
from optimizer.configuration.envelope import to_envelope
from optimizer.configuration.estimate import evaluation_s, total_s
from optimizer.execution.states import announce
from optimizer.models import Campaign, Iteration, Stage, StageRecord, StageRun
from optimizer.stages.concluding import Conclusion
from optimizer.words import plural
from xoptweb.actors import Actor, system
from xoptweb.approvals.models import Approval
from xoptweb.approvals.rows import close, locked
from xoptweb.approvals.services import request
from xoptweb.errors import Conflict

KIND = "execution"
USED_ONCE = {Approval.State.USED}


def conclude(iteration: Iteration, record: StageRecord) -> Conclusion:
    """Ask. The record stays open until somebody decides."""
    if iteration.configuration is None:
        raise Conflict("There is no configuration to approve.", code="not_configured")
    configuration = Configuration.model_validate(iteration.configuration)
    envelope = to_envelope(configuration, iteration.campaign.environment.machine)
    content = shown(iteration, configuration)
    earlier = agreed(iteration, configuration, envelope)
    return Conclusion(
        summary="waiting",
        reasoning=_policy(iteration.campaign, earlier),
        result={"votes_needed": iteration.campaign.votes_needed, "envelope": envelope.model_dump(mode="json")},
        then=lambda row: _ask(iteration, configuration, content, envelope, earlier),
        waits=True,
    )


def shown(iteration: Iteration, configuration: Configuration) -> dict[str, Any]:
    """Everything a person sees before deciding. It is hashed with the envelope: what runs is what was shown."""
    campaign = iteration.campaign
    machine = campaign.environment.machine
    before, label = _compared(iteration)
    return {
        "about": campaign.sentence,
        "campaign": {
            "id": campaign.pk,
            "sentence": campaign.sentence,
            "iteration": iteration.number,
            "iterations_max": campaign.iterations_max,
            "environment": campaign.environment.name,
            "after_crash": campaign.after_crash,
            "ask_each_iteration": campaign.ask_each_iteration,
        },
        "machine": {"slug": machine.slug, "name": machine.name, "armed": machine.armed},
        "strategy": iteration.strategy,
        "configuration": configuration.model_dump(mode="json"),
        "difference": [list(line) for line in difference(before, configuration)],
        "difference_from": label,
        "evaluations": configuration.evaluations,
        "evaluation_s": evaluation_s(configuration),
        "estimated_s": total_s(configuration),
        "at_most_s": configuration.seconds,
        "end": campaign.end,
        "end_words": end_words(configuration),
        "state": _state(iteration),
        "reasoning": _reasoning(iteration),
        "changes_requested": iteration.changes_requested,
    }


def _compared(iteration: Iteration) -> tuple[Configuration | None, str]:
    """The last approved configuration, or the one of the round before whose change was requested."""
    asked_before = iteration.approval
    if asked_before is not None:
        return Configuration.model_validate(asked_before.content["configuration"]), "what was asked before"
    earlier = Iteration.objects.filter(
        campaign=iteration.campaign_id, number__lt=iteration.number, approval__state=Approval.State.USED
    ).order_by("-number").first()  # fmt: skip
    if earlier is None or earlier.configuration is None:
        return None, ""
    return Configuration.model_validate(earlier.configuration), f"iteration {earlier.number}"


def _state(iteration: Iteration) -> dict[str, Any]:
    record = iteration.stages.filter(stage=Stage.STATE, state=StageRecord.State.DONE).order_by("-round").first()
    return record.result if record is not None else {"state": "unknown", "criteria": []}


def _reasoning(iteration: Iteration) -> list[dict[str, Any]]:
    """What each stage so far said, the last round of each; where a module said it, which one, with which values."""
    last: dict[str, StageRecord] = {}
    for record in iteration.stages.filter(state=StageRecord.State.DONE).order_by("id").prefetch_related("runs"):
        last[record.stage] = record
    return [
        {"stage": str(Stage(stage).label), "text": record.reasoning, "by": record.decided_by, **_module(record)}
        for stage, record in last.items()
        if record.reasoning
    ]


def _module(record: StageRecord) -> dict[str, Any]:
    """The very module that decided: its package, its tunables, its run."""
    accepted = [row for row in record.runs.all() if row.state == StageRun.State.ACCEPTED]
    if not accepted:
        return {}
    row = accepted[-1]
    return {"module": {"name": row.module, "digest": row.digest, "tunables": row.tunables, "run": row.number}}


def agreed(iteration: Iteration, configuration: Configuration, envelope: Envelope) -> Approval | None:
    """The campaign's last used approval, if people agreed not to be asked again and this stays inside what they saw."""
    if iteration.campaign.ask_each_iteration or iteration.number == 1 or iteration.approval is not None:
        return None
    earlier = Iteration.objects.filter(
        campaign=iteration.campaign_id, number__lt=iteration.number, approval__state=Approval.State.USED
    ).select_related("approval").order_by("-number").first()  # fmt: skip
    if earlier is None or earlier.approval is None or earlier.approval.envelope is None:
        return None
    allowed = Envelope.model_validate(earlier.approval.envelope)
    seen = Configuration.model_validate(earlier.approval.content["configuration"])
    return earlier.approval if inside(envelope, allowed) and as_careful(configuration, seen) else None


def as_careful(later: Configuration, seen: Configuration) -> bool:
    """Whether `later` aims at the same by the same measurements, and keeps every guard and constraint that was seen.

    The environment may have been edited since.
    """
    same = ("objective", "observables", "formulas")
    return (
        all(getattr(later, name) == getattr(seen, name) for name in same)
        and all(guard in later.guards for guard in seen.guards)
        and seen.constraints.items() <= later.constraints.items()
        and later.confirmations >= seen.confirmations
    )


def inside(inner: Envelope, outer: Envelope) -> bool:
    """Whether everything that `inner` allows is allowed by `outer`."""
    if (inner.machine, inner.end) != (outer.machine, outer.end) or not set(inner.channels) <= set(outer.channels):
        return False
    if inner.evaluations > outer.evaluations or inner.seconds > outer.seconds:
        return False
    pairs = [(inner.channels[name], outer.channels[name]) for name in inner.channels]
    return all(
        (one.channel, one.address) == (other.channel, other.address)
        and other.low <= one.low
        and one.high <= other.high
        and one.max_step <= other.max_step
        and one.tolerance <= other.tolerance
        and one.settle_s >= other.settle_s
        for one, other in pairs
    )


def _policy(campaign: Campaign, earlier: Approval | None) -> str:
    if earlier is not None:
        return f"It stays inside what approval {earlier.pk} allowed, and the policy asks once."
    who = plural(campaign.votes_needed, "person") if campaign.votes_needed == 1 else f"{campaign.votes_needed} people"
    barred = "" if campaign.requester_may_decide else f", not {campaign.requested_by}"
    return f"Needs the word of {who}{barred}."


def _ask(
    iteration: Iteration,
    configuration: Configuration,
    content: dict[str, Any],
    envelope: Envelope,
    earlier: Approval | None,
) -> None:
    campaign = iteration.campaign
    title = f"{plural(configuration.evaluations, 'evaluation')} on {plural(len(configuration.variables), 'channel')}"
    approval = request(
        KIND,
        iteration,
        title,
        content,
        envelope.model_dump(mode="json"),
        by=Actor(user=campaign.requested_by, name=str(campaign.requested_by)),
        votes_needed=campaign.votes_needed,
        requester_may_decide=campaign.requester_may_decide,
        correlation=f"campaign:{campaign.pk}",
    )
    Iteration.objects.filter(pk=iteration.pk).update(approval=approval)
    announce(campaign, Campaign.State.AWAITING_APPROVAL, f"Waiting for approval: {title}.")
    if earlier is not None:
        reason = f"inside what approval {earlier.pk} allowed"
        close(locked(approval.pk), Approval.State.APPROVED, reason, system("policy"), "decided")
