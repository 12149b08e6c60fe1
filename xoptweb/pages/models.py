"""What was answered to requests that carried an idempotency key."""

from django.db import models
from django.utils import timezone


class Answer(models.Model):
    """`status` is null while the request is being worked on. `scope` names who asked, so that keys are not shared."""

    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=80)
    content = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="pages_answer_once")]
