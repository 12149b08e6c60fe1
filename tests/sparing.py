"""What costs much processor time and is no test's subject, made cheap in the process of the tests.

The processes that tests start (a whole house, a command) do it all as the product does.
"""

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Redirect, StaticFile

ROUNDS = 1000  # Django's own million takes a quarter of a second at every login

_find_files = WhiteNoiseMiddleware.add_files_from_finders
_found: dict[str, StaticFile | Redirect] = {}


def install() -> None:
    PBKDF2PasswordHasher.iterations = ROUNDS
    WhiteNoiseMiddleware.add_files_from_finders = _add_found_files


def _add_found_files(middleware: WhiteNoiseMiddleware) -> None:
    """Each test's client has a middleware of its own, and each would look for hundreds of static files."""
    if not _found:
        _find_files(middleware)
        _found.update(middleware.files)
    middleware.files.update(_found)
