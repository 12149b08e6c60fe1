"""What a module may ask for while it runs."""

from django.db import models
from django.utils import timezone

from modules.models.module import Module


class Grant(models.Model):
    """One thing that every version of a module may use. `target` names which; `*` is all of its kind."""

    class Kind(models.TextChoices):
        LLM = "llm", "language models"
        MODULE = "module", "other modules"
        TOOL = "tool", "tools"
        NETWORK = "network"

    module = models.ForeignKey(Module, models.CASCADE, related_name="grants")
    kind = models.CharField(max_length=10, choices=Kind)
    target = models.CharField(max_length=200, default="*")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "target"]
        constraints = [models.UniqueConstraint(fields=["module", "kind", "target"], name="modules_grant_once")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.target}"
