"""Signs of life of the processes that serve a machine."""

from django.db import models


class Heartbeat(models.Model):
    """`beat` only grows; others judge its age on their own monotonic clock from when they saw it change."""

    class Role(models.TextChoices):
        WATCHDOG = "watchdog"
        MONITOR = "monitor"

    machine = models.ForeignKey("controls.Machine", models.CASCADE, related_name="heartbeats")
    role = models.CharField(max_length=20, choices=Role)
    beat = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField()
    process = models.CharField(max_length=120, help_text="host:pid:start time")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["machine", "role"], name="controls_one_heartbeat_a_role")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} of {self.machine}"
