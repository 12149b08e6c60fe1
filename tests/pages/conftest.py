"""What the tests of pages share."""

from tests.pages.world import environment, linac

__all__ = ["environment", "linac"]
