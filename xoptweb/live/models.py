"""Streams of numbered, durable events."""

from django.db import models
from django.utils import timezone


class Stream(models.Model):
    """The counter of one stream: the number of its last committed event."""

    name = models.CharField(max_length=120, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """One event; (`stream`, `number`) has no gaps."""

    stream = models.CharField(max_length=120)
    number = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "number"], name="live_event_stream_number")]

    def __str__(self) -> str:
        return f"event {self.number} of {self.stream}"
