"""What a person can do about an answer that did not come to its end."""

from agents.models import Turn

TEST = "an administrator finds out why with Admin → Model profiles → Test"
AWAY = f"Continue asks once more; if that does not help, {TEST}."
SET_UP = f"Asking again will not help; {TEST}."
SPENT = "It answers again after midnight UTC, or when an administrator raises the limit in the model's profile."
LATER = "Wait a little; then Continue asks once more."
GOES_ON = "Continue goes on from here."
ADVICE = {
    "unreachable": AWAY, "slow": AWAY, "cut_off": AWAY, "nonsense": AWAY, "nothing_said": AWAY, "refused": SET_UP,
    "day_budget": SPENT, "user_budget": SPENT, "busy": LATER, "model_busy": LATER, "model_resting": LATER,
    "broken": GOES_ON, "steps": GOES_ON, "tokens": GOES_ON, "time": GOES_ON,
    "repeats": "Say what it should do instead, or let it go on.",
    "too_large": "Ask for less at once.",
}  # fmt: skip


def advice(turn: Turn) -> str:
    """A sentence; empty where there is nothing to be done, or where the turn's message says it already."""
    return ADVICE.get(turn.code, "")
