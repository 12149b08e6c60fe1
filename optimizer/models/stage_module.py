"""Modules that take part in stages: which an environment has, and what each run of one came to."""

from django.db import models
from django.utils import timezone

from optimizer.models.campaign import Stage, StageRecord
from optimizer.models.environment import Environment


class StageModule(models.Model):
    """A stage of an environment's campaigns in which a module has its say, after the rules. Without a row: rules alone.

    `module` is a name and no key: a module that was taken away is a failure that is seen, not a switch back.
    """

    STAGES = (Stage.STATE, Stage.DECISION, Stage.CONFIGURATION, Stage.ANALYSIS)

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="stage_modules")
    stage = models.CharField(max_length=20, choices=[(str(stage), str(stage.label)) for stage in STAGES])
    module = models.CharField(max_length=120, help_text="namespace/name; its current version runs.")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["environment", "stage"], name="optimizer_stage_module")]

    def __str__(self) -> str:
        return f"{self.stage} by {self.module}"


class StageRun(models.Model):
    """One run of a module for one round of a stage. What the run used is kept here too: runs are forgotten earlier."""

    class State(models.TextChoices):
        RUNNING = "running"
        ACCEPTED = "accepted"
        REFUSED = "refused", "answer refused"
        FAILED = "failed"

    record = models.ForeignKey(StageRecord, models.CASCADE, related_name="runs")
    attempt = models.PositiveSmallIntegerField(default=1)
    module = models.CharField(max_length=220, help_text="namespace/name@version")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the package.")
    run = models.ForeignKey("modules.Run", models.SET_NULL, null=True, related_name="+")
    number = models.PositiveBigIntegerField(null=True, help_text="Of the run, also when that is forgotten.")
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    problem = models.TextField(blank=True, help_text="Why its answer does not count.")
    answer = models.JSONField(null=True)
    tunables = models.JSONField(default=dict, help_text="Name → where its value came from, and its digest.")
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost = models.FloatField(null=True, help_text="In US dollars; null where it is not known.")
    seconds = models.FloatField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["record", "attempt"], name="optimizer_stage_run_attempt")]

    def __str__(self) -> str:
        return f"{self.module}, attempt {self.attempt}"
