"""Skills: tested functions that may become tools. Each is a module `skills/<name>` once it was promoted."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from modules.models.module import Module, ModuleVersion

NAMESPACE = "skills"


class Skill(models.Model):
    """A function known by its name. `removed_at`: people took it away, and no version of it is a tool."""

    name = models.CharField(max_length=40, unique=True, help_text="The name of its function.")
    module = models.OneToOneField(Module, models.SET_NULL, null=True, related_name="skill")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def module_name(self) -> str:
        return f"{NAMESPACE}/{self.name}"

    @property
    def tool(self) -> str:
        """What models call it by."""
        return f"skill_{self.name}"


class SkillVersion(models.Model):
    """One text of a skill with the results of its checks. A text that was never asked to be promoted can change.

    `digest` is the SHA-256 of all that people decide on; `package_digest` that of the package made of it.
    """

    class State(models.TextChoices):
        CHECKING = "checking", "being checked"
        FAULTY = "faulty", "checks failed"
        CHECKED = "checked", "checks passed"
        WAITING = "waiting", "waiting for approval"
        PROMOTED = "promoted"

    TRANSITIONS = {
        State.CHECKING: {State.FAULTY, State.CHECKED, State.CHECKING},
        State.FAULTY: {State.CHECKING},
        State.CHECKED: {State.CHECKING, State.WAITING},
        State.WAITING: {State.PROMOTED, State.CHECKED},
    }
    OPEN = (State.CHECKING, State.FAULTY, State.CHECKED)

    skill = models.ForeignKey(Skill, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="Also the version of its module.")
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    description = models.CharField(max_length=500)
    source = models.TextField()
    examples = models.JSONField(default=list, help_text="Objects with arguments and result.")
    dependencies = models.JSONField(default=list)
    grants = models.JSONField(default=list, help_text="What it wants to use beyond itself.")
    digest = models.CharField(max_length=64)
    checks = models.JSONField(default=list)
    checked_at = models.DateTimeField(null=True)
    said = models.TextField(blank=True, help_text="What came of the last request to promote it.")
    package_digest = models.CharField(max_length=64, blank=True)
    module_version = models.OneToOneField(ModuleVersion, models.SET_NULL, null=True, related_name="skill_version")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by = models.CharField(max_length=150)
    origin = models.CharField(max_length=120, blank=True, help_text="Such as conversation:7; empty: a page.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["skill", "number"], name="modules_one_of_each_skill_version")]

    def __str__(self) -> str:
        return f"{self.skill.name} {self.number}"
