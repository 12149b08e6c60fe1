"""Projects: what they depend on, from where, and what was chosen."""

from django.db import models
from django.utils import timezone

from modules.models.module import ModuleVersion


class Project(models.Model):
    """A set of module dependencies and their configuration."""

    class Sync(models.TextChoices):
        NEVER = "never", "never synced"
        RUNNING = "running"
        SYNCED = "synced"
        STALE = "stale", "changed since the last sync"
        FAILED = "failed"

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    directory = models.CharField(
        max_length=400, blank=True, help_text="Where its .xopt directory lies, for a project of the command line."
    )
    sync = models.CharField(max_length=10, choices=Sync, default=Sync.NEVER)
    sync_error = models.TextField(blank=True)
    synced_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"project:{self.pk}"


class ProjectDependency(models.Model):
    """A module that a project needs: an exact version, or a PEP 440 specifier; empty: any."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="dependencies")
    name = models.CharField(max_length=120)
    requirement = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="modules_dependency_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.requirement}".strip()


class ProjectSource(models.Model):
    """Where one dependency is found: a directory or a package, relative to the project's own directory."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="sources")
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=400)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="modules_source_once")]

    def __str__(self) -> str:
        return f"{self.name} from {self.path}"


class Registry(models.Model):
    """A place that has packages: a directory (`file://`) or an index (`https://`). Without a project it is for all."""

    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="registries")
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=400)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "registries"
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="modules_registry_once"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(project=None), name="modules_registry_once_for_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.url})"


class ProjectLock(models.Model):
    """What a sync chose for one dependency; runs of the project use exactly this."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="locks")
    version = models.ForeignKey(ModuleVersion, models.PROTECT, related_name="locks")
    digest = models.CharField(max_length=64)
    source = models.CharField(max_length=400)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["version__module__name"]
        constraints = [models.UniqueConstraint(fields=["project", "version"], name="modules_lock_once")]

    def __str__(self) -> str:
        return f"{self.version} ({self.digest[:12]})"
