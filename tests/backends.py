"""Which tests are worth running a second time, on PostgreSQL and Redis."""

import pytest

from tests import environment

STORES = {"db", "transactional_db", "django_db_setup", "broker"}
SAME = (
    "tests/static_assets/", "tests/frame/", "tests/modules/package/", "tests/modules/sdk/", "tests/modules/runner/",
    "tests/modules/installer/", "tests/controls/demo/", "tests/controls/connectors/", "tests/controls/conditions/",
    "tests/optimizer/rules/", "tests/optimizer/generators/", "tests/optimizer/analysis/",
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what touches neither database nor broker: it ran on the embedded ones and would do the very same."""
    if not environment.SERVICES:
        return
    left = [item for item in items if _is_the_same(item)]
    items[:] = [item for item in items if not _is_the_same(item)]
    config.hook.pytest_deselected(items=left)


def _is_the_same(item: pytest.Item) -> bool:
    stores = bool(STORES & set(getattr(item, "fixturenames", ()))) or item.get_closest_marker("django_db") is not None
    return item.nodeid.startswith(SAME) and not stores
