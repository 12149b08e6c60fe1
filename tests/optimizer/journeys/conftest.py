"""The whole product on a demo linac, as the invariants' tests run it."""

from tests.invariants.conftest import failpoints, people, stack, story, watcher

__all__ = ["failpoints", "people", "stack", "story", "watcher"]
