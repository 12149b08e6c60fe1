"""Which tests run where: those that touch a store on each kind of store, all others once."""

import pytest

from tests import environment

STORES = {"db", "transactional_db", "django_db_setup", "broker"}
SAME = (
    "tests/static_assets/", "tests/frame/", "tests/modules/package/", "tests/modules/sdk/", "tests/modules/runner/",
    "tests/modules/installer/", "tests/controls/demo/", "tests/controls/connectors/", "tests/controls/conditions/",
    "tests/optimizer/rules/", "tests/optimizer/generators/", "tests/optimizer/analysis/",
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of the part that runs. What touches neither database nor broker does the very same on any."""
    if environment.PART == environment.ALL:
        return
    storeless = environment.PART == environment.STORELESS
    left = [item for item in items if _is_the_same(item) != storeless]
    items[:] = [item for item in items if _is_the_same(item) == storeless]
    config.hook.pytest_deselected(items=left)


def _is_the_same(item: pytest.Item) -> bool:
    stores = bool(STORES & set(getattr(item, "fixturenames", ()))) or item.get_closest_marker("django_db") is not None
    return item.nodeid.startswith(SAME) and not stores
