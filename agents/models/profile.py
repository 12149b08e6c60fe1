"""Endpoints that answer, and what may be spent on them."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

KEY_NAME = r"[A-Z][A-Z0-9_]*(KEY|TOKEN)"
OWN_KEYS = {"XOPTWEB_SECRET_KEY"}


def no_key_of_ours(name: str) -> None:
    """What xoptweb keeps secret for itself is never sent to an endpoint."""
    if name in OWN_KEYS:
        raise ValidationError(f"{name} is a secret of xoptweb itself.")


def plain_address(address: str) -> None:
    """An address without a name or password in it: those would be stored here."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError("Write an address such as http://127.0.0.1:11434/v1.")
    if parts.username or parts.password:
        raise ValidationError("Keys and passwords do not belong here: name the variable that holds the key.")


class ModelProfile(models.Model):
    """One model of one OpenAI-compatible endpoint. Its key stays in the environment; prices are in US dollars."""

    class Limit(models.TextChoices):
        MAX_TOKENS = "max_tokens"
        MAX_COMPLETION_TOKENS = "max_completion_tokens"

    class Structure(models.TextChoices):
        JSON_SCHEMA = "json_schema", "the endpoint holds answers to a JSON schema"
        PROMPT = "prompt", "the schema is part of the prompt"

    name = models.SlugField(max_length=60, unique=True, help_text="Modules and people choose it by this.")
    base_url = models.CharField(
        "base URL", max_length=300, validators=[plain_address], help_text="Such as http://127.0.0.1:11434/v1."
    )
    model = models.CharField(max_length=200, blank=True, help_text="As the endpoint calls it; empty: as it was asked.")
    key_variable = models.CharField(
        max_length=80, blank=True,
        validators=[RegexValidator(rf"^{KEY_NAME}$", "A name of capitals that ends in KEY or TOKEN."), no_key_of_ours],
        help_text="Environment variable of xoptweb's processes that holds the key. The key itself is never stored.",
    )  # fmt: skip
    default = models.BooleanField(default=False, help_text="Answers whatever no other profile answers.")
    enabled = models.BooleanField(default=True)
    answers_to = models.JSONField(
        default=list, blank=True, help_text='Names by which modules ask for it, with * and ?: ["gpt-4*", "ollama/*"].'
    )
    timeout_s = models.FloatField(
        default=60.0, validators=[MinValueValidator(0.1)], help_text="Silence after which a call has failed."
    )
    attempts = models.PositiveSmallIntegerField(default=3, validators=[MinValueValidator(1)])
    context_tokens = models.PositiveIntegerField(default=16_000, validators=[MinValueValidator(1000)])
    answer_tokens = models.PositiveIntegerField(
        default=4000, validators=[MinValueValidator(1)], help_text="No answer is longer."
    )
    native_tools = models.BooleanField(default=True, help_text="The endpoint takes tools and calls them by itself.")
    structure = models.CharField(max_length=12, choices=Structure, default=Structure.PROMPT)
    limit_parameter = models.CharField(max_length=24, choices=Limit, default=Limit.MAX_TOKENS)
    sends_temperature = models.BooleanField(default=True, help_text="Some models refuse to be told a temperature.")
    embeddings_model = models.CharField(max_length=200, blank=True, help_text="Of the same endpoint, for memory.")
    price_in = models.FloatField(null=True, blank=True, help_text="For a million tokens read; empty: unknown.")
    price_out = models.FloatField(null=True, blank=True, help_text="For a million tokens written.")
    concurrency = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1)], help_text="Calls at once, over all processes."
    )
    day_tokens = models.PositiveBigIntegerField(null=True, blank=True, help_text="Tokens a day, of everybody.")
    day_cost = models.FloatField(null=True, blank=True, help_text="US dollars a day, of everybody.")
    user_day_tokens = models.PositiveBigIntegerField(null=True, blank=True, help_text="Tokens a day, of one person.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["default"],
                condition=models.Q(default=True),
                name="agents_one_default_profile",
                violation_error_message="Another profile is the default already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if not isinstance(self.answers_to, list) or not all(isinstance(name, str) for name in self.answers_to):
            raise ValidationError({"answers_to": 'Write a list of names, such as ["gpt-4*"].'})
