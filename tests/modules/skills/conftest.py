"""What the tests of skills share."""

from tests.modules.installed import _no_module_stays

__all__ = ["_no_module_stays"]
