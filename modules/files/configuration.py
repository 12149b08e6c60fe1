"""`.xopt/xopt-<module>.toml`: a project's values for one module."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from modules.files import toml
from xoptweb.errors import Invalid

PREFIX, ENDING = "xopt-", ".toml"
TABLES = ("tunables", "configurables")


@dataclass(frozen=True)
class Configuration:
    tunables: dict[str, Any] = field(default_factory=dict)
    configurables: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tunables or self.configurables)


def parse(text: str, file: str) -> Configuration:
    """Raises Invalid: it is no TOML, or holds anything but the two tables."""
    content = toml.loads(text, file)
    for name, table in content.items():
        if name not in TABLES or not isinstance(table, dict):
            reason = f"“{name}” is neither [tunables] nor [configurables]."
            raise Invalid(f"{file}: {reason}", fields={file: reason})
    return Configuration(content.get("tunables", {}), content.get("configurables", {}))


def written(configuration: Configuration, file: str) -> str:
    content = {"tunables": configuration.tunables, "configurables": configuration.configurables}
    return toml.dumps({name: table for name, table in content.items() if table}, file)


def is_one(file: str) -> bool:
    return file.startswith(PREFIX) and file.endswith(ENDING)


def file_name(module: str, others: Collection[str]) -> str:
    """The file of `module` in a project that has `others` too: without its namespace, unless that is ambiguous."""
    short = module.partition("/")[2]
    clash = any(other != module and short in _stems(other) for other in others)
    return f"{PREFIX}{module.replace('/', '-') if clash else short}{ENDING}"


def module_of(file: str, modules: Collection[str]) -> str:
    """Which of the project's modules a file is about.

    Raises:
        Invalid: none of them, or more than one.
    """
    stem = file.removeprefix(PREFIX).removesuffix(ENDING)
    exact = [name for name in modules if name.replace("/", "-") == stem]
    found = [name for name in modules if stem in _stems(name)]
    chosen = found if len(found) == 1 else exact
    if len(chosen) == 1:
        return chosen[0]
    reason = f"it could be any of {', '.join(sorted(found))}" if found else "the project has no such module"
    raise Invalid(f"{file}: {reason}.", fields={file: f"{reason[0].upper()}{reason[1:]}."})


def _stems(module: str) -> tuple[str, str]:
    return module.partition("/")[2], module.replace("/", "-")


def files_of(configurations: Mapping[str, Configuration], modules: Collection[str]) -> dict[str, str]:
    """The texts of all files of a project, by file name."""
    found = {}
    for module, configuration in configurations.items():
        if configuration:
            file = file_name(module, modules)
            found[file] = written(configuration, file)
    return found
