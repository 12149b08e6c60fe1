"""States in words, each with the manner in which it is shown."""

from dataclasses import dataclass

from optimizer.models import Campaign, Evaluation


@dataclass(frozen=True)
class Pill:
    """`manner` is good, warn, bad, busy or nothing."""

    manner: str
    words: str
    detail: str = ""


State = Campaign.State
MANNERS = {
    State.RUNNING: "busy",
    State.AWAITING_APPROVAL: "warn",
    State.EXECUTING: "good",
    State.PAUSED: "warn",
    State.RESTORING: "busy",
    State.FINISHED: "good",
    State.REJECTED: "",
    State.STOPPED: "",
    State.ABORTED: "bad",
    State.FAILED: "bad",
}
IN_FLIGHT = {Evaluation.State.ASKED, Evaluation.State.MEASURING}
SPOILED = {Evaluation.State.FAILED, Evaluation.State.REFUSED}


def campaign_pill(campaign: Campaign) -> Pill:
    state = State(campaign.state)
    return Pill(MANNERS[state], str(state.label).lower())


def evaluation_pill(evaluation: Evaluation, *, best: bool) -> Pill:
    """Nothing but a completed, feasible evaluation is shown as good."""
    state = Evaluation.State(evaluation.state)
    if state in IN_FLIGHT:
        return Pill("busy", str(state.label).lower())
    if state in SPOILED:
        words = f"{state}: {evaluation.code}" if evaluation.code else str(state)
        return Pill("bad", words, evaluation.detail)
    if state == Evaluation.State.ABANDONED:
        return Pill("", "abandoned", evaluation.detail)
    if evaluation.feasible is False:
        return Pill("warn", "outside the constraints", evaluation.detail)
    if evaluation.objective is None:
        return Pill("warn", "no result", evaluation.detail)
    return Pill("good", "confirmed, best" if best else "confirmed", evaluation.detail)
