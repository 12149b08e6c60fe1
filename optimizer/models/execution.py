"""An approved execution, the attempts that serve it, and its evaluations."""

from django.db import models
from django.utils import timezone


class Execution(models.Model):
    """Uses one approval once. Its attempts share `evaluations_max` and `seconds_max`."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        PAUSED = "paused"
        INTERRUPTED = "interrupted"
        FINISHING = "finishing"
        RESTORING = "restoring"
        ENDED = "ended"

    TRANSITIONS = {
        State.QUEUED: {State.RUNNING, State.ENDED},
        State.RUNNING: {State.PAUSED, State.INTERRUPTED, State.FINISHING, State.RESTORING, State.ENDED},
        State.PAUSED: {State.RUNNING, State.QUEUED, State.INTERRUPTED, State.RESTORING, State.ENDED},
        State.INTERRUPTED: {State.QUEUED, State.RESTORING, State.ENDED},
        State.FINISHING: {State.RESTORING, State.INTERRUPTED, State.ENDED},
        State.RESTORING: {State.QUEUED, State.INTERRUPTED, State.ENDED},
    }

    class Ending(models.TextChoices):
        """Why no more evaluations are made."""

        COMPLETED = "completed", "all evaluations made"
        FINISHED = "finished", "finished early by a person"
        STOPPED = "stopped", "stopped"
        ABORTED = "aborted", "aborted by a guard"
        FAILED = "failed"

    iteration = models.OneToOneField("optimizer.Iteration", models.CASCADE, related_name="execution")
    approval = models.OneToOneField("approvals.Approval", models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED, db_index=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    message = models.CharField(max_length=400, blank=True)
    code = models.CharField(max_length=40, blank=True)
    lease = models.ForeignKey("controls.Lease", models.PROTECT, null=True, related_name="+")
    evaluations_max = models.PositiveIntegerField()
    seconds_max = models.FloatField()
    seconds_used = models.FloatField(default=0.0)
    attempts_max = models.PositiveSmallIntegerField(default=3)
    pause_requested = models.BooleanField(default=False)
    finish_requested = models.BooleanField(default=False)
    stop_requested = models.BooleanField(default=False)
    steered_by = models.CharField(max_length=150, blank=True, help_text="Who asked for the latest of these.")
    paused_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"execution {self.pk}"


class Attempt(models.Model):
    """One process that carried an execution, from lease to end."""

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    lease = models.ForeignKey("controls.Lease", models.PROTECT, null=True, related_name="+")
    process = models.CharField(max_length=120)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    message = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["execution", "number"], name="optimizer_attempt_number")]

    def __str__(self) -> str:
        return f"attempt {self.number}"


class Evaluation(models.Model):
    """One setting of the variables and the measured result, at full precision.

    `inputs` maps variable to setpoint, `outputs` observable or formula to value; a NaN is stored as the string "NaN".
    """

    class State(models.TextChoices):
        ASKED = "asked", "setting"
        MEASURING = "measuring"
        COMPLETED = "completed"
        FAILED = "failed"
        REFUSED = "refused"
        ABANDONED = "abandoned"

    class Source(models.TextChoices):
        CURRENT = "current", "present values"
        INITIAL = "initial", "initial point"
        GENERATOR = "generator"
        CONFIRMATION = "confirmation"

    execution = models.ForeignKey(Execution, models.CASCADE, related_name="evaluations")
    attempt = models.PositiveSmallIntegerField(default=1)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    source = models.CharField(max_length=12, choices=Source, default=Source.GENERATOR)
    inputs = models.JSONField()
    outputs = models.JSONField(default=dict)
    errors = models.JSONField(default=dict, help_text="Standard error of each observable, where known.")
    objective = models.FloatField(null=True)
    feasible = models.BooleanField(null=True)
    code = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["execution", "number"], name="optimizer_evaluation_number")]

    def __str__(self) -> str:
        return f"evaluation {self.number}"
