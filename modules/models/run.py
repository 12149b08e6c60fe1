"""Executions of modules. A run's trace are the events of its stream."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from modules.models.module import ModuleVersion
from modules.models.project import Project
from xoptweb.accounts.models import ApiToken


class Run(models.Model):
    """One execution of a module. `lost`: the process that did it died, and no attempt is left."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"
        LOST = "lost"

    TRANSITIONS = {
        State.QUEUED: {State.RUNNING, State.CANCELLED, State.FAILED, State.LOST},
        State.RUNNING: {State.SUCCEEDED, State.FAILED, State.CANCELLED, State.LOST, State.QUEUED},
    }
    ENDED = (State.SUCCEEDED, State.FAILED, State.CANCELLED, State.LOST)

    version = models.ForeignKey(ModuleVersion, models.PROTECT, related_name="runs")
    project = models.ForeignKey(Project, models.SET_NULL, null=True, related_name="runs")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    input = models.JSONField(null=True)
    context = models.JSONField(null=True)
    overrides = models.JSONField(default=dict, help_text="tunables and configurables given with the run")
    effective = models.JSONField(default=dict, help_text="tunables and configurables it ran with")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    cancel_requested = models.BooleanField(default=False)
    output = models.JSONField(null=True)
    error = models.TextField(blank=True)
    traceback = models.TextField(blank=True)
    progress = models.FloatField(null=True)
    progress_text = models.CharField(max_length=200, blank=True)
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost = models.FloatField(null=True, help_text="Of its model calls, where the gateway knows; in US dollars.")
    seconds = models.FloatField(null=True)
    peak_memory_mb = models.FloatField(null=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    requester = models.CharField(max_length=150)
    token = models.ForeignKey(ApiToken, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=10, default="system")
    process = models.CharField(max_length=120, blank=True, help_text="host:pid:start time")
    attempt = models.PositiveIntegerField(default=0)
    renewed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    correlation = models.CharField(max_length=120, blank=True)
    follow_up = models.JSONField(null=True, help_text="Work that is due when it has ended: name and arguments.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "id"], name="modules_runs_in_state"),
            models.Index(fields=["version", "-id"], name="modules_runs_of_version"),
            models.Index(fields=["ended_at"], name="modules_runs_to_forget"),
        ]

    text: str = ""  # the output as Python prints it, in the process that ran it
    cause: str = ""  # of a failure, likewise

    def __str__(self) -> str:
        return f"run {self.pk} of {self.version}"

    @property
    def stream(self) -> str:
        return f"run:{self.pk}"

    @property
    def ended(self) -> bool:
        return self.state in self.ENDED
