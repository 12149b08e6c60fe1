"""Who acts: a person, a service account with a token, or a part of xoptweb itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from xoptweb.accounts.models import ApiToken, User

Via = Literal["web", "api", "cli", "system"]


@dataclass(frozen=True)
class Actor:
    """Passed to every service as `by`. `confirmed_at` is when the password was last given."""

    user: "User | None"
    via: Via = "system"
    token: "ApiToken | None" = None
    confirmed_at: datetime | None = None
    name: str = ""
    correlation: str = ""

    @property
    def label(self) -> str:
        return self.name or (self.user.get_username() if self.user else "system")


def system(name: str) -> Actor:
    """A part of xoptweb acting by its own rules, such as the watchdog or an expiry."""
    return Actor(user=None, via="system", name=name)
