"""The app `tools`."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ToolsConfig(AppConfig):
    name = "xoptweb.tools"
    label = "tools"

    def ready(self) -> None:
        """Every app's `tools.py` registers its tools."""
        autodiscover_modules("tools")
