"""Who may follow a machine live, and that idle machines are looked for."""

import pytest

from xoptweb.accounts.models import User
from xoptweb.live.access import may_follow
from xoptweb.work.registry import every

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["machine:linac", "values:linac"])
def test_who_may_see_machines_may_follow_them(vera: User, name: str) -> None:
    assert may_follow(vera, name)
    assert not may_follow(User.objects.create(username="nobody"), name)


def test_idle_machines_are_looked_for_each_half_minute() -> None:
    assert {task.name: task.every_s for task in every()}["controls.disarm_idle"] == 30
