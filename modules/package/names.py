"""The names and versions of modules: what is allowed, and how a reference is read."""

import re
from dataclasses import dataclass
from typing import Self

from packaging.version import InvalidVersion, Version

from modules.package.errors import PackageError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*", re.ASCII)
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]*", re.ASCII)
NAME_LENGTH = 100
VERSION_LENGTH = 50


def checked_name(name: object) -> str:
    """The name, when it is one.

    Raises:
        PackageError: it is not.
    """
    if not isinstance(name, str) or len(name) > NAME_LENGTH or not NAME.fullmatch(name):
        raise PackageError(
            f"{shown(name)} is not a module name. A name is “namespace/name”: small letters, digits, dots, dashes"
            f" and underscores, each part beginning with a letter or digit, at most {NAME_LENGTH} characters.",
            "name",
        )
    return name


def checked_version(version: object) -> str:
    """The version as it was written, when Python's packaging rules accept it.

    Raises:
        PackageError: they do not.
    """
    text = str(version) if isinstance(version, int | float) and not isinstance(version, bool) else version
    if isinstance(text, str) and len(text) <= VERSION_LENGTH and VERSION.fullmatch(text):
        try:
            Version(text)
        except InvalidVersion:
            pass
        else:
            return text
    raise PackageError(f"{shown(version)} is not a version. A version looks like “1.4.0” or “2.0rc1”.", "version")


def shown(value: object) -> str:
    """A value that someone else wrote, safe and short enough for a message."""
    text = value if isinstance(value, str) else repr(value)
    printable = "".join(c if c.isprintable() else "�" for c in text[:80])
    return f"“{printable}{'…' if len(text) > 80 else ''}”"


@dataclass(frozen=True, slots=True)
class Reference:
    """A module that is meant: a name, and a version when one is given."""

    name: str
    version: str | None = None

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read `ns/name`, `ns/name@version` or `ns/name:version`.

        Raises:
            PackageError: it is none of these.
        """
        if not isinstance(text, str):
            raise PackageError(f"{shown(text)} is not a module name.", "name")
        name, separator, version = text.partition("@" if "@" in text else ":")
        return cls(checked_name(name), checked_version(version) if separator else None)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}" if self.version else self.name
