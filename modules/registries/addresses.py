"""Which addresses registries may have."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from xoptweb.errors import Invalid


def check_address(url: str) -> None:
    """Raises Invalid: only `file://` and `https://` are addresses of registries, and `http://` on this host."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and _loopback(parts.hostname or ""):
        return
    reason = f"“{url[:200]}” is neither file:///directory nor https://address."
    raise Invalid(reason, fields={"url": reason})


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
