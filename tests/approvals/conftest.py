"""A kind of approval that remembers what it was told, and people who have just logged in."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals import kinds
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import request
from xoptweb.errors import Conflict


class Remembering(kinds.Kind):
    """Kept in the registry for the test only."""

    name = "remembering"
    title = "Remember"
    template = "none"

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, str, str]] = []
        self.changed = False

    def still_valid(self, approval: Approval) -> None:
        if self.changed:
            raise Conflict("The subject changed.", code="subject_changed")

    def decided(self, approval: Approval, outcome: str, reason: str, by: Actor) -> None:
        self.outcomes.append((outcome, reason, by.label))


@pytest.fixture
def kind() -> Iterator[Remembering]:
    ready = Remembering()
    kinds.register(ready)
    yield ready
    del kinds._kinds[ready.name]


def person(user: User) -> Actor:
    """Somebody who gave the password just now."""
    return Actor(user=user, via="web", confirmed_at=timezone.now())


Ask = Callable[..., Approval]


@pytest.fixture
def ask(kind: Remembering, olga: User) -> Ask:
    """Ask for an approval as olga."""

    def ask(**more: Any) -> Approval:
        content = more.pop("content", {"reason": "a smaller beam"})
        envelope = more.pop("envelope", {"channels": {"Q1": [1.0, 2.5]}, "evaluations": 30})
        by = more.pop("by", person(olga))
        return request("remembering", "optimizer.campaign:7", "Move Q1", content, envelope, by=by, **more)

    return ask
