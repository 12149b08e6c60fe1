"""The same world as the gate's tests."""

from tests.controls.gate.conftest import grant, outside, world, writer

__all__ = ["grant", "outside", "world", "writer"]
