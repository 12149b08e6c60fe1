"""Administrators and tokens from a terminal."""

import re

import pytest
from django.contrib.auth import authenticate

from tests.cli.commands import xoptweb
from xoptweb.accounts import tokens
from xoptweb.accounts.models import User
from xoptweb.errors import NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)


def test_create_admin_prints_a_password_that_works() -> None:
    done = xoptweb("create-admin", "grace")
    found = re.search(r"administrator +grace +(\S+)", done.stdout)
    assert found, done.stderr
    user = authenticate(username="grace", password=found[1])
    assert user is not None
    assert user.has_perm("accounts.administer")


def test_a_taken_name_is_told_with_its_field(ada: User) -> None:
    done = xoptweb("create-admin", "ada")
    assert done.returncode == 1
    assert re.search(r"can't be made.*\n +username: ", done.stderr)


def test_a_token_is_issued_listed_and_revoked(olga: User) -> None:
    issued = xoptweb("token", "issue", "olga", "--name", "script", "--scope", "read", "--days", "7")
    secret = issued.stdout.splitlines()[0]
    token = tokens.authenticate(secret)
    assert (token.user, token.scopes) == (olga, ["read"])
    listed = xoptweb("token", "list").stdout
    assert re.search(rf"{token.pk} +{token.prefix}… +olga +read +until .* script", listed)
    assert secret not in listed
    assert xoptweb("token", "revoke", str(token.pk)).returncode == 0
    with pytest.raises(NotAllowed, match="revoked"):
        tokens.authenticate(secret)


def test_a_token_for_nobody_is_refused() -> None:
    done = xoptweb("token", "issue", "nobody", "--name", "x", "--scope", "read")
    assert done.returncode == 1
    assert "There is no account “nobody”" in done.stderr
