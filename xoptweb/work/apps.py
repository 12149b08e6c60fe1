"""The app `work`."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WorkConfig(AppConfig):
    name = "xoptweb.work"
    label = "work"

    def ready(self) -> None:
        """Every process knows all work by name: each app's `tasks.py` is imported, which has to stay light."""
        autodiscover_modules("tasks")
