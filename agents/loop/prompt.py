"""What a model is told before a conversation."""

from datetime import datetime

from agents.models import Conversation
from agents.prompts.shipped import ASSISTANT
from agents.services import prompts
from agents.services.prompts import Used


def in_force() -> Used:
    """The text that the next turn uses."""
    return prompts.in_force(ASSISTANT)


def system(used: Used, conversation: Conversation, now: datetime) -> str:
    return used.filled(who=conversation.owner.get_username(), today=f"{now:%A, %Y-%m-%d %H:%M}")
