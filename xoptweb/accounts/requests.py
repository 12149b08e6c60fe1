"""The actor behind an HTTP request."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from xoptweb import correlation
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor, Via
from xoptweb.errors import NotAllowed

CONFIRMED_AT = "confirmed_at"
CORRELATION_HEADER = "X-Correlation-ID"
LONGEST_CORRELATION = 100


def actor(request: HttpRequest) -> Actor:
    """Who acts: the owner of the token that authenticated the request, else who is logged in.

    Raises:
        NotAllowed: nobody is.
    """
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        return Actor(user=token.user, via="api", token=token, correlation=correlation_of(request))
    if not isinstance(request.user, User):
        raise NotAllowed("Log in first.", code="login_needed")
    via: Via = "api" if request.path.startswith("/api/") else "web"
    return Actor(user=request.user, via=via, confirmed_at=confirmed_at(request), correlation=correlation_of(request))


def confirmed_at(request: HttpRequest) -> datetime | None:
    """When the password was last given in this session."""
    text = request.session.get(CONFIRMED_AT)
    return datetime.fromisoformat(text) if text else None


def correlation_of(request: Any) -> str:
    """The id the caller gave in the header, else one made for this request and kept on it."""
    known: str | None = getattr(request, "_xoptweb_correlation", None)
    if known is None:
        given = request.headers.get(CORRELATION_HEADER, "")
        usable = given.isascii() and given.isprintable() and len(given) <= LONGEST_CORRELATION
        known = given if given and usable else correlation.new()
        request._xoptweb_correlation = known
    return known
