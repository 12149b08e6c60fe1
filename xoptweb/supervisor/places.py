"""Where the supervisor keeps its own files below the home directory."""

from dataclasses import dataclass
from pathlib import Path

from xoptweb.config import Config


@dataclass(frozen=True)
class Places:
    """All paths are absolute. `run` holds what is only true while the stack runs, `logs` one file per process."""

    home: Path
    run: Path
    logs: Path
    socket: Path

    @property
    def configuration(self) -> Path:
        return self.run / "supervisord.conf"

    @property
    def machines(self) -> Path:
        """One supervisord file per machine."""
        return self.run / "machines"

    @property
    def lock(self) -> Path:
        return self.run / "supervisor.lock"

    @property
    def prepared(self) -> Path:
        """What the last `xoptweb setup` prepared; see `xoptweb.supervisor.prepared`."""
        return self.run / "prepared.json"


def places(config: Config) -> Places:
    """Make the directories, closed to others, and say where they are."""
    home = config.home.resolve()
    found = Places(home=home, run=home / "run", logs=home / "logs", socket=config.broker_socket.parent / "house.sock")
    for directory in (found.run, found.logs, found.machines, found.socket.parent):
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)
    return found
