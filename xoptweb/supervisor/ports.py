"""TCP ports: free ones, and those that are taken."""

import socket
from pathlib import Path

from xoptweb.errors import Conflict


def bindable(host: str, port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free(host: str) -> int:
    """A port that is free now for TCP and UDP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(50):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
            port = int(probe.getsockname()[1])
        if bindable(host, port, socket.SOCK_DGRAM):
            return port
    raise Conflict(f"There is no free port on {host}.", code="no_free_port")


def wanted(host: str, port: int) -> int:
    """The port to listen on; 0 takes a free one.

    Raises:
        Conflict: another program has it.
    """
    if port == 0:
        return free(host)
    if not bindable(host, port):
        message = (
            f"Port {port} of {host} is in use by another program, or not yours to use. "
            "Set XOPTWEB_PORT to another one; 0 takes a free one."
        )
        raise Conflict(message, code="port_in_use")
    return port


def kept(path: Path, host: str) -> int:
    """The port that `path` remembers, while it is free; else a new one, remembered."""
    try:
        port = int(path.read_text())
    except (FileNotFoundError, ValueError):
        port = 0
    if port and bindable(host, port) and bindable(host, port, socket.SOCK_DGRAM):
        return port
    port = free(host)
    path.write_text(str(port))
    return port
