"""Tools of agents: environments with their documents, campaigns, evaluations, proposals."""

from optimizer.tools import campaigns, documents, environments, evaluations, proposing

__all__ = ["campaigns", "documents", "environments", "evaluations", "proposing"]
