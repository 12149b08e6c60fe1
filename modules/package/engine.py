"""Which code a module runs: a file of its own, or another module's."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from modules.package.errors import PackageError
from modules.package.names import Reference, shown

FIELD = "engine"
NOT_CODE = ("setup.py", "conftest.py")


@dataclass(frozen=True, slots=True)
class Engine:
    """Exactly one of the two is set. `file` is relative to the module's directory, with forward slashes."""

    file: str | None = None
    reference: Reference | None = None


def of(engine: object, name: str, files: Iterable[str]) -> Engine:
    """`engine` is what the manifest says, or None; `files` are the names of all files in the package.

    Raises:
        PackageError: nothing or more than one file could be meant, or the reference is not one.
    """
    present = set(files)
    if engine is None:
        return Engine(file=_only_code(name, sorted(present)))
    if not isinstance(engine, str):
        raise PackageError(f"engine is “./file.py” or “namespace/name@version”, not {shown(engine)}.", FIELD)
    if engine.startswith(("./", "/", "../")) or engine.endswith(".py"):
        return Engine(file=_file(engine, present))
    return Engine(reference=_reference(engine))


def _file(engine: str, present: set[str]) -> str:
    path = PurePosixPath(engine)
    file = str(path)
    if path.is_absolute() or ".." in path.parts:
        raise PackageError(f"The engine {shown(engine)} lies outside the module.", FIELD)
    if path.suffix != ".py" or file not in present:
        raise PackageError(f"The engine {shown(engine)} is not a Python file of the package.", FIELD)
    return file


def _reference(engine: str) -> Reference:
    try:
        reference = Reference.parse(engine)
    except PackageError as error:
        raise PackageError(f"The engine {shown(engine)}: {error.message}", FIELD) from None
    if reference.version is None:
        raise PackageError(f"The engine {shown(engine)} needs a version: “{reference.name}@1.0.0”.", FIELD)
    return reference


def _only_code(name: str, files: list[str]) -> str:
    found = [file for file in files if _is_code(file)]
    usual = {"main.py", "__init__.py", f"{name.partition('/')[2]}.py", f"{name.partition('/')[2].replace('-', '_')}.py"}
    candidates = found if len(found) == 1 else [file for file in found if file in usual] or found
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise PackageError("The package has no Python file in its root, and its xopt.yaml names no engine.", FIELD)
    listed = ", ".join(shown(file) for file in candidates[:5])
    raise PackageError(f'Any of {listed} could be the module\'s code. Say which: engine: "./{candidates[0]}".', FIELD)


def _is_code(file: str) -> bool:
    path = PurePosixPath(file)
    in_root = len(path.parts) == 1 and path.suffix == ".py"
    test = path.name.startswith("test_") or path.name.endswith("_test.py")
    return in_root and not test and path.name not in NOT_CODE and not path.name.startswith(".")
