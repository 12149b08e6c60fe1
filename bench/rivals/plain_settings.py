"""Settings of a bare Django on the same database: no session, no login, no shell, no events."""

from xoptweb.settings import *  # noqa: F403

MIDDLEWARE = []
ROOT_URLCONF = "bench.rivals.plain_pages"
