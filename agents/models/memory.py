"""What is to be remembered."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Memory(models.Model):
    """A few sentences, with who said so and from where. Its words are indexed by the database (see migration 0003)."""

    class Scope(models.TextChoices):
        MINE = "mine", "only mine"
        MACHINE = "machine", "everybody's, about one machine"
        EVERYONE = "everyone", "everybody's"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memories")
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.MINE)
    machine = models.CharField(max_length=50, blank=True, help_text="Short name of the machine that it is about.")
    text = models.TextField()
    source = models.CharField(max_length=80, blank=True, help_text="Where it came from, such as conversation:7.")
    vector = models.JSONField(null=True, help_text="The text as numbers, where a profile offers embeddings.")
    vector_model = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-updated_at"]
        verbose_name_plural = "memories"
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="agents_memories_of_person"),
            models.Index(fields=["scope", "-updated_at"], name="agents_memories_of_scope"),
        ]

    def __str__(self) -> str:
        return self.text[:80]
