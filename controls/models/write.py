"""The durable record of every write: its intent before the put, its outcome after."""

from django.db import models
from django.utils import timezone


class Write(models.Model):
    """A row without outcome is an intent whose fate is unknown: it may or may not have reached the channel."""

    class Purpose(models.TextChoices):
        EVALUATE = "evaluate"
        FINISH = "finish"
        BACK = "back"
        SET = "set"
        RESTORE = "restore"

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed"
        REFUSED = "refused"
        FAILED = "failed"
        MISMATCH = "mismatch"
        UNCONFIRMED = "unconfirmed"
        CONFLICT = "conflict"

    lease = models.ForeignKey("controls.Lease", models.PROTECT, related_name="writes")
    token = models.PositiveBigIntegerField()
    channel = models.ForeignKey("controls.Channel", models.PROTECT, related_name="writes")
    sequence = models.PositiveIntegerField(help_text="Order of the puts of one lease.")
    purpose = models.CharField(max_length=10, choices=Purpose)
    evaluation = models.PositiveBigIntegerField(null=True, help_text="Number of the evaluation in its execution.")
    before = models.FloatField(null=True, help_text="Setpoint read just before.")
    value = models.FloatField(null=True, help_text="What is put; null where a refused value was not a number.")
    outcome = models.CharField(max_length=12, choices=Outcome, null=True)
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    readback = models.FloatField(null=True)
    intended_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["lease", "sequence"], name="controls_writes_in_order")]

    def __str__(self) -> str:
        return f"write {self.pk}"
