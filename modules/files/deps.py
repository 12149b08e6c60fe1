"""`.xopt/deps.toml`: what a project depends on, and from where."""

from dataclasses import dataclass, field
from typing import Any

from modules.files import toml
from modules.package import PackageError, checked_name
from modules.services.finding import specifier
from xoptweb.errors import Invalid

FILE = "deps.toml"
TABLES = ("modules", "sources", "registries")


@dataclass(frozen=True)
class Deps:
    """Names of modules with their version or specifier, and paths; names of registries with their addresses."""

    modules: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    registries: dict[str, str] = field(default_factory=dict)


def parse(text: str) -> Deps:
    """Raises Invalid: it is no TOML, or something in it is not what it has to be; `fields` names each."""
    content = toml.loads(text, FILE)
    wrong = {name: "There is no such table." for name in content if name not in TABLES}
    wrong |= {name: "This is no table." for name in TABLES if not isinstance(content.get(name, {}), dict)}
    if wrong:
        raise _refusal(wrong)
    found = Deps()
    for name, requirement in content.get("modules", {}).items():
        wrong |= _module(name, requirement)
        found.modules[name] = str(requirement)
    for name, source in content.get("sources", {}).items():
        path = source.get("path") if isinstance(source, dict) and set(source) == {"path"} else None
        if not isinstance(path, str) or not path:
            wrong[f"sources.{name}"] = 'Write { path = "…" }.'
        elif name not in found.modules:
            wrong[f"sources.{name}"] = "The project does not depend on it; name it under [modules] too."
        found.sources[name] = str(path)
    for name, url in content.get("registries", {}).items():
        if not isinstance(url, str) or not url.startswith(("https://", "file://", "http://")):
            wrong[f"registries.{name}"] = "An address begins with https:// or file://."
        found.registries[name] = str(url)
    if wrong:
        raise _refusal(wrong)
    return found


def _module(name: str, requirement: Any) -> dict[str, str]:
    key = f"modules.{name}"
    try:
        checked_name(name)
    except PackageError as error:
        return {key: error.message}
    if not isinstance(requirement, str):
        return {key: 'A version is text, as in "1.2.0".'}
    try:
        specifier(requirement)
    except Invalid as error:
        return {key: error.message}
    return {}


def _refusal(wrong: dict[str, str]) -> Invalid:
    first = next(iter(wrong))
    return Invalid(f"{FILE}: {first}: {wrong[first]}", fields=wrong)


def written(deps: Deps) -> str:
    content: dict[str, Any] = {"modules": dict(deps.modules)}
    if deps.sources:
        content["sources"] = {name: {"path": path} for name, path in deps.sources.items()}
    if deps.registries:
        content["registries"] = dict(deps.registries)
    return toml.dumps(content, FILE)
