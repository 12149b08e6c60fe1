"""Slowing down those who guess passwords. Counted in the database, so that all processes count together."""

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from xoptweb.accounts.models import LoginFailure

WINDOW = timedelta(minutes=5)
MOST_PER_LOGIN = 10  # wrong passwords for one name from one address within WINDOW
MOST_PER_ADDRESS = 100  # for any name
LONGEST_NAME = 150
FORGET = 200  # rows, so that forgetting never takes long

MESSAGE = "Too many wrong passwords. Wait five minutes, then try again."


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")[:45]


def blocked(username: str, address: str) -> bool:
    """Whether no password is looked at for now, right or wrong."""
    recent = LoginFailure.objects.filter(address=address, at__gt=timezone.now() - WINDOW)
    return recent.filter(username=_name(username)).count() >= MOST_PER_LOGIN or recent.count() >= MOST_PER_ADDRESS


def failed(username: str, address: str) -> None:
    """Count a wrong password, and forget some of those that no longer count."""
    LoginFailure.objects.create(username=_name(username), address=address)
    old = LoginFailure.objects.filter(at__lt=timezone.now() - WINDOW).values_list("pk", flat=True)[:FORGET]
    LoginFailure.objects.filter(pk__in=list(old)).delete()


def succeeded(username: str, address: str) -> None:
    LoginFailure.objects.filter(username=_name(username), address=address).delete()


def _name(username: str) -> str:
    return username.strip().casefold().replace("\x00", "")[:LONGEST_NAME]
