"""People, service accounts and their API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """Somebody or something that may log in or hold a token. Its rights come from its groups."""

    is_service = models.BooleanField(
        "service account", default=False, help_text="A program. It never approves, arms or logs in to pages."
    )

    class Meta(AbstractUser.Meta):
        permissions = [
            ("view_machine", "May see channels, campaigns and their records"),
            ("stop", "May STOP everything that moves"),
            ("run_campaigns", "May create and steer campaigns"),
            ("decide", "May decide approvals"),
            ("arm", "May arm and disarm machines"),
            ("configure", "May edit channels, environments and limits"),
            ("install_modules", "May install and uninstall modules"),
            ("run_modules", "May run modules and make projects"),
            ("edit_tunables", "May set tunables and configurables"),
            ("run_code", "May have models run code in the sandbox"),
            ("view_audit", "May read and export the audit log"),
            ("administer", "May manage accounts, tokens and settings"),
        ]


class ApiToken(models.Model):
    """A secret by which a program acts as its user, within scopes. Only a hash is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, help_text="First characters, to recognise it by.")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the secret.")
    scopes = models.JSONField(default=list, help_text="Some of: read, campaigns, modules, stop, assistant, code.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class LoginFailure(models.Model):
    """A wrong password, kept for as long as it counts against the next attempt."""

    username = models.CharField(max_length=150, help_text="As typed, in lower case; it may not exist.")
    address = models.CharField(max_length=45)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["username", "address", "at"], name="accounts_failures_of_login"),
            models.Index(fields=["address", "at"], name="accounts_failures_of_address"),
        ]
