"""Issuing, checking and revoking API tokens."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import SCOPES, require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Invalid, NotAllowed
from xoptweb.transactions import transaction

PREFIX = "xw_"
SHOWN = 8  # characters of a secret by which people recognise it
SECRET_BYTES = 32
LONGEST_DAYS = 366
LONGEST_NAME = 80
LONGEST_SECRET = 100
USED_EVERY = timedelta(minutes=1)


def issue(user: User, name: str, scopes: Iterable[str], days: int, by: Actor) -> tuple[ApiToken, str]:
    """Make a token by which a program acts as `user`. The secret is returned once and never stored.

    Raises:
        Invalid: no name, no or unknown scopes, or a life that is not 1 to 366 days.
        NotAllowed: `by` is a program, or may not administer and the token is for somebody else.
    """
    _require_owner(by, user)
    wanted = sorted(set(scopes))
    if fields := _wrong(name.strip(), wanted, days):
        raise Invalid("This token can't be made.", fields=fields)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with transaction("a token is made and audited at once"):
        token = ApiToken.objects.create(
            user=user,
            name=name.strip(),
            prefix=secret[:SHOWN],
            digest=digest_of(secret),
            scopes=wanted,
            expires_at=timezone.now() + timedelta(days=days),
        )
        after = {"user": user.get_username(), "scopes": wanted, "expires_at": token.expires_at}
        record(by, "token.issued", token, after=after)
    return token, secret


def _wrong(name: str, scopes: list[str], days: int) -> dict[str, str]:
    fields = {}
    if not name or len(name) > LONGEST_NAME:
        fields["name"] = f"A name of at most {LONGEST_NAME} characters is needed."
    if not scopes or any(scope not in SCOPES for scope in scopes):
        fields["scopes"] = f"Choose some of {', '.join(SCOPES)}."
    if not 1 <= days <= LONGEST_DAYS:
        fields["days"] = f"A token lives 1 to {LONGEST_DAYS} days."
    return fields


def authenticate(secret: str) -> ApiToken:
    """The token of that secret, with its user.

    Raises:
        NotAllowed: with code token_unknown, token_revoked, token_expired or account_inactive.
    """
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(secret[:LONGEST_SECRET])).first()
    if token is None:
        raise NotAllowed("This token is not known.", code="token_unknown")
    _require_valid(token)
    if token.last_used_at is None or token.last_used_at < timezone.now() - USED_EVERY:
        _note_use(token)
    return token


def as_it_is_now(token_id: int | None) -> ApiToken:
    """The token by which something was asked for that is done later: one that is not valid any more asks for nothing.

    Raises:
        NotAllowed: as `authenticate`, where its row is gone too.
    """
    rows = ApiToken.objects.select_related("user")
    token = rows.filter(pk=token_id).first() if token_id is not None else None
    if token is None:
        raise NotAllowed("The token by which this was asked for is gone.", code="token_unknown")
    _require_valid(token)
    return token


def held_to(token_id: int | None) -> ApiToken | None:
    """The token that bounds what is done later than it was asked for; None where a person asked.

    Raises:
        NotAllowed: as `as_it_is_now`.
    """
    return as_it_is_now(token_id) if token_id is not None else None


def _require_valid(token: ApiToken) -> None:
    if token.revoked_at is not None:
        raise NotAllowed(f"The token “{token.name}” was revoked.", code="token_revoked")
    if token.expires_at <= timezone.now():
        raise NotAllowed(f"The token “{token.name}” has expired.", code="token_expired")
    if not token.user.is_active:
        raise NotAllowed(f"The account of the token “{token.name}” is not active.", code="account_inactive")


def _note_use(token: ApiToken) -> None:
    """Remember the use, at most once a minute however many processes see it."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
    ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    token.last_used_at = now


def revoke(token: ApiToken, by: Actor) -> None:
    """End a token now. Revoking it again changes nothing.

    Raises:
        NotAllowed: it is somebody else's, and `by` may not administer.
    """
    _require_owner(by, token.user)
    with transaction("a token is revoked and audited at once"):
        now = timezone.now()
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
            token.revoked_at = now
            record(by, "token.revoked", token, after={"user": token.user.get_username()})


def _require_owner(by: Actor, user: User) -> None:
    if by.token:
        raise NotAllowed("A token can't make or revoke tokens; log in for that.")
    if by.user != user or user.is_service:
        require(by, "administer")


def digest_of(secret: str) -> str:
    """SHA-256 as hex. The secret has 256 random bits, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
