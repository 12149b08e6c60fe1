"""What a module needs from Python: the interpreter, and the distributions it depends on."""

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from modules.package.errors import PackageError
from modules.package.names import shown

SDK_NAMES = ("xoptpy", "xoptweb-sdk")
FIELD = "dependencies"


@dataclass(frozen=True, slots=True)
class Needs:
    """`requires_python` is a PEP 440 specifier or empty; the SDK is never among the requirements."""

    requires_python: str = ""
    requirements: tuple[str, ...] = ()
    description: str = ""


def of(pyproject: str | None, requirements: str | None) -> Needs:
    """Read `pyproject.toml`, where there is one with a `[project]` table, else `requirements.txt`.

    Raises:
        PackageError: one of them cannot be read or asks for what is not allowed.
    """
    project = _project(pyproject) if pyproject is not None else None
    if project is None:
        return Needs(requirements=_kept(_lines(requirements or "")))
    listed = project.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(line, str) for line in listed):
        raise PackageError("pyproject.toml: [project].dependencies is a list of texts.", FIELD)
    if "dependencies" not in project and requirements:
        listed = _lines(requirements)
    return Needs(_python(project.get("requires-python", "")), _kept(listed), _text(project.get("description")))


def _project(pyproject: str) -> dict[str, Any] | None:
    try:
        content = tomllib.loads(pyproject)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PackageError(f"pyproject.toml cannot be read: {error}", FIELD) from None
    project = content.get("project")
    if project is not None and not isinstance(project, dict):
        raise PackageError("pyproject.toml: [project] is a table.", FIELD)
    return project


def _python(specifier: object) -> str:
    try:
        return str(SpecifierSet(str(specifier)))
    except InvalidSpecifier:
        raise PackageError(
            f"requires-python: {shown(specifier)} is not a version specifier such as “>=3.11”.", "requires_python"
        ) from None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _lines(requirements: str) -> list[str]:
    """The requirements of a `requirements.txt`; a line may go on after a backslash."""
    joined = requirements.replace("\\\n", " ")
    bare = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines())
    return [re.split(r"\s--hash", line)[0].strip() for line in bare if line]


def _kept(lines: list[str]) -> tuple[str, ...]:
    """The requirements without those that mean the SDK."""
    return tuple(str(wanted) for line in lines if (wanted := _requirement(line)) is not None)


def _requirement(line: str) -> Requirement | None:
    """None when the SDK is meant.

    Raises:
        PackageError: it is no requirement, an option of pip, or a path of the author's own machine.
    """
    if line.startswith("-"):
        raise PackageError(f"requirements.txt: the option {shown(line)} is not understood; list only packages.", FIELD)
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        raise PackageError(f"{shown(line)} is not a dependency such as “numpy>=2”.", FIELD) from None
    name = canonicalize_name(wanted.name)
    local = bool(wanted.url and wanted.url.lower().startswith("file:"))
    if name in SDK_NAMES or (name == "xopt" and local):
        return None
    if local:
        raise PackageError(f"{shown(line)} is a path of one machine; a module can only need published packages.", FIELD)
    return wanted
