"""Whether a websocket was opened by a page of ours."""

from collections.abc import Collection

from django.conf import settings
from django.http.request import split_domain_port, validate_host

LOCAL = ["localhost", "127.0.0.1", "[::1]"]


def is_ours(origin: str, host: str, secure: bool, trusted: Collection[str] = ()) -> bool:
    """Whether `origin` is the site at `host` (both as the headers have them), or one of the trusted origins.

    `host` must be one that this site answers to: a name that somebody else points at us has the same origin too.
    """
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS or LOCAL):
        return False
    return origin in trusted or origin == f"{'https' if secure else 'http'}://{host}"
