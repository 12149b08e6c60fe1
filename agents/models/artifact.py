"""What runs, tools and campaigns have made for people to look at."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from agents.models.conversation import Conversation


class Artifact(models.Model):
    """Its content is a file named by its hash (`agents.artifacts.contents`), which several may share.

    Who may see the source may see it: a conversation's is its owner's, those of runs and campaigns are everybody's.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        NOTEBOOK = "notebook"
        COMMAND = "command"
        HTML = "html", "HTML"
        FILE = "file"

    kind = models.CharField(max_length=10, choices=Kind)
    title = models.CharField(max_length=200)
    name = models.CharField(max_length=120, help_text="Name of the file when it is downloaded.")
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    digest = models.CharField(max_length=64, db_index=True, help_text="SHA-256 of the content.")
    source = models.CharField(max_length=60, help_text="Such as run:12, conversation:7 or campaign:3.")
    via = models.CharField(max_length=120, blank=True, help_text="The tool or module that made it.")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="artifacts")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="artifacts")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner", "-id"], name="agents_artifacts_of_person"),
            models.Index(fields=["source", "-id"], name="agents_artifacts_of_source"),
            models.Index(fields=["created_at"], name="agents_artifacts_to_forget"),
        ]

    def __str__(self) -> str:
        return self.title


class ArtifactSeen(models.Model):
    """Somebody has looked at it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="seen")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "artifact"], name="agents_artifact_seen_once")]


class ArtifactReader(models.Model):
    """Up to which artifact somebody has called all of them seen."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_to = models.PositiveBigIntegerField(default=0, help_text="Number of an artifact.")
