"""Models that think: profiles, the record of calls, conversations, memory, plans, files, artifacts."""

from agents.models.artifact import Artifact, ArtifactReader, ArtifactSeen
from agents.models.call import ModelCall
from agents.models.conversation import Conversation, Message, Turn
from agents.models.memory import Memory
from agents.models.plan import Plan, PlanNote, PlanTask
from agents.models.profile import ModelProfile
from agents.models.prompt import PromptVersion
from agents.models.workspace import WorkspaceFile

__all__ = [
    "Artifact", "ArtifactReader", "ArtifactSeen", "Conversation", "Memory", "Message", "ModelCall", "ModelProfile",
    "Plan", "PlanNote", "PlanTask", "PromptVersion", "Turn", "WorkspaceFile",
]  # fmt: skip
