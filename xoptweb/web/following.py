"""Which streams a page follows, and from which event on."""

from dataclasses import dataclass

from django.http import HttpRequest

from xoptweb.live.models import Stream

ATTRIBUTE = "_xoptweb_follows"


@dataclass(frozen=True)
class Following:
    """A stream, and the number of the last event that the page already shows."""

    name: str
    last: int


def follow(request: HttpRequest, *names: str) -> list[Following]:
    """Have the page follow these streams too; returns all that it follows.

    Call it before reading what the page shows: an event that comes in between is then shown twice, never missed.
    """
    known: dict[str, Following] = getattr(request, ATTRIBUTE, {})
    new = [name for name in names if name not in known]
    if new:
        last = dict(Stream.objects.filter(name__in=new).values_list("name", "last"))
        known |= {name: Following(name, last.get(name, 0)) for name in new}
        setattr(request, ATTRIBUTE, known)
    return list(known.values())
