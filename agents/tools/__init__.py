"""Tools of agents that are about the conversation itself: memory, plan, files; and fetching from outside."""

from agents.tools import artifacts, data, fetching, memory, plans, workspace

__all__ = ["artifacts", "data", "fetching", "memory", "plans", "workspace"]
