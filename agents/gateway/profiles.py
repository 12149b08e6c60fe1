"""Which endpoint answers for a name: a profile's row, or the settings."""

import os
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase

from agents.gateway import hiding
from agents.models import ModelProfile
from xoptweb.config import config
from xoptweb.errors import Unavailable

SETTINGS = "settings"
NO_KEY = "none"  # local servers ask for none, the client insists on a string
KEY_OF_SETTINGS = "XOPTWEB_LLM_KEY"


@dataclass(frozen=True)
class Profile:
    """What a call needs to know of its endpoint; the key is read where it is used and kept nowhere."""

    name: str
    base_url: str
    model: str = ""
    key_variable: str = ""
    timeout_s: float = 60.0
    attempts: int = 3
    context_tokens: int = 16_000
    answer_tokens: int = 4000
    native_tools: bool = True
    structure: str = ModelProfile.Structure.PROMPT
    limit_parameter: str = ModelProfile.Limit.MAX_TOKENS
    sends_temperature: bool = True
    embeddings_model: str = ""
    price_in: float | None = None
    price_out: float | None = None
    concurrency: int = 4
    day_tokens: int | None = None
    day_cost: float | None = None
    user_day_tokens: int | None = None

    @property
    def key(self) -> str:
        return os.environ.get(self.key_variable, "") if self.key_variable else ""

    def cost(self, tokens_in: int, tokens_out: int) -> float | None:
        """US dollars; None while a price is unknown."""
        if self.price_in is None or self.price_out is None:
            return None
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6

    def hidden(self, text: str) -> str:
        """`text` without the key, should an endpoint repeat it."""
        return hiding.without(text, self.key)


def chosen(name: str = "") -> Profile:
    """The profile that answers for a name that a module or a person uses.

    In this order: the profile of that name, one that answers to it, one whose model it is, the default, the only one,
    the settings.

    Raises:
        Unavailable: `no_model`: nothing is configured.
    """
    rows = list(ModelProfile.objects.filter(enabled=True))
    for row in rows:
        if name and row.name == name:
            return of_row(row)
    for row in rows:
        if name and any(fnmatchcase(name, str(pattern)) for pattern in row.answers_to):
            return of_row(row)
    for row in rows:
        if name and row.model == name:
            return of_row(row)
    for row in rows:
        if row.default or len(rows) == 1:
            return of_row(row)
    if (own := of_settings()) is not None:
        return own
    raise Unavailable(
        "No model is configured: an administrator adds a model profile, or sets XOPTWEB_LLM_BASE_URL.", code="no_model"
    )


def configured() -> bool:
    """Whether any model can be asked."""
    return bool(config().llm_base_url) or ModelProfile.objects.filter(enabled=True).exists()


def of_row(row: ModelProfile) -> Profile:
    return Profile(**{field.name: getattr(row, field.name) for field in fields(Profile)})


def of_settings() -> Profile | None:
    """The endpoint that the settings name."""
    settings = config()
    if not settings.llm_base_url:
        return None
    return Profile(
        name=SETTINGS,
        base_url=settings.llm_base_url,
        model=settings.llm_model,
        key_variable=KEY_OF_SETTINGS,
        timeout_s=settings.llm_timeout_s,
        context_tokens=settings.llm_context_tokens,
        native_tools=settings.llm_native_tools,
        price_in=settings.llm_price_in,
        price_out=settings.llm_price_out,
        concurrency=settings.llm_concurrency,
        day_tokens=settings.llm_day_tokens or None,
        user_day_tokens=settings.llm_user_day_tokens or None,
    )
