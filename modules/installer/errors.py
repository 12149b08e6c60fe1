"""Why a module cannot be installed."""

from xoptweb.errors import Problem


class InstallError(Problem):
    """The message says what is missing and where to look; what was installed before still is."""

    status, code = 422, "install"
