"""What the page of a campaign says across itself: what happened last, a crash, channels that are not back."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.models import Attempt, Campaign


@dataclass(frozen=True)
class Banner:
    manner: str
    icon: str
    title: str
    text: str


Final = Campaign.Final
FINALS = {
    Final.NOT_MOVED: Banner("", "bi-dash-circle", "Nothing was moved.", "The channels are as they were."),
    Final.RESTORED: Banner(
        "good", "bi-arrow-counterclockwise", "Restored.", "The channels are back at the values from before."
    ),
    Final.BEST: Banner("good", "bi-gem", "At the best point.", "The channels stay at the best point, as approved."),
    Final.LEFT: Banner("warn", "bi-pin-angle", "Left as they are.", "The channels stay where they were, as approved."),
    Final.NOT_RESTORED: Banner(
        "bad",
        "bi-exclamation-octagon-fill",
        "NOT RESTORED.",
        "Not all channels are back. Those that are locked wait on the machine page for someone to deal with them.",
    ),
    Final.UNKNOWN: Banner("warn", "bi-question-circle", "Under way.", "The channels are being moved."),
}
ENDED_BADLY = {Campaign.State.FAILED, Campaign.State.ABORTED}


def banners(campaign: Campaign, attempts: Sequence[Attempt], *, told: bool = False) -> list[Banner]:
    """The most serious first. `told`: the page says elsewhere what happened last."""
    found = []
    if campaign.final == Final.NOT_RESTORED:
        found.append(FINALS[Final.NOT_RESTORED])
    found += [_crash(attempt) for attempt in attempts[:-1]]
    if not told and _says_more(campaign):
        found.append(_message(campaign))
    final = Final(campaign.final)
    if campaign.state in Campaign.FINAL and final != Final.NOT_RESTORED and str(final.label) not in campaign.message:
        found.append(FINALS[final])
    return found


def _says_more(campaign: Campaign) -> bool:
    """Whether the message tells anything that the page does not show anyhow."""
    state = str(Campaign.State(campaign.state).label).lower()
    known = campaign.state == Campaign.State.AWAITING_APPROVAL or campaign.message.rstrip(".").lower() == state
    return bool(campaign.message) and not known


def _crash(attempt: Attempt) -> Banner:
    text = attempt.message or f"It ended: {attempt.outcome or 'its process died'}."
    return Banner("warn", "bi-lightning-fill", f"Attempt {attempt.number} was interrupted.", text)


def _message(campaign: Campaign) -> Banner:
    if campaign.state in ENDED_BADLY:
        return Banner("bad", "bi-x-octagon-fill", f"{campaign.get_state_display().capitalize()}.", campaign.message)
    manner = "warn" if campaign.state in {Campaign.State.PAUSED, Campaign.State.RESTORING} else ""
    return Banner(manner, "bi-info-circle", "", campaign.message)
