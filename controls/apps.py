"""The app `controls`."""

from django.apps import AppConfig


class ControlsConfig(AppConfig):
    name = "controls"

    def ready(self) -> None:
        from controls import following

        following.register()
