"""Why a package cannot be used."""

from xoptweb.errors import Invalid


class PackageError(Invalid):
    """`field` is the part that is wrong: `archive`, `name`, `version`, `engine`, `dependencies`, `tunables`, …"""

    code = "package"

    def __init__(self, message: str, field: str = "archive") -> None:
        super().__init__(message, fields={field: message})
        self.field = field
