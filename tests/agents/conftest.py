"""What the tests of agents share: a profile that leads to the scripted endpoint, and a conversation."""

from tests.agents.profiles import profile
from tests.pages.world import environment, linac

__all__ = ["environment", "linac", "profile"]
