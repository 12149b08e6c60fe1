"""What was called from outside."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ToolCall(models.Model):
    """One call of a tool by an agent that is not ours. Those of the assistant stand in their conversation, and those
    of modules in the trace of their run."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    token = models.CharField(max_length=80, help_text="Name of the token.")
    tool = models.CharField(max_length=100)
    arguments = models.JSONField(null=True)
    result = models.JSONField(null=True)
    failed = models.BooleanField(default=False)
    seconds = models.FloatField(null=True)
    correlation = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["at"], name="tools_calls_to_forget")]

    def __str__(self) -> str:
        return f"{self.tool} {self.pk}"
