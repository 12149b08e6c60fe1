"""A control system and its live arm switch."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Machine(models.Model):
    """One control system. `armed` allows writes; `stops` and `last_token` only ever grow."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    address_list = models.CharField(
        max_length=400, blank=True, help_text="EPICS_CA_ADDR_LIST of its processes; empty: the environment's."
    )
    server_port = models.PositiveIntegerField(null=True, blank=True, help_text="EPICS_CA_SERVER_PORT, where unusual.")
    auto_address = models.BooleanField(default=False, help_text="EPICS_CA_AUTO_ADDR_LIST.")
    permit_channel = models.ForeignKey(
        "controls.Channel", models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The facility's own permit: nothing is written unless it reads the permitting value.",
    )  # fmt: skip
    permit_value = models.FloatField(default=1.0)
    armed = models.BooleanField(default=False, editable=False)
    armed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+")
    armed_at = models.DateTimeField(null=True, editable=False)
    active_at = models.DateTimeField(null=True, editable=False, help_text="Last arming or execution.")
    stops = models.PositiveBigIntegerField(default=0, editable=False, help_text="Number of STOPs ever.")
    stopped_at = models.DateTimeField(null=True, editable=False)
    last_token = models.PositiveBigIntegerField(default=0, editable=False, help_text="Last fencing token given out.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
