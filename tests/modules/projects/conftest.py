"""Installed modules for these tests."""

from tests.modules.installed import _no_module_stays, install

__all__ = ["_no_module_stays", "install"]
