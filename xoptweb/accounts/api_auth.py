"""How a program or a page proves to the API who it is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBasicAuth, HttpBearer

from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken, User
from xoptweb.errors import NotAllowed


def token_of(secret: str) -> ApiToken | None:
    """The token, or None where the secret is not a valid one: the API answers 401 then."""
    try:
        return tokens.authenticate(secret)
    except NotAllowed:
        return None


class TokenBearer(HttpBearer):
    """`Authorization: Bearer xw_…`"""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        return token_of(token.strip())


class TokenBasic(HttpBasicAuth):
    """HTTP Basic with the token as the password, for programs that know nothing else; the name is not looked at."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> ApiToken | None:
        return token_of(password)


class LoggedIn(APIKeyCookie):
    """A page of ours: the session cookie, and for anything that changes something the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def _get_key(self, request: HttpRequest) -> str | None:
        if "Authorization" in request.headers or self.param_name not in request.COOKIES:
            return None
        return super()._get_key(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = request.user
        return user if key and isinstance(user, User) and user.is_active and not user.is_service else None


api_auth = [TokenBearer(), TokenBasic(), LoggedIn()]
"""What `NinjaAPI(auth=…)` takes. `request.auth` becomes the token, or the user of the session."""
