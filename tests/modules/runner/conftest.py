"""Real modules for these tests."""

from tests.modules.real import module, pool, small, world

__all__ = ["module", "pool", "small", "world"]
