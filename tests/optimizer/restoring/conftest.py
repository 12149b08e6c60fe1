"""The real demo linac for these tests."""

from tests.optimizer.live_linac import linac, live, outside

__all__ = ["linac", "live", "outside"]
