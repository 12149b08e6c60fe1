"""One way to ask a model: any OpenAI-compatible endpoint, by a profile or by the settings."""

from agents.gateway.asking import ask, complete
from agents.gateway.profiles import Profile, chosen, configured
from agents.gateway.request import Called, Cancelled, Cause, Completion, Offered, Request
from agents.gateway.structured import structured, told
from agents.gateway.tokens import characters, of_messages, room_for

__all__ = [
    "Called", "Cancelled", "Cause", "Completion", "Offered", "Profile", "Request", "ask", "characters", "chosen",
    "complete", "configured", "of_messages", "room_for", "structured", "told",
]  # fmt: skip
