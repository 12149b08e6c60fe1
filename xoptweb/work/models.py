"""Due work: the database's own record of what has to be done, whatever the broker remembers."""

from django.db import models
from django.utils import timezone


class Work(models.Model):
    """One call of a registered function. A claim is a guarded UPDATE from due to claimed."""

    class State(models.TextChoices):
        DUE = "due"
        CLAIMED = "claimed"
        DONE = "done"
        FAILED = "failed"

    name = models.CharField(max_length=100, help_text="Name of the registered function.")
    arguments = models.JSONField(default=dict)
    queue = models.CharField(max_length=80, default="default")
    key = models.CharField(max_length=160, null=True, help_text="At most one open row has it.")
    correlation = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    due_at = models.DateTimeField(default=timezone.now)
    enqueued_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=120, blank=True, help_text="host:pid:start time of the process")
    attempts = models.PositiveIntegerField(default=0)
    attempts_max = models.PositiveIntegerField(default=3)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(state__in=["due", "claimed"]), name="work_one_open_per_key"
            )
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="work_what_is_due")]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"
