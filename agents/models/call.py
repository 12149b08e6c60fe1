"""What was asked of models, what they said, and what it cost."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ModelCall(models.Model):
    """One call. While it is under way it holds one of its profile's slots; a dead process' slot is taken back."""

    class State(models.TextChoices):
        RUNNING = "running"
        ANSWERED = "answered"
        FAILED = "failed"
        CANCELLED = "cancelled"
        LOST = "lost", "its process died"

    profile = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40, blank=True, help_text="Such as run, conversation, test.")
    subject = models.CharField(max_length=80, blank=True, help_text="What it was for, such as run:7.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_model = models.CharField(max_length=200, blank=True)
    model = models.CharField(max_length=200, blank=True, help_text="Which model answered.")
    prompt = models.JSONField(null=True)
    prompt_version = models.CharField(max_length=60, blank=True, help_text="Which tunable prompt, and its number.")
    response = models.JSONField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    code = models.CharField(max_length=40, blank=True, help_text="Why it failed.")
    error = models.TextField(blank=True)
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    estimated = models.BooleanField(default=False, help_text="The endpoint did not count tokens; they are a guess.")
    cost = models.FloatField(null=True, help_text="US dollars, where the prices are known.")
    first_s = models.FloatField(null=True, help_text="Until the first word came.")
    latency_s = models.FloatField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    slot = models.PositiveSmallIntegerField(default=0)
    process = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(help_text="No call takes longer.")
    ended_at = models.DateTimeField(null=True)
    correlation = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "slot"], condition=models.Q(state="running"), name="agents_one_call_per_slot"
            )
        ]
        indexes = [
            models.Index(fields=["profile", "at"], name="agents_calls_of_a_day"),
            models.Index(fields=["user", "at"], name="agents_calls_of_a_person"),
            models.Index(fields=["subject", "id"], name="agents_calls_for_what"),
            models.Index(fields=["at"], name="agents_calls_to_forget"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} of {self.profile}"
