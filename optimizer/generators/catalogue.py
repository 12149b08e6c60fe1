"""What generators can do and which options they have, known without importing Xopt."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from optimizer.generators.options import Option
from xoptweb.errors import Invalid

PATH = Path(__file__).with_name("catalogue.json")


class Entry(BaseModel):
    """One generator. `noise`: it models measurement noise. `explores`: it does not need an objective to be useful."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    summary: str
    constraints: bool
    single_objective: bool
    multi_objective: bool
    noise: bool
    explores: bool
    options: list[Option]

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)


class Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    xopt: str
    generators: list[Entry]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The generated catalogue that lies beside this file."""
    return Catalogue.model_validate(json.loads(PATH.read_text()))


def generators() -> list[Entry]:
    """Every generator that can be chosen."""
    return catalogue().generators


def entry(name: str) -> Entry:
    """One generator.

    Raises:
        Invalid: there is none of that name.
    """
    for each in generators():
        if each.name == name:
            return each
    known = ", ".join(each.name for each in generators())
    raise Invalid(f"There is no generator “{name}”.", fields={"generator": f"must be one of {known}"})


def problems(name: str, options: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with options of a known generator, by option; empty when they suit."""
    known = entry(name)
    faults: dict[str, str] = {}
    for key, value in options.items():
        option = known.option(key)
        reason = f"{name} has no such option" if option is None else option.problem(value)
        if reason:
            faults[key] = reason
    return faults


def effective(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Every option with the value it will have: the given one, or the control room's default.

    Raises:
        Invalid: an option is unknown or its value does not suit.
    """
    faults = problems(name, options)
    if faults:
        raise Invalid(
            "Options do not suit the generator.", fields={f"options.{key}": why for key, why in faults.items()}
        )
    return {option.name: options.get(option.name, option.default) for option in entry(name).options}
