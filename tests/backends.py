"""Which tests run where, and in which order; docs/decisions/0018 says why.

What touches a store runs on each kind of store, in two parts that share the time: what has to do with a machine, whole
houses and the passing of real time, and the rest. Everything else runs once.
"""

from pathlib import Path

import pytest

from tests import environment
from tests.environment import ALL, MACHINE, ONCE, REST, STORES

STORE_FIXTURES = {"db", "transactional_db", "django_db_setup", "broker"}

STORELESS = (
    "tests/static_assets/", "tests/frame/", "tests/modules/package/", "tests/modules/sdk/", "tests/modules/runner/",
    "tests/modules/installer/", "tests/controls/demo/", "tests/controls/connectors/", "tests/controls/conditions/",
    "tests/optimizer/rules/", "tests/optimizer/generators/", "tests/optimizer/analysis/", "tests/bench/",
)  # fmt: skip
"""Runs once, except for what asks for a store there."""

ABOUT_OTHER_THINGS = (
    "tests/modules/cli/",  # commands in a home of their own, with SQLite on both
    "tests/agents/gateway/",  # what goes to and comes from a model's server
    "tests/pages/test_browser.py",  # how wide the pages are
    "tests/browser/test_story_of_modules.py", "tests/browser/test_assistant.py",  # what stands on which page when
)  # fmt: skip
"""Runs once although it needs some store: what it says of the product can't differ with the kind of store."""

WITH_A_MACHINE = (
    "tests/browser/", "tests/controls/", "tests/invariants/", "tests/supervisor/", "tests/optimizer/stages/",
    "tests/optimizer/restoring/", "tests/optimizer/execution/",
)  # fmt: skip


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whole files of the other parts are not even read: that would cost each part as much as many of its tests."""
    name = collection_path.relative_to(config.rootpath).as_posix() if collection_path.suffix == ".py" else ""
    if not name.startswith("tests/") or environment.PART == ALL:
        return None
    return True if not _may_hold(name) else None


def _may_hold(name: str) -> bool:
    """Whether a file may hold tests of the part that runs."""
    once, machine = name.startswith(ABOUT_OTHER_THINGS), name.startswith(WITH_A_MACHINE)
    if environment.PART == ONCE:
        return once or name.startswith(STORELESS)
    return not once and {MACHINE: machine, REST: not machine}.get(environment.PART, True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the part that runs."""
    wanted = {STORES: {MACHINE, REST}}.get(environment.PART, {environment.PART})
    if environment.PART == ALL:
        return
    config.hook.pytest_deselected(items=[item for item in items if part(item) not in wanted])
    items[:] = [item for item in items if part(item) in wanted]
    if environment.SERVICES:
        items.sort(key=_backwards)


def part(item: pytest.Item) -> str:
    """`machine`, `rest` or `once`."""
    name = item.nodeid
    if name.startswith(ABOUT_OTHER_THINGS) or (name.startswith(STORELESS) and not _asks_for_a_store(item)):
        return ONCE
    return MACHINE if name.startswith(WITH_A_MACHINE) else REST


def _asks_for_a_store(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(STORE_FIXTURES & fixtures) or item.get_closest_marker("django_db") is not None


def _backwards(item: pytest.Item) -> tuple[int, tuple[int, ...]]:
    """The last folder first, so that what is heavy does not meet itself on the other kind of store.

    As pytest-django has it, what rolls back comes before what commits, and that before what leaves the database alone.
    """
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    commits = "transactional_db" in fixtures or (marker is not None and bool(marker.kwargs.get("transaction")))
    order = 1 if commits else 0 if "db" in fixtures or marker is not None else 2
    return order, tuple(-ord(letter) for letter in item.nodeid.split("/")[1])
