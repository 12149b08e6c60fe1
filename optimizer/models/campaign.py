"""A campaign, its iterations, and the stages each of them passes."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from optimizer.models.policy import AfterModuleFailure
from xoptweb.accounts.models import ApiToken


class Campaign(models.Model):
    """One request to improve something."""

    class State(models.TextChoices):
        RUNNING = "running", "thinking"
        AWAITING_APPROVAL = "awaiting_approval", "waiting for approval"
        EXECUTING = "executing"
        PAUSED = "paused"
        RESTORING = "restoring"
        FINISHED = "finished"
        REJECTED = "rejected"
        STOPPED = "stopped"
        ABORTED = "aborted"
        FAILED = "failed"

    ACTIVE = {State.RUNNING, State.AWAITING_APPROVAL, State.EXECUTING, State.PAUSED, State.RESTORING}
    FINAL = {State.FINISHED, State.REJECTED, State.STOPPED, State.ABORTED, State.FAILED}
    TRANSITIONS = {
        State.RUNNING: {
            State.AWAITING_APPROVAL, State.EXECUTING, State.FINISHED, State.STOPPED, State.ABORTED, State.FAILED,
        },
        State.AWAITING_APPROVAL: {
            State.RUNNING, State.EXECUTING, State.REJECTED, State.STOPPED, State.FAILED, State.ABORTED,
        },
        State.EXECUTING: {
            State.PAUSED, State.RESTORING, State.RUNNING, State.STOPPED, State.FAILED, State.ABORTED,
        },
        State.PAUSED: {State.EXECUTING, State.RESTORING, State.RUNNING, State.STOPPED, State.FAILED, State.ABORTED},
        State.RESTORING: {State.EXECUTING, State.RUNNING, State.STOPPED, State.FAILED, State.ABORTED, State.FINISHED},
    }  # fmt: skip

    class End(models.TextChoices):
        BEST = "best", "stay at the best point, if repeated measurements confirm it; else restore"
        RESTORE = "restore", "restore the values from before"
        LEAVE = "leave", "leave the last settings"

    class AfterCrash(models.TextChoices):
        RESUME = "resume", "restore, then resume by replaying the recorded evaluations"
        RESTORE = "restore", "restore and end"

    class Final(models.TextChoices):
        """Where the channels came to rest."""

        NOT_MOVED = "not_moved", "nothing was moved"
        RESTORED = "restored", "restored to the values from before"
        BEST = "best", "left at the best point, as approved"
        LEFT = "left", "left at the last settings, as approved"
        NOT_RESTORED = "not_restored", "not restored"
        UNKNOWN = "unknown", "moving"

    environment = models.ForeignKey("optimizer.Environment", models.PROTECT, related_name="campaigns")
    sentence = models.CharField(max_length=300, help_text="The operator's words.")
    objective = models.ForeignKey("optimizer.Objective", models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    token = models.ForeignKey(
        ApiToken, models.PROTECT, null=True, related_name="+",
        help_text="By which it was asked for; modules in its stages do no more than it may. Empty: a person asked.",
    )  # fmt: skip
    state = models.CharField(max_length=20, choices=State, default=State.RUNNING, db_index=True)
    message = models.CharField(max_length=400, blank=True, help_text="What happened last, for a person.")
    final = models.CharField(max_length=14, choices=Final, default=Final.NOT_MOVED)
    iterations_max = models.PositiveSmallIntegerField(default=2)
    end = models.CharField(max_length=10, choices=End, default=End.BEST)
    after_crash = models.CharField(max_length=10, choices=AfterCrash, default=AfterCrash.RESUME)
    after_module_failure = models.CharField(max_length=10, choices=AfterModuleFailure, default=AfterModuleFailure.RULES)
    votes_needed = models.PositiveSmallIntegerField(default=1)
    requester_may_decide = models.BooleanField(default=False)
    ask_each_iteration = models.BooleanField(default=True)
    pinned = models.JSONField(default=dict, help_text="The person's own choices; nothing overrides them.")
    start_snapshot = models.ForeignKey(
        "controls.Snapshot", models.PROTECT, null=True, related_name="+", help_text="Before the campaign."
    )
    idempotency_key = models.CharField(max_length=80, null=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.sentence


class Iteration(models.Model):
    """One pass through the six stages. `configuration` is what was validated and approved, `result` the analysis."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="iterations")
    number = models.PositiveSmallIntegerField()
    strategy = models.CharField(max_length=20, blank=True, help_text="exploration or optimization")
    configuration = models.JSONField(null=True)
    approval = models.ForeignKey("approvals.Approval", models.PROTECT, null=True, related_name="+")
    result = models.JSONField(null=True)
    changes_requested = models.TextField(blank=True, help_text="A person's words for the next configuration.")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="optimizer_iteration_number")]

    def __str__(self) -> str:
        return f"iteration {self.number} of campaign {self.campaign_id}"


class Stage(models.TextChoices):
    STATE = "state", "State identification"
    DECISION = "decision", "Decision"
    CONFIGURATION = "configuration", "Configuration"
    APPROVAL = "approval", "Approval"
    EXECUTION = "execution", "Execution"
    ANALYSIS = "analysis", "Analysis"


class StageRecord(models.Model):
    """What one stage concluded, how, and from what. `round` counts repetitions (request changes)."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    iteration = models.ForeignKey(Iteration, models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=20, choices=Stage)
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    summary = models.CharField(max_length=200, blank=True, help_text="A few words for the stage rail.")
    reasoning = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    decided_by = models.CharField(max_length=240, default="rules")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["iteration", "stage", "round"], name="optimizer_stage_round")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}, round {self.round}"
