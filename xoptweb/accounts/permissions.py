"""May this actor do that? Asked by every service, never by a template alone."""

from datetime import timedelta

from django.utils import timezone

from xoptweb.accounts.models import User
from xoptweb.accounts.roles import PERMISSIONS
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import ConfirmationNeeded, NotAllowed

SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset({"view_machine", "view_audit"}),
    "campaigns": frozenset({"run_campaigns", "view_machine", "view_audit"}),
    "modules": frozenset({"install_modules", "run_modules", "edit_tunables", "view_machine"}),
    "stop": frozenset({"stop"}),
    "assistant": frozenset({"view_machine"}),
    "code": frozenset({"run_code"}),
}
PEOPLE_ONLY = frozenset({"decide", "arm", "administer"})


def require(by: Actor, permission: str) -> None:
    """Return when `by` may do it; parts of xoptweb itself may do everything.

    Raises:
        NotAllowed: the account is inactive, has no such permission, or acts by a token that doesn't reach so far.
    """
    if reason := _refusal(by, permission):
        raise NotAllowed(reason)


def require_scope(by: Actor, scope: str) -> None:
    """Return when `by` is a person, a part of xoptweb itself, or a token that has this scope.

    Raises:
        NotAllowed: the token does not have it.
    """
    if by.token and scope not in by.token.scopes:
        raise NotAllowed(f"The token “{by.token.name}” does not have the scope “{scope}”.", code="scope_missing")


def allowed(by: Actor, permission: str) -> bool:
    return not _refusal(by, permission)


def _refusal(by: Actor, permission: str) -> str:
    """Why not, for a person; empty when `by` may."""
    if permission not in PERMISSIONS:
        raise ValueError(f"there is no permission “{permission}”")
    if by.user is None:
        return ""
    if not by.user.is_active:
        return f"The account {by.label} is not active."
    if (by.user.is_service or by.token) and permission in PEOPLE_ONLY:
        return f"“{permission}” is for people who log in; {by.label} acts as a program."
    if by.token and not any(permission in SCOPES.get(scope, ()) for scope in by.token.scopes):
        return f"The token “{by.token.name}” has no scope for “{permission}”."
    if not by.user.has_perm(f"accounts.{permission}"):
        return f"{by.label} does not have the permission “{permission}”."
    return ""


def person(by: Actor) -> User:
    """The one who acts.

    Raises:
        NotAllowed: it is a part of xoptweb itself.
    """
    if by.user is None:
        raise NotAllowed(f"This is for people; {by.label} is a program.")
    return by.user


def require_confirmed(by: Actor) -> None:
    """Return when a person gave the password not longer ago than `config().reauthenticate_s`.

    Raises:
        ConfirmationNeeded: it is longer ago.
        NotAllowed: `by` is no person who is logged in.
    """
    if by.user is None or by.token or by.user.is_service:
        raise NotAllowed(f"This is for people who log in; {by.label} acts as a program.")
    oldest = timezone.now() - timedelta(seconds=config().reauthenticate_s)
    if by.confirmed_at is None or by.confirmed_at < oldest:
        raise ConfirmationNeeded("Give your password again to go on.")
