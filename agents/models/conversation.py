"""What people ask, what the model does to find out, and what it answers."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from agents.models.call import ModelCall
from xoptweb.accounts.models import ApiToken


class Kept(models.Manager["Conversation"]):
    """All that were not deleted."""

    def get_queryset(self) -> models.QuerySet["Conversation"]:
        return super().get_queryset().filter(deleted_at=None)


class Conversation(models.Model):
    """Belongs to one person. Who knows `share_key`, and may log in here, can read it.

    With `outside` an agent that is not ours has its plan and files here; it has one for each of its tokens.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200, blank=True)
    profile = models.CharField(max_length=60, blank=True, help_text="Name of the model profile; empty: the default.")
    share_key = models.CharField(max_length=43, null=True, unique=True)
    outside = models.CharField(max_length=40, null=True, help_text="Such as token:3, or host; null: a person's own.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, help_text="Nobody sees it any more; its rows are being removed.")

    objects = Kept()
    everything = models.Manager["Conversation"]()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="agents_conversations_of_person"),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="agents_conversations_deleted",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "outside"],
                condition=models.Q(deleted_at=None),
                name="agents_one_for_each_outside",
            )
        ]

    def __str__(self) -> str:
        return self.title or f"conversation {self.pk}"

    @property
    def stream(self) -> str:
        return f"conversation:{self.pk}"


class Turn(models.Model):
    """One question and what is done to answer it. `continues`: it goes on where the turn before was stopped."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "thinking"
        DONE = "done", "answered"
        LIMITED = "limited", "stopped at a limit"
        CANCELLED = "cancelled"
        FAILED = "failed"

    TRANSITIONS = {
        State.QUEUED: {State.RUNNING, State.CANCELLED, State.FAILED},
        State.RUNNING: {State.DONE, State.LIMITED, State.CANCELLED, State.FAILED, State.QUEUED},
    }
    OPEN = (State.QUEUED, State.RUNNING)

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    continues = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    code = models.CharField(max_length=40, blank=True, help_text="Why it ended, where it did not end well.")
    message = models.TextField(blank=True, help_text="The same for a person.")
    cancel_requested = models.BooleanField(default=False)
    steps = models.PositiveIntegerField(default=0)
    tokens_in = models.PositiveBigIntegerField(default=0)
    tokens_out = models.PositiveBigIntegerField(default=0)
    cost = models.FloatField(null=True, help_text="US dollars, where the prices are known.")
    draft = models.TextField(blank=True, help_text="What has come of the present step's answer.")
    verdict = models.JSONField(null=True, help_text="What the tool results do not support.")
    via = models.CharField(max_length=10, default="web")
    token = models.CharField(max_length=80, blank=True, help_text="Name of the token with which it was asked.")
    api_token = models.ForeignKey(ApiToken, models.SET_NULL, null=True, related_name="+")
    scopes = models.JSONField(null=True, help_text="Of that token; null where a person asked.")
    prompt_version = models.CharField(max_length=60, blank=True, help_text="Which prompt it was answered with.")
    process = models.CharField(max_length=120, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="agents_turn_number"),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=["queued", "running"]),
                name="agents_one_open_turn",
            ),
        ]

    @property
    def open(self) -> bool:
        return self.state in self.OPEN


class Message(models.Model):
    """One entry of the history, in the order in which the model is told it."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"
        TOOL = "tool"

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages")
    turn = models.ForeignKey(Turn, models.CASCADE, related_name="messages")
    number = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role)
    text = models.TextField(blank=True)
    calls = models.JSONField(default=list, help_text="Tools that the model called: id, name, arguments, text.")
    call_id = models.CharField(max_length=100, blank=True)
    tool = models.CharField(max_length=100, blank=True)
    arguments = models.JSONField(null=True)
    result = models.JSONField(null=True)
    failed = models.BooleanField(default=False)
    summary = models.TextField(blank=True, help_text="What the model is told in the place of a long old result.")
    model_call = models.ForeignKey(ModelCall, models.SET_NULL, null=True, related_name="+")
    seconds = models.FloatField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["conversation", "number"], name="agents_message_number")]
