"""The append-only record of who changed what."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone


class AppendOnly(models.QuerySet["Entry"]):
    """A query set that can read and add, nothing else."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("audit entries are never changed")

    def delete(self) -> NoReturn:
        raise TypeError("audit entries are never deleted")


class Entry(models.Model):
    """One fact. `target` is `app.model:pk`; `label` is what people call it."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    who = models.CharField(max_length=150)
    role = models.CharField(max_length=200, blank=True, help_text="Groups at the time.")
    via = models.CharField(max_length=10)
    token = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=60, db_index=True)
    target = models.CharField(max_length=120, blank=True, db_index=True)
    label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    correlation = models.CharField(max_length=120, blank=True, db_index=True)

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.who} {self.action} {self.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("audit entries are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("audit entries are never deleted")
