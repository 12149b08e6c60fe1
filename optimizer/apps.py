"""The app `optimizer`."""

import os

from django.apps import AppConfig


class OptimizerConfig(AppConfig):
    name = "optimizer"

    def ready(self) -> None:
        from optimizer import following, holders
        from optimizer.restoring import holder as restores

        following.register()
        holders.register()
        restores.register()
        if os.environ.get("XOPTWEB_ROLE") == "control":
            from optimizer.execution import worker  # noqa: F401 - it listens to Celery's signals
