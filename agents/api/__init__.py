"""Conversations and artifacts over the API."""

from agents.api.artifacts import router as artifacts_router
from agents.api.conversations import router as conversations_router

__all__ = ["artifacts_router", "conversations_router"]
