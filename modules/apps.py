"""The app `modules`."""

from django.apps import AppConfig


class ModulesConfig(AppConfig):
    name = "modules"

    def ready(self) -> None:
        from agents import tables
        from modules import following
        from modules.sandbox.tables import look_at_table

        following.register()
        tables.register(tables.PARQUET, look_at_table)
