"""What follows when something that was to help fails."""

from django.db import models


class AfterModuleFailure(models.TextChoices):
    """When the module of a stage fails, or answers what does not count."""

    RULES = "rules", "go on by the rules, and say so"
    STOP = "stop", "end the campaign"
