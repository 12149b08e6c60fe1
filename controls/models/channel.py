"""One process variable and what may be done with it."""

from django.core.validators import MinValueValidator
from django.db import models


class Channel(models.Model):
    """`low`, `high`, `max_step` and `tolerance` are in the channel's own units, times in seconds."""

    class Protocol(models.TextChoices):
        CA = "ca", "Channel Access"

    machine = models.ForeignKey("controls.Machine", models.CASCADE, related_name="channels")
    name = models.SlugField(max_length=60, help_text="Short name, unique on its machine.")
    address = models.CharField(max_length=120)
    protocol = models.CharField(max_length=4, choices=Protocol, default=Protocol.CA)
    readback = models.CharField(max_length=120, blank=True, help_text="Address that shows what the device does.")
    description = models.CharField(max_length=200, blank=True)
    group = models.CharField(max_length=60, blank=True)
    units = models.CharField(max_length=20, blank=True)
    precision = models.PositiveSmallIntegerField(default=3, help_text="Decimals shown.")
    writable = models.BooleanField(default=False)
    low = models.FloatField(null=True, blank=True, help_text="Nothing below is ever put.")
    high = models.FloatField(null=True, blank=True, help_text="Nothing above is ever put.")
    max_step = models.FloatField(null=True, blank=True, help_text="Larger moves are ramped in steps of this.")
    tolerance = models.FloatField(default=0.0, validators=[MinValueValidator(0.0)], help_text="Readback may differ.")
    settle_s = models.FloatField(default=0.0, validators=[MinValueValidator(0.0)], help_text="Wait after each put.")

    class Meta:
        ordering = ["machine", "group", "name"]
        constraints = [
            models.UniqueConstraint(fields=["machine", "name"], name="controls_channel_name"),
            models.UniqueConstraint(fields=["machine", "address"], name="controls_channel_address"),
            models.CheckConstraint(
                condition=models.Q(writable=False)
                | models.Q(
                    low__isnull=False,
                    high__isnull=False,
                    max_step__isnull=False,
                    max_step__gt=0,
                    low__lt=models.F("high"),
                ),
                name="controls_writable_has_limits",
                violation_error_message="A writable channel needs limits (low below high) and a step above zero.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
