"""Tunables and configurables: typed, with every value they ever had."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from modules.models.module import Module
from modules.models.project import Project


class Parameter(models.Model):
    """Something of a module that people set. Bounds and choices hold for every value, wherever it is set."""

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        CHOICE = "choice"
        BOOLEAN = "boolean", "yes or no"
        JSON = "json", "JSON"

    family: ClassVar[str]

    module = models.ForeignKey(Module, models.CASCADE, related_name="%(class)ss")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    description = models.TextField(blank=True)
    minimum = models.FloatField(null=True, blank=True, help_text="Of a number.")
    maximum = models.FloatField(null=True, blank=True, help_text="Of a number.")
    choices = models.JSONField(default=list, blank=True, help_text="Of a choice: the list of what it can be.")
    default = models.JSONField(null=True, blank=True, help_text="What the current version brings along.")
    declared = models.BooleanField(default=True, help_text="The current version knows it.")
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ParameterValue(models.Model):
    """A version of a value: of the module itself, or of one project. The highest number is in force.

    A row that is `cleared` takes the value back: what is below it (module, then the version's default) holds again.
    """

    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="%(class)ss")
    number = models.PositiveIntegerField()
    value = models.JSONField(null=True)
    cleared = models.BooleanField(default=False)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300, blank=True)
    restores = models.PositiveIntegerField(null=True, help_text="The number that was rolled back to.")

    class Meta:
        abstract = True
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"number {self.number}"


def _numbered_once(name: str) -> list[Any]:
    """One number for each value of a module, and of each project."""
    return [
        models.UniqueConstraint(
            fields=["parameter", "number"], condition=models.Q(project=None), name=f"modules_{name}_of_module"
        ),
        models.UniqueConstraint(fields=["parameter", "project", "number"], name=f"modules_{name}_of_project"),
    ]


class Tunable(Parameter):
    """A parameter that survives between runs and can be optimised."""

    family = "tunable"

    class Meta(Parameter.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["module", "name"], name="modules_tunable_once")]


class TunableValue(ParameterValue):
    parameter = models.ForeignKey(Tunable, models.CASCADE, related_name="values")

    class Meta(ParameterValue.Meta):
        abstract = False
        constraints = _numbered_once("tunable_value")


class Configurable(Parameter):
    """A parameter that a module reads once, when its code is imported."""

    family = "configurable"

    class Meta(Parameter.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["module", "name"], name="modules_configurable_once")]


class ConfigurableValue(ParameterValue):
    parameter = models.ForeignKey(Configurable, models.CASCADE, related_name="values")

    class Meta(ParameterValue.Meta):
        abstract = False
        constraints = _numbered_once("configurable_value")
