"""The app `pages`: the shell around every page, the overview, and how problems look."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "xoptweb.pages"
    label = "pages"
