"""The first accounts of a new installation, whose generated passwords are told once and stored as hashes only."""

import secrets
from dataclasses import dataclass

from django.db.models import Q

from xoptweb.accounts import people
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system

SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in "aeiou"]
WORD_SYLLABLES, WORDS = 3, 4


@dataclass(frozen=True)
class Login:
    """A password in clear, to be shown and forgotten."""

    title: str
    username: str
    password: str


def first_accounts(*, demo: bool) -> list[Login]:
    """An administrator and, for the demo, one who operates and one who approves; nothing where anybody administers.

    The administrator comes last: a start that was broken off before is done again, with new passwords.
    """
    if User.objects.filter(Q(is_superuser=True) | Q(groups__name=people.ADMINISTRATOR)).exists():
        return []
    by = system("first start")
    accounts = [("operator", "olga", "operator"), ("approver", "peter", "physicist")] if demo else []
    accounts.append(("administrator", "admin", people.ADMINISTRATOR))
    return [first(username, role, title=title, by=by) for title, username, role in accounts]


def first(username: str, role: str, *, title: str, by: Actor) -> Login:
    """The account, made now or by a first start that was broken off."""
    user = User.objects.filter(username=username).first()
    if user is None:
        return create(username, role, title=title, by=by)
    password = generate()
    people.set_password(user, password, by=by)
    return Login(title, username, password)


def create(username: str, role: str, *, title: str, by: Actor) -> Login:
    """A person in the group of `role`, with a generated password.

    Raises:
        Invalid: the name is taken or malformed.
    """
    password = generate()
    people.create(username, roles=[role], by=by, password=password)
    return Login(title, username, password)


def generate() -> str:
    """A password of 76 bits that can be read aloud and typed: four words of three syllables."""
    words = ["".join(secrets.choice(SYLLABLES) for _ in range(WORD_SYLLABLES)) for _ in range(WORDS)]
    return "-".join(words)


def told(logins: list[Login]) -> str:
    lines = ["", "These passwords are shown once. Only their hashes are stored.", ""]
    lines += [f"    {login.title:14} {login.username:8} {login.password}" for login in logins]
    return "\n".join([*lines, "", ""])
