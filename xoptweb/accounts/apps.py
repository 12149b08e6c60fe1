"""The app `accounts`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "xoptweb.accounts"
    label = "accounts"

    def ready(self) -> None:
        from xoptweb.accounts.roles import sync_after_migrations

        post_migrate.connect(sync_after_migrations, dispatch_uid="accounts.roles")
