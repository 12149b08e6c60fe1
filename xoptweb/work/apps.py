"""The app `work`."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "xoptweb.work"
    label = "work"
