"""The one registry of generators. Families register themselves; nothing here knows any of them."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from optimizer.generators.base import Engine
from optimizer.generators.catalogue import effective
from optimizer.generators.options import Option
from xoptweb.errors import Invalid

if TYPE_CHECKING:
    from optimizer.configuration import Configuration


class Family:
    """What a family adds to what Xopt's class of the same `name` says: how to build the engine; which of the class's
    options are offered (`shown`, dotted where nested); defaults and bounds that suit a control room (`adjust`, by
    option); options of its `own`; whether it `explores` without learning."""

    def __init__(self, name: str, title: str, engine: type[Engine], *, summary: str, shown: tuple[str, ...] = (),
                 adjust: dict[str, dict[str, Any]] | None = None, own: tuple[Option, ...] = (),
                 explores: bool = False) -> None:  # fmt: skip
        self.name = name
        self.title = title
        self.engine = engine
        self.summary = summary
        self.shown = shown
        self.adjust = adjust or {}
        self.own = own
        self.explores = explores


_families: dict[str, Family] = {}


def register(family: Family) -> None:
    """Make a generator known under its name."""
    if family.name in _families:
        raise ValueError(f"generator {family.name} is registered twice")
    _families[family.name] = family


@lru_cache(maxsize=1)
def _discover() -> None:
    from optimizer.generators import families

    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")


def all_families() -> dict[str, Family]:
    """Every registered generator, by name. Importing them does not import Xopt."""
    _discover()
    return dict(sorted(_families.items()))


def build(configuration: "Configuration") -> Engine:
    """The engine that `configuration` names. Imports Xopt: only the control worker calls this.

    Raises:
        Invalid: there is no such generator, or an option does not suit it.
    """
    families = all_families()
    if configuration.generator not in families:
        raise Invalid(
            f"There is no generator “{configuration.generator}”.", fields={"generator": "choose one of the list"}
        )
    effective(configuration.generator, configuration.options)
    maker: Callable[[Configuration], Engine] = families[configuration.generator].engine
    return maker(configuration)


def preload() -> None:
    """Import Xopt and the models of every registered generator, before a worker forks: its children share them.

    It takes about two seconds, and starts no thread.
    """
    from xopt.generators import get_generator

    for name in all_families():
        get_generator(name)
