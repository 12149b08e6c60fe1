"""Who opened a websocket, and what that one may follow."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import parse_cookie

from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import allowed
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed
from xoptweb.live.access import may_follow

BEARER = "bearer "


@dataclass(frozen=True)
class Identity:
    user: User
    token: ApiToken | None

    def may(self, name: str) -> bool:
        """Whether they may follow that stream or topic now; a token also needs a scope for reading."""
        reads = self.token is None or allowed(Actor(self.user, "api", self.token), "view_machine")
        return reads and may_follow(self.user, name)


def identify(headers: dict[str, str]) -> Identity | None:
    """Who the headers of the handshake prove to be, as the database has it now; None for nobody."""
    authorization = headers.get("authorization", "")
    if authorization:
        return _by_token(authorization)
    key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
    return _by_session(key) if key else None


def _by_token(authorization: str) -> Identity | None:
    if not authorization.lower().startswith(BEARER):
        return None
    try:
        token = tokens.authenticate(authorization[len(BEARER) :].strip())
    except NotAllowed:
        return None
    return Identity(token.user, token)


def _by_session(key: str) -> Identity | None:
    request: Any = SimpleNamespace(session=SessionStore(key))
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active or user.is_service:
        return None
    return Identity(user, None)
