"""The product's Celery application, in a worker process that knows the tests' work too."""

import django

from xoptweb.celery import app

django.setup()

import tests.work.world  # noqa: E402, F401 - it registers itself, which needs Django

__all__ = ["app"]
