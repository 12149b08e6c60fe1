"""The tools that a model is offered: those that the person it serves may use."""

from typing import Any

from agents.gateway.request import Offered
from xoptweb.actors import Actor
from xoptweb.tools import registry


def offered(by: Actor) -> list[Offered]:
    return [_offered(spec) for spec in registry.offered(by)]


def _offered(spec: registry.Spec) -> Offered:
    def check(arguments: dict[str, Any]) -> str:
        return "; ".join(f"{field}: {reason}" for field, reason in spec.faults(arguments).items())

    return Offered(spec.name, spec.description, spec.schema, check)
