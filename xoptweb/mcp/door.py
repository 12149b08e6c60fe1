"""`/mcp`: who may come in. What speaks the protocol is loaded with the first who may.

Only tokens open it, never the session of a page, so that no page elsewhere can use it by somebody's browser. A browser
of a page of ours may come with a token as well; the origin of any other is refused, and so is a host that is not ours.
"""

import json
import logging
from types import SimpleNamespace
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils.datastructures import CaseInsensitiveMapping

from xoptweb.accounts import tokens
from xoptweb.accounts.requests import correlation_of
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed, Problem
from xoptweb.live import origin
from xoptweb.tools import outside

logger = logging.getLogger(__name__)

BEARER = "bearer "
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refused(Exception):
    """The answer to who may not come in."""

    def __init__(self, status: int, code: str, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


async def door(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    try:
        headers = _headers(scope)
        _check_place(scope, headers)
        actor = await database_sync_to_async(_actor, thread_sensitive=False)(headers)
        _check_method(scope)
    except Refused as refused:
        await _refuse(send, refused)
        return
    from xoptweb.mcp import serving

    await serving.over_http(actor, scope, receive, send)


def _headers(scope: Any) -> CaseInsensitiveMapping[str]:
    return CaseInsensitiveMapping({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})


def _check_method(scope: Any) -> None:
    if scope["method"] != "POST":
        raise Refused(405, "post_only", "Post a message of the Model Context Protocol.", Allow="POST")


def _check_place(scope: Any, headers: CaseInsensitiveMapping[str]) -> None:
    """A name that somebody else points at this host would make a browser's page there count as one of ours."""
    host, secure = headers.get("host", ""), scope.get("scheme") == "https"
    ours = f"{'https' if secure else 'http'}://{host}"
    if not origin.is_ours(ours, host, secure):
        raise Refused(421, "wrong_host", "This host name is not served here; see XOPTWEB_ALLOWED_HOSTS.")
    given = headers.get("origin")
    if given is not None and not origin.is_ours(given, host, secure, settings.CSRF_TRUSTED_ORIGINS):
        raise Refused(403, "wrong_origin", "Pages of other sites can't use this.")


def _actor(headers: CaseInsensitiveMapping[str]) -> Actor:
    """The account of the token, with the token's scopes."""
    given = headers.get("authorization", "")
    known = {"WWW-Authenticate": 'Bearer realm="xoptweb"'}
    if not given.lower().startswith(BEARER):
        raise Refused(401, "login_needed", "Send a token: Authorization: Bearer xw_…", **known)
    try:
        token = tokens.authenticate(given[len(BEARER) :].strip())
    except NotAllowed as problem:
        raise Refused(401, problem.code, problem.message, **known) from None
    correlation = correlation_of(SimpleNamespace(headers=headers))
    actor = Actor(user=token.user, via="api", token=token, correlation=correlation)
    try:
        outside.check(actor)
    except Problem as problem:
        raise Refused(problem.status, problem.code, problem.message) from None
    return actor


async def _refuse(send: Any, refused: Refused) -> None:
    body = json.dumps({"code": refused.code, "detail": refused.detail}).encode()
    given = {"Content-Type": "application/json", "Content-Length": str(len(body)), **HEADERS, **refused.headers}
    headers = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
