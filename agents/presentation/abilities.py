"""What the assistant can use for somebody, and what not, with the reason."""

from dataclasses import dataclass

from xoptweb.accounts.permissions import allowed
from xoptweb.actors import Actor
from xoptweb.tools import registry


@dataclass(frozen=True)
class Ability:
    name: str
    text: str


def can(by: Actor) -> list[Ability]:
    return [Ability(spec.name, spec.description) for spec in registry.offered(by)]


def cannot(by: Actor) -> list[Ability]:
    """Tools that are absent now, or that the person may not use."""
    found = []
    for spec in registry.specs():
        if spec.why_absent:
            found.append(Ability(spec.name, spec.why_absent))
        elif not allowed(by, spec.permission):
            found.append(Ability(spec.name, f"Needs the permission “{spec.permission}”, which you do not have."))
    return found
