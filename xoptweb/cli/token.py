"""`xoptweb token`."""

import argparse
import sys

from xoptweb.cli import django_setup

SCOPES = ("read", "campaigns", "modules", "stop", "assistant", "code")


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    issue = actions.add_parser("issue", help="make a token; its secret is printed once")
    issue.add_argument("user", help="account as which the program will act")
    issue.add_argument("--name", required=True, help="what the token is for")
    issue.add_argument("--scope", action="append", required=True, choices=SCOPES, help="what it may do; repeatable")
    issue.add_argument("--days", type=int, default=90, help="how long it is valid (default: 90)")
    actions.add_parser("list", help="show the tokens that are valid, without their secrets")
    revoke = actions.add_parser("revoke", help="end a token now")
    revoke.add_argument("number", type=int, help="number of the token, as `list` shows it")


def run(options: argparse.Namespace) -> int:
    django_setup.prepare(acts=False)
    return {"issue": issue, "list": show, "revoke": revoke}[options.action](options)


def issue(options: argparse.Namespace) -> int:
    from xoptweb.accounts import tokens
    from xoptweb.accounts.models import User
    from xoptweb.actors import Actor
    from xoptweb.errors import NotFound

    user = User.objects.filter(username=options.user).first()
    if user is None:
        raise NotFound(f"There is no account “{options.user}”.")
    by = Actor(user=None, via="cli", name="token")
    _, secret = tokens.issue(user, options.name, options.scope, options.days, by)
    sys.stdout.write(f"{secret}\nThis is shown once; only its hash is stored.\n")
    return 0


def show(options: argparse.Namespace) -> int:
    from django.utils import timezone

    from xoptweb.accounts.models import ApiToken

    valid = ApiToken.objects.filter(revoked_at=None, expires_at__gt=timezone.now()).select_related("user")
    for token in valid:
        scopes = ",".join(token.scopes)
        ends = f"{token.expires_at:%Y-%m-%d}"
        sys.stdout.write(
            f"{token.pk:>5}  {token.prefix}…  {token.user.username}  {scopes}  until {ends}  {token.name}\n"
        )
    return 0


def revoke(options: argparse.Namespace) -> int:
    from xoptweb.accounts import tokens
    from xoptweb.accounts.models import ApiToken
    from xoptweb.actors import Actor
    from xoptweb.errors import NotFound

    token = ApiToken.objects.filter(pk=options.number).first()
    if token is None:
        raise NotFound(f"There is no token {options.number}.")
    tokens.revoke(token, Actor(user=None, via="cli", name="token"))
    sys.stdout.write(f"The token “{token.name}” is revoked.\n")
    return 0
