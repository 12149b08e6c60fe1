"""Packaged components and their versions."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Module(models.Model):
    """A component known by its name. One without versions is only known: a project's files speak of it."""

    name = models.CharField(max_length=120, unique=True, help_text="namespace/name")
    description = models.TextField(blank=True)
    current = models.ForeignKey(
        "modules.ModuleVersion", models.SET_NULL, null=True, blank=True, related_name="+",
        help_text="The version that runs when none is asked for.",
    )  # fmt: skip
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"module:{self.pk}"

    @property
    def namespace(self) -> str:
        return self.name.partition("/")[0]

    @property
    def short_name(self) -> str:
        """Its name without the namespace."""
        return self.name.partition("/")[2]


class ModuleVersion(models.Model):
    """One package, kept as it was given, and where it is installed. Paths are relative to the home directory."""

    class State(models.TextChoices):
        UPLOADED = "uploaded"
        BUILDING = "building"
        INSTALLED = "installed"
        FAILED = "failed"
        REMOVED = "removed"
        DEVELOPMENT = "development", "run from its directory"

    TRANSITIONS = {
        State.UPLOADED: {State.BUILDING, State.REMOVED},
        State.BUILDING: {State.INSTALLED, State.FAILED, State.UPLOADED},
        State.INSTALLED: {State.BUILDING, State.REMOVED},
        State.FAILED: {State.BUILDING, State.REMOVED},
        State.REMOVED: {State.UPLOADED, State.BUILDING},
    }

    module = models.ForeignKey(Module, models.CASCADE, related_name="versions")
    version = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=State, default=State.UPLOADED)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the package.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of the package.")
    archive = models.CharField(max_length=400, help_text="Where the package is kept.")
    path = models.CharField(max_length=400, blank=True, help_text="Where it is installed; empty: nowhere.")
    manifest = models.JSONField(default=dict)
    description = models.JSONField(default=dict, help_text="What the module says of itself: steps, tunables, …")
    engine = models.CharField(max_length=220, blank=True, help_text="namespace/name@version whose code it runs.")
    python = models.CharField(max_length=40, blank=True, help_text="Version of its interpreter.")
    isolation = models.CharField(max_length=40, blank=True, help_text="What kept it apart when it was checked.")
    error = models.TextField(blank=True, help_text="Why the last installation failed.")
    uploaded_by = models.CharField(max_length=150, blank=True)
    uploaded_at = models.DateTimeField(default=timezone.now)
    installed_by = models.CharField(max_length=150, blank=True)
    installed_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True, help_text="What the last installation took.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["module", "version"], name="modules_one_of_each_version")]

    def __str__(self) -> str:
        return f"{self.module.name}@{self.version}"
