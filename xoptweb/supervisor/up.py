"""`xoptweb up`: prepares the home, then runs the house until Ctrl-C."""

import os
import subprocess
import sys
import uuid
from contextlib import suppress

from xoptweb.config import Config
from xoptweb.supervisor import configuration, health, leftovers, lock, ports, prepared, programs
from xoptweb.supervisor.places import Places, places

LEFTOVER_GRACE_S = 1.0


def say(line: str) -> None:
    """Tell the person at the terminal, if it is still open; all else goes on without it."""
    with suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def up(config: Config) -> int:
    """Start everything and stay in the foreground; returns the exit code.

    Raises:
        Conflict: a supervisor already runs in this home, or the port is taken.
    """
    found = places(config)
    with lock.take(found.lock):
        port = ports.wanted(config.host, config.port)
        demo_port = ports.kept(found.run / "demo_port", "127.0.0.1") if config.demo else None
        mark(config)
        ended = leftovers.end(leftovers.of_home(found.home, but=os.environ[leftovers.MARK]), grace_s=LEFTOVER_GRACE_S)
        if ended:
            say(f"Ended {ended} processes that an earlier supervisor had left.")
        if not prepared.ready(config, found, demo_port=demo_port) and not setup(demo_port):
            return 1
        if not health.listens(config.broker_url):
            say("Nobody answers at XOPTWEB_BROKER_URL. Until somebody does, no campaign goes on and no value is live.")
        configuration.write(found, programs.house(config, port=port, demo_port=demo_port))
        try:
            run(config, found, port)
        finally:
            leftovers.end(leftovers.of_mark(os.environ[leftovers.MARK]), grace_s=0)
    say("Stopped.")
    return 0


def mark(config: Config) -> None:
    """Set what all processes inherit, by which the guardian finds them too."""
    os.environ |= programs.environment(config)
    os.environ[leftovers.MARK] = uuid.uuid4().hex
    os.environ["XOPTWEB_SUPERVISOR_PID"] = str(os.getpid())


def setup(demo_port: int | None) -> bool:
    """Migrate, and on the first start load the demo and make the first accounts, in a process of its own."""
    say("Preparing the database …")
    words = [] if demo_port is None else ["--demo-port", str(demo_port)]
    return subprocess.run(programs.xoptweb("setup", *words), check=False).returncode == 0


def run(config: Config, found: Places, port: int) -> None:
    from xoptweb.supervisor import house
    from xoptweb.supervisor.opening import Opening, Web

    web = Web(config.host, port, health.name_of(config.allowed_hosts))
    house.run(found, lambda doors: Opening(doors, web, found.logs, say), say)
