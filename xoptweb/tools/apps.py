"""The app `tools`."""

from django.apps import AppConfig


class ToolsConfig(AppConfig):
    name = "xoptweb.tools"
    label = "tools"
