"""The record of one way back: which channels should return where, and whether they did."""

from django.db import models
from django.utils import timezone


class Restore(models.Model):
    """`running` until every channel has an answer. `partial` says so on every page until a person deals with it."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        PARTIAL = "partial", "not restored"

    lease = models.ForeignKey("controls.Lease", models.PROTECT, related_name="restores")
    snapshot = models.ForeignKey("controls.Snapshot", models.PROTECT, related_name="restores")
    by = models.CharField(max_length=150)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    forced_channels = models.JSONField(
        default=list, help_text="Channels that a person wants back although somebody else moved them."
    )
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"restore {self.pk}"


class RestoreItem(models.Model):
    class Outcome(models.TextChoices):
        WAITING = "waiting"
        UNTOUCHED = "untouched", "was never moved"
        RESTORED = "restored"
        FOREIGN = "foreign", "moved by someone else, left alone"
        UNREACHABLE = "unreachable", "no answer, retrying"
        FAILED = "failed"

    restore = models.ForeignKey(Restore, models.CASCADE, related_name="items")
    channel = models.ForeignKey("controls.Channel", models.PROTECT, related_name="+")
    target = models.FloatField()
    found = models.FloatField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.WAITING)
    detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.channel}: {self.get_outcome_display()}"
