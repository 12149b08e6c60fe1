"""Every text that a prompt of the assistant ever had."""

from django.db import models
from django.utils import timezone


class PromptVersion(models.Model):
    """The highest number of a name is in force. Where it is `cleared`, or there is none, what is shipped holds."""

    name = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    cleared = models.BooleanField(default=False, help_text="Taken back: what is shipped holds again.")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)
    restores = models.PositiveIntegerField(null=True, help_text="The number that was rolled back to.")

    class Meta:
        ordering = ["name", "-number"]
        constraints = [models.UniqueConstraint(fields=["name", "number"], name="agents_prompt_number")]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
