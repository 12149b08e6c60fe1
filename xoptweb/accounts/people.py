"""Making and changing accounts."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q

from xoptweb.accounts.models import User
from xoptweb.accounts.permissions import require
from xoptweb.accounts.roles import ROLES
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, Invalid
from xoptweb.transactions import transaction

ADMINISTRATOR = "administrator"


def create(
    username: str,
    *,
    roles: Collection[str],
    by: Actor,
    password: str | None = None,
    service: bool = False,
    **names: str,
) -> User:
    """Make an account. A service account has no password and only acts by tokens; a person needs one to log in.

    Raises:
        NotAllowed: `by` may not administer.
        Invalid: the name is taken or malformed, a role is unknown, or the password is too weak.
    """
    require(by, "administer")
    user = User(username=username, is_service=service, **names)
    check(user, roles, active=True, service=service)
    _clean(user, password if not service else None)
    with transaction("an account is made with its roles and audited at once"):
        user.save()
        settle(user, roles, before=None, by=by)
    return user


def _clean(user: User, password: str | None) -> None:
    try:
        if password is not None:
            validate_password(password, user)
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.full_clean()
    except ValidationError as problem:
        fields = problem.message_dict if hasattr(problem, "error_dict") else {"password": problem.messages}
        text = {name: " ".join(messages) for name, messages in fields.items()}
        raise Invalid("This account can't be made.", fields=text) from problem


def change(user: User, *, by: Actor, roles: Collection[str] | None = None, active: bool | None = None) -> None:
    """Give an account other roles, or switch it off or on.

    Raises:
        NotAllowed: `by` may not administer.
        Invalid: a role is unknown, or not for service accounts.
        Conflict: nobody could administer any more.
    """
    require(by, "administer")
    before = describe(user)
    wanted = before["roles"] if roles is None else roles
    check(user, wanted, active=user.is_active if active is None else active, service=user.is_service)
    with transaction("an account changes, audited at once"):
        if active is not None:
            user.is_active = active
            user.save(update_fields=["is_active"])
        settle(user, wanted, before=before, by=by)


def settle(user: User, roles: Collection[str], *, before: dict[str, Any] | None, by: Actor) -> None:
    """Store the checked roles and what follows from them, and audit the difference. The account is saved already."""
    user.groups.set(Group.objects.filter(name__in=roles))
    user.is_staff = user.is_superuser or (not user.is_service and any(ROLES[name].staff for name in roles))
    if user.is_service:
        user.set_unusable_password()
    user.save(update_fields=["is_staff", "password"])
    after = describe(user)
    if before != after:
        record(by, "account.created" if before is None else "account.changed", user, before=before, after=after)


def check(user: User, roles: Collection[str], *, active: bool, service: bool) -> None:
    """Return when the account may become that.

    Raises:
        Invalid: a role is unknown, or not for service accounts.
        Conflict: nobody could administer any more.
    """
    if unknown := sorted(set(roles) - set(ROLES)):
        raise Invalid(f"There is no role {unknown[0]}.", fields={"groups": f"Choose some of {', '.join(ROLES)}."})
    if service and ADMINISTRATOR in roles:
        raise Invalid("A service account can't administer.", fields={"groups": "Not for a service account."})
    stays = active and not service and (ADMINISTRATOR in roles or user.is_superuser)
    if user.pk is not None and not stays and _administers(user) and not _others_administer(user):
        raise Conflict("Somebody has to be able to administer; this is the last one.", code="last_administrator")


def _others_administer(user: User) -> bool:
    others = User.objects.exclude(pk=user.pk).filter(is_active=True, is_service=False)
    return others.filter(Q(is_superuser=True) | Q(groups__name=ADMINISTRATOR)).exists()


def _administers(user: User) -> bool:
    """Whether the account could administer until now."""
    now = User.objects.filter(pk=user.pk, is_active=True, is_service=False)
    return now.filter(Q(is_superuser=True) | Q(groups__name=ADMINISTRATOR)).exists()


def set_password(user: User, password: str, *, by: Actor) -> None:
    """Change a password; people change their own, administrators everybody's. Other sessions of the account end.

    Raises:
        NotAllowed: it is somebody else's, and `by` may not administer.
        Invalid: it is too weak, or the account is a service account.
    """
    if by.user != user or by.token:
        require(by, "administer")
    if user.is_service:
        raise Invalid("A service account has no password.", fields={"password": "Issue a token instead."})
    _clean(user, password)
    with transaction("a password changes, audited at once"):
        user.save(update_fields=["password"])
        record(by, "account.password_changed", user)


def describe(user: User) -> dict[str, Any]:
    """An account as the audit log tells it."""
    return {
        "username": user.get_username(),
        "roles": sorted(user.groups.values_list("name", flat=True)),
        "active": user.is_active,
        "service": user.is_service,
    }
