"""Writes supervisord's configuration files."""

import math
import shlex
from collections.abc import Iterable
from pathlib import Path

from xoptweb.config import BASE_DIR
from xoptweb.errors import Invalid
from xoptweb.supervisor.places import Places
from xoptweb.supervisor.programs import Program, grace_s

SUPERVISORD = """\
[supervisord]
nodaemon = true
silent = true
identifier = xoptweb
umask = 077
directory = {directory}
pidfile = {run}/supervisor.pid
childlogdir = {logs}
logfile = {logs}/supervisor.log
logfile_maxbytes = 5MB
logfile_backups = 3

[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[include]
files = machines/*.conf
"""

PROGRAM = """\

[program:{name}]
command = {command}
environment = {environment}
autostart = {first}
autorestart = true
startsecs = 1
startretries = 1000000
stopwaitsecs = {grace}
stopasgroup = {group_signal}
killasgroup = true
redirect_stderr = true
stdout_logfile = {logs}/{name}.log
stdout_logfile_maxbytes = 5MB
stdout_logfile_backups = 3
"""


def write(places: Places, programs: Iterable[Program]) -> Path:
    """Write the house's own file; the machines' files are included from their directory.

    Raises:
        Invalid: the home directory has characters that supervisord can't take.
    """
    if "%" in str(places.home):
        raise Invalid(f"The process manager can't keep logs below {places.home}: '%' is not allowed.")
    directories = {"directory": BASE_DIR, "run": places.run, "logs": places.logs, "socket": places.socket}
    paths = {name: plain(str(path)) for name, path in directories.items()}
    text = SUPERVISORD.format(**paths) + "".join(section(places, program) for program in programs)
    places.configuration.write_text(text)
    return places.configuration


def write_machine(places: Places, slug: str, programs: Iterable[Program]) -> bool:
    """Write one machine's file; whether that changed anything."""
    path = places.machines / f"{slug}.conf"
    text = "".join(section(places, program) for program in programs)
    if path.exists() and path.read_text() == text:
        return False
    path.write_text(text)
    return True


def section(places: Places, program: Program) -> str:
    return PROGRAM.format(
        name=program.name,
        command=plain(shlex.join(program.command)),
        environment=",".join(f'{name}="{plain(value)}"' for name, value in program.environment.items()),
        first=str(program.first).lower(),
        grace=math.ceil(grace_s(program.name)),
        group_signal=str(program.group_signal).lower(),
        logs=plain(str(places.logs)),
    )


def plain(text: str) -> str:
    """The text as supervisord reads it, which knows no escapes for some characters.

    Raises:
        Invalid: it contains such characters.
    """
    if any(bad in text for bad in ('"', "\n", " ;", " #")):
        raise Invalid(f"The process manager can't take {text!r}: quotes, line ends, ' ;' and ' #' are not allowed.")
    return text.replace("%", "%%")
