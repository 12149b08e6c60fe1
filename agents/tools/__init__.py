"""Tools of agents that are about the conversation itself: memory, plan, files; and fetching from outside."""

from agents.tools import data, fetching, memory, plans, workspace

__all__ = ["data", "fetching", "memory", "plans", "workspace"]
