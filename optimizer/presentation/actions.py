"""What may be done with a campaign now, and in which words that is asked."""

from dataclasses import dataclass

from optimizer.models import Campaign

State = Campaign.State
MOVING = {State.EXECUTING, State.PAUSED}
WAITING = {State.RUNNING, State.AWAITING_APPROVAL}


@dataclass(frozen=True)
class Action:
    """`name` is the address and the dialog; `asks` whether a dialog says first what will happen."""

    name: str
    label: str
    icon: str = ""
    manner: str = "quiet"
    asks: bool = True
    question: str = ""
    confirm: str = ""

    @property
    def url_name(self) -> str:
        return f"campaign-{self.name}"


PAUSE = Action("pause", "Pause", "bi-pause-fill", asks=False)
RESUME = Action("resume", "Resume", "bi-play-fill", "go", asks=False)
FINISH = Action("finish", "Finish here…", question="Finish here?", confirm="Finish here")
STOP = Action(
    "stop", "Stop and restore…", "bi-stop-fill", "bad", question="Stop and restore?", confirm="Stop and restore"
)
WITHDRAW = Action("stop", "Stop…", "bi-x-lg", question="Stop this campaign?", confirm="Stop the campaign")
RESTORE = Action(
    "restore",
    "Restore to before the campaign…",
    "bi-arrow-counterclockwise",
    question="Restore to before the campaign?",
    confirm="Ask for the restore",
)


def actions(campaign: Campaign, *, away: bool) -> list[Action]:
    """In the order of their buttons; services decide anew whether they are allowed.

    `away`: a channel stands elsewhere than before the campaign.
    """
    state = State(campaign.state)
    if state == State.EXECUTING:
        return [PAUSE, FINISH, STOP]
    if state == State.PAUSED:
        return [RESUME, FINISH, STOP]
    if state in WAITING:
        return [WITHDRAW]
    return [RESTORE] if state in Campaign.FINAL and away else []
