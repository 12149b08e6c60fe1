"""Exclusive, fenced, renewable right of one writer to some channels."""

from django.db import models
from django.utils import timezone


class Lease(models.Model):
    """Held by a writer (`held`), or by the watchdog: to restore (`restoring`), to watch until the IOC has been quiet
    (`quiet`), through a long pause (`parked`), or until a person confirms a late restore (`waiting`)."""

    class State(models.TextChoices):
        HELD = "held"
        RESTORING = "restoring"
        QUIET = "quiet"
        PARKED = "parked"
        WAITING = "waiting", "waiting for confirmation"
        RELEASED = "released"

    TRANSITIONS = {
        State.HELD: {State.RESTORING, State.PARKED, State.WAITING, State.RELEASED},
        State.RESTORING: {State.QUIET, State.WAITING, State.RELEASED},
        State.QUIET: {State.RESTORING, State.RELEASED},
        State.PARKED: {State.HELD, State.RESTORING, State.WAITING, State.RELEASED},
        State.WAITING: {State.RESTORING, State.RELEASED},
    }

    machine = models.ForeignKey("controls.Machine", models.PROTECT, related_name="leases")
    holder = models.CharField(max_length=120, db_index=True, help_text="`app.model:pk` of what needs the channels.")
    correlation = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.HELD)
    token = models.PositiveBigIntegerField(help_text="Fencing token; who has an older one may not write.")
    renewals = models.PositiveBigIntegerField(default=0)
    duration_s = models.FloatField()
    process = models.CharField(max_length=120, help_text="host:pid:start time of the writer")
    lock_path = models.CharField(max_length=400, help_text="File that the living writer keeps locked.")
    snapshot = models.ForeignKey("controls.Snapshot", models.PROTECT, related_name="leases")
    stops_at_grant = models.PositiveBigIntegerField(help_text="Machine.stops when granted; a larger number stops it.")
    stop_requested = models.BooleanField(default=False)
    stop_reason = models.CharField(max_length=200, blank=True)
    granted_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["machine", "state"], name="controls_open_leases")]

    def __str__(self) -> str:
        return f"lease {self.pk} of {self.held_by}"

    @property
    def held_by(self) -> str:
        """What needs the channels, in words: execution 7."""
        model, _, number = self.holder.rpartition(".")[2].partition(":")
        return f"{model} {number}".strip()


class ChannelLock(models.Model):
    """One channel, one writer: while a row exists nobody else can lease the channel."""

    channel = models.OneToOneField("controls.Channel", models.PROTECT, related_name="lock")
    lease = models.ForeignKey(Lease, models.CASCADE, related_name="locks")
