"""The app `live`."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "xoptweb.live"
    label = "live"
