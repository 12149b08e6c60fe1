"""The four people of the tests' small world, each in the group that gives them their rights."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xoptweb.accounts.models import User

PASSWORD = "correct horse battery staple"


@cache
def password_hash() -> str:
    """One for all of them."""
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


def person(username: str, role: str) -> User:
    from django.contrib.auth.models import Group

    from xoptweb.accounts.models import User
    from xoptweb.accounts.roles import ROLES

    user = User.objects.create(username=username, password=password_hash(), is_staff=ROLES[role].staff)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def olga(db: None) -> User:
    return person("olga", "operator")


@pytest.fixture
def peter(db: None) -> User:
    return person("peter", "physicist")


@pytest.fixture
def ada(db: None) -> User:
    return person("ada", "administrator")


@pytest.fixture
def vera(db: None) -> User:
    return person("vera", "observer")
