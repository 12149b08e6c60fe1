"""constraints.txt is the set of versions that these tests ran with."""

import re
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from xoptweb.config import BASE_DIR

INSTALLERS = {"pip", "setuptools"}


def pinned() -> dict[str, str]:
    lines = (BASE_DIR / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def needed() -> set[str]:
    """Everything that the project and its extras bring, on this platform."""
    found: set[str] = set()
    waiting = [("xoptweb", extra) for extra in ("", "postgres", "test", "lint")]
    while waiting:
        name, extra = waiting.pop()
        for line in metadata.requires(name) or []:
            requirement = Requirement(line)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            known = str(canonicalize_name(requirement.name))
            if known not in found:
                found.add(known)
                waiting += [(known, wanted) for wanted in ("", *requirement.extras)]
    return found - {"xoptweb"}


def test_everything_that_is_needed_is_pinned_to_the_version_that_is_tested() -> None:
    pins = {str(canonicalize_name(name)): version for name, version in pinned().items()}
    assert needed() - INSTALLERS <= set(pins)
    installed = {name: re.sub(r"\+.*", "", metadata.version(name)) for name in needed() - INSTALLERS}
    assert {name: pins[name] for name in installed} == installed


def test_no_pin_names_a_build_of_one_machine() -> None:
    assert not [name for name, version in pinned().items() if "+" in version or "/" in version]
