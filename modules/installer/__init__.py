"""Installing modules, each with an environment of its own. Needs no Django."""

from modules.installer.build import install, remove
from modules.installer.errors import InstallError
from modules.installer.installed import Installed, load

__all__ = ["InstallError", "Installed", "install", "load", "remove"]
