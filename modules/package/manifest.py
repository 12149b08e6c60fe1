"""What a package says of itself: `xopt.yaml` in both its forms, with what the module needs from Python."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import yaml

from modules.package import dependencies, engine
from modules.package.errors import PackageError
from modules.package.names import Reference, checked_name, checked_version, shown
from modules.package.values import plain

FILE = "xopt.yaml"
PYPROJECT = "pyproject.toml"
REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class Manifest:
    """Of `engine_file` and `engine_ref` exactly one is set; `code_file` is the module's own code, when it has some."""

    name: str
    version: str
    engine_file: str | None = None
    engine_ref: str | None = None
    tunables: dict[str, Any] = field(default_factory=dict)
    configurables: dict[str, Any] = field(default_factory=dict)
    requires_python: str = ""
    dependencies: tuple[str, ...] = ()
    code_file: str | None = None
    description: str = ""

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.version}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"dependencies": list(self.dependencies)}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Self:
        return cls(**given | {"dependencies": tuple(given["dependencies"])})


def parse(
    text: str, files: Iterable[str], *, pyproject: str | None = None, requirements: str | None = None
) -> Manifest:
    """`text` is `xopt.yaml`; `files` are the names of all files of the package, relative to its root.

    Raises:
        PackageError: something in it is wrong; its `field` says what.
    """
    stated = _stated(_loaded(text))
    name, version = checked_name(stated.get("name")), checked_version(stated.get("version"))
    runs = engine.of(stated.get("engine"), name, files)
    if runs.reference == Reference(name, version):
        raise PackageError("The module names itself as its engine.", "engine")
    needs = dependencies.of(pyproject, requirements)
    return Manifest(
        name=name,
        version=version,
        engine_file=runs.file,
        engine_ref=str(runs.reference) if runs.reference else None,
        tunables=plain(stated.get("tunables"), "tunables"),
        configurables=plain(stated.get("configurables"), "configurables"),
        requires_python=needs.requires_python,
        dependencies=needs.requirements if runs.file else (),
        code_file=runs.file,
        description=_description(stated, needs),
    )


def _loaded(text: str) -> dict[object, object]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PackageError(f"{FILE} cannot be read: {error}", FILE) from None
    except (RecursionError, ValueError, TypeError) as error:
        raise PackageError(f"{FILE} cannot be read: {shown(str(error))}", FILE) from None
    if not isinstance(content, dict) or not content:
        raise PackageError(f"{FILE} is empty, or is not a mapping of names to values.", FILE)
    return content


def _stated(content: dict[object, object]) -> dict[object, object]:
    """The new form as it is; the legacy form, one key `ns/name@version`, turned into it."""
    if "name" in content or "version" in content:
        return content
    if len(content) != 1:
        raise PackageError(f"{FILE} has neither “name” and “version” nor a single key “namespace/name@version”.", FILE)
    ((title, below),) = content.items()
    if not isinstance(title, str) or "@" not in title:
        raise PackageError(f"The key {shown(title)} of {FILE} is not “namespace/name@version”.", "name")
    if below is not None and not isinstance(below, dict):
        raise PackageError(f"Under {shown(title)}, {FILE} has no mapping of names to values.", FILE)
    name, _, version = title.partition("@")
    return {**(below or {}), "name": name, "version": version}


def _description(stated: dict[object, object], needs: dependencies.Needs) -> str:
    own = stated.get("description")
    return (own if isinstance(own, str) else needs.description).strip()
