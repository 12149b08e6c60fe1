"""Recorded values of a set of channels."""

from django.db import models
from django.utils import timezone


class Snapshot(models.Model):
    machine = models.ForeignKey("controls.Machine", models.PROTECT, related_name="snapshots")
    label = models.CharField(max_length=200)
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.label


class SnapshotValue(models.Model):
    """The setpoint of one channel; `ioc_time` is the server's own time of that value, in UNIX seconds."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="values")
    channel = models.ForeignKey("controls.Channel", models.PROTECT, related_name="+")
    value = models.FloatField()
    readback = models.FloatField(null=True)
    ioc_time = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "channel"], name="controls_snapshot_once")]

    def __str__(self) -> str:
        return f"{self.channel} in {self.snapshot}"
