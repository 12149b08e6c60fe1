"""The app `audit`."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "xoptweb.audit"
    label = "audit"
