"""State identification by a module: it reads documents and channels, and may only make the answer worse."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q

from controls.models import Channel
from optimizer.models import Iteration
from optimizer.sentence import meaning
from optimizer.stages.by_module.answers import StateAnswer, parsed
from optimizer.stages.by_module.question import Answered, Question
from optimizer.stages.concluding import Conclusion
from optimizer.words import listed

READY, NOT_READY, UNKNOWN = "ready", "not ready", "unknown"
SEVERITY = {READY: 0, UNKNOWN: 1, NOT_READY: 2}


def question(iteration: Iteration, rules: Conclusion) -> Question:
    return Question(
        lambda: given(iteration, rules.result),
        lambda answered: concluded(rules, answered, to_read=bool(_channels(iteration))),
    )


def given(iteration: Iteration, found: Mapping[str, Any]) -> dict[str, Any]:
    """What the module is told: the documents by number, the channels by name, and what the rules found."""
    campaign = iteration.campaign
    environment = campaign.environment
    return {
        "campaign": campaign.pk,
        "sentence": campaign.sentence,
        "goal": meaning(campaign.objective),
        "machine": environment.machine.slug,
        "environment": {
            "environment": environment.slug, "name": environment.name, "description": environment.description,
        },
        "rules": {name: found[name] for name in ("state", "armed", "criteria")},
        "channels": [_channel(one) for one in _channels(iteration)],
        "documents": [
            {"id": one.pk, "title": one.title, "characters": len(one.text)}
            for one in environment.documents.order_by("id")
        ],
    }  # fmt: skip


def _channels(iteration: Iteration) -> list[Channel]:
    """Those that the environment moves, measures, or holds to a condition."""
    environment = iteration.campaign.environment
    ids = Q()
    for part in ("variables", "observables", "criteria", "guards"):
        ids |= Q(pk__in=getattr(environment, part).values("channel"))
    return list(environment.machine.channels.filter(ids).order_by("group", "name"))


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "channel": channel.name,
        "description": channel.description,
        "units": channel.units,
        "limits": [channel.low, channel.high],
    }


def concluded(rules: Conclusion, answered: Answered, *, to_read: bool) -> Conclusion:
    """The worse of what rules and module say. What the module names as read or seen, its run must have read.

    `to_read` tells whether the environment has channels: where it has, nothing is ready for a module that read none.

    Raises:
        Refused: the answer is not of its form.
    """
    answer, read = parsed(StateAnswer, answered.output), answered.read()
    unread = sorted(_named(answer) - read)
    blind = answer.state == READY and to_read and not read
    said = UNKNOWN if answer.state == READY and (unread or blind) else answer.state
    found = str(rules.result["state"])
    state = max(found, said, key=SEVERITY.__getitem__)
    notes = [_doubt(unread, answer.state)] if unread else []
    if blind:
        notes.append("It says ready, and its run has read no channel: that counts as unknown.")
    if SEVERITY[answer.state] < SEVERITY[found]:
        notes.append(f"It says {answer.state}; the rules found {found}, and a module can't make that better.")
    return replace(
        rules,
        summary=f"{state} · {_counted(read)}",
        reasoning="\n".join([answer.reasoning, *notes, f"The rules: {rules.reasoning}"]),
        result=rules.result
        | {"state": state, "rules": found, "module": answer.model_dump() | {"unread": unread, "counts_as": said}},
    )


def _named(answer: StateAnswer) -> set[str]:
    """The channels that it says it has read or observed."""
    return {*answer.channels_checked, *(seen.channel for seen in answer.observations if seen.channel)}


def _doubt(unread: list[str], state: str) -> str:
    counts = ": that counts as unknown" if state == READY else ""
    return f"It speaks of {listed(unread[:8])}, which its run never read{counts}."


def _counted(read: Collection[str]) -> str:
    return f"{len(read)} channel{'' if len(read) == 1 else 's'} read"
