"""What the tests of the API share."""

from tests.pages.world import environment, linac

__all__ = ["environment", "linac"]
