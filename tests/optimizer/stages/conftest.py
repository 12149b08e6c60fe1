"""The real demo linac for these tests, the modules that ship for stages, and a scripted model."""

from tests.agents.profiles import profile
from tests.modules.installed import _no_module_stays, install
from tests.optimizer.live_linac import linac, live, outside
from tests.optimizer.stages.thinking import model, think, unmoved

__all__ = ["_no_module_stays", "install", "linac", "live", "model", "outside", "profile", "think", "unmoved"]
