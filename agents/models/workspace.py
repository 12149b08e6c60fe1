"""Files of a conversation."""

from django.db import models
from django.utils import timezone

from agents.models.conversation import Conversation


class WorkspaceFile(models.Model):
    """Kept in the database, so that every host has it; small, so that this is no burden."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="files")
    path = models.CharField(max_length=120)
    content = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Bytes.")
    by = models.CharField(max_length=150)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["conversation", "path"], name="agents_file_path")]

    def __str__(self) -> str:
        return self.path
