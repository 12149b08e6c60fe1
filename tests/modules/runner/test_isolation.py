"""What a module cannot reach. Where the kernel has landlock, these tests fail rather than skip."""

import os
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from modules.runner import Grants, Pool, Spec, in_force, isolation
from tests.modules.real import World

Make = Callable[..., Spec]
LANDLOCK = isolation.landlock_version()
needs_landlock = pytest.mark.skipif(LANDLOCK == 0, reason="this kernel has no landlock")
needs_filter = pytest.mark.skipif(not isolation.seccomp(), reason="system calls are not filtered on this machine")
PLACES = ("/etc/shadow", "/root", "/home", "/var", "/proc/1/environ", "/proc", "/tmp")  # noqa: S108
REFUSED = {"PermissionError", "FileNotFoundError", "OSError", "ProcessLookupError"}  # by landlock or by bubblewrap
ATTEMPT = """
try:
    {attempt}
except Exception as error:
    return type(error).__name__
return "done"
"""


def attempt(text: str) -> str:
    return ATTEMPT.replace("{attempt}", text)


def test_what_is_in_force_is_said_in_words() -> None:
    found = in_force()
    assert found.kind in {"landlock", "bubblewrap", "none"}
    assert str(found) == found.kind
    assert (found.kind == "none") == (LANDLOCK == 0 and isolation.bubblewrap() is None)
    assert len(found.detail) > 10


@needs_landlock
@pytest.mark.parametrize("way", ["read_text", "unlink", "stat_and_open", "write_text", "list", "run", "link"])
def test_a_file_of_the_host_is_out_of_reach(module: Make, pool: Pool, world: World, tmp_path: Path, way: str) -> None:
    secret = tmp_path / "secret_key"
    secret.write_text("very secret")
    secret.chmod(0o777)
    ways = {
        "read_text": f"pathlib.Path({str(secret)!r}).read_text()",
        "unlink": f"pathlib.Path({str(secret)!r}).unlink()",
        "stat_and_open": f"os.open({str(secret)!r}, os.O_RDONLY)",
        "write_text": f"pathlib.Path({str(secret)!r}).write_text('x')",
        "list": f"os.listdir({str(tmp_path)!r})",
        "run": f"subprocess.run([{str(secret)!r}], check=True)",
        "link": f"os.link({str(secret)!r}, 'here')",
    }
    body = "import os, pathlib, subprocess" + attempt(ways[way])
    assert pool.run(module(body), None, world).output in REFUSED
    assert secret.read_text() == "very secret"


@needs_landlock
@pytest.mark.parametrize("path", PLACES)
def test_places_of_the_system_are_out_of_reach(module: Make, pool: Pool, world: World, path: str) -> None:
    body = "import os" + attempt(f"os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}).read()")
    assert pool.run(module(body), None, world).output in REFUSED


@needs_landlock
def test_shared_memory_of_the_host_is_out_of_reach(module: Make, pool: Pool, world: World) -> None:
    """With bubblewrap there is such a place, but it is the module's own."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as secret:
        body = "import os" + attempt(f"open({secret.name!r}).read()")
        assert pool.run(module(body), None, world).output in REFUSED


@needs_landlock
def test_programs_that_a_module_starts_are_confined_as_it_is(
    module: Make, pool: Pool, world: World, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("very secret")
    secret = str(tmp_path / "secret")
    body = f"import subprocess\nreturn subprocess.run(['cat', {secret!r}], capture_output=True).returncode"
    assert pool.run(module(body), None, world).output != 0


@needs_landlock
def test_a_module_cannot_change_its_own_code_or_environment(module: Make, pool: Pool, world: World) -> None:
    spec = module("import pathlib, xopt, sys" + attempt("pathlib.Path(given).write_text('evil')"))
    for path in (spec.source / "main.py", spec.source / "new.py", spec.python.parent / "new", isolation.__file__):
        assert pool.run(spec, str(path), world).output in REFUSED


@needs_landlock
def test_code_that_lies_in_its_environment_is_confined_from_the_first_line(
    module: Make, pool: Pool, world: World, tmp_path: Path
) -> None:
    """A `.pth` file of a dependency runs when Python starts."""
    spec = module("return 'started'")
    packages = next((spec.python.parent.parent / "lib").glob("python3*/site-packages"))
    mark = tmp_path / "mark"
    (packages / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(mark)!r}).write_text('was here')\n")
    try:
        assert pool.run(spec, None, world).output == "started"
    finally:
        (packages / "evil.pth").unlink()
    assert not mark.exists()


@needs_landlock
@pytest.mark.parametrize("kind", ["tcp", "udp", "unix"])
def test_without_a_grant_there_is_no_network(module: Make, pool: Pool, world: World, tmp_path: Path, kind: str) -> None:
    with listening(tmp_path, kind) as address:
        body = "import socket" + attempt(connect(kind, address))
        assert pool.run(module(body), None, world).output == "PermissionError"


@needs_filter
@pytest.mark.parametrize(("kind", "outcome"), [("tcp", "done"), ("udp", "done"), ("unix", "PermissionError")])
def test_a_grant_opens_the_network_but_no_socket_of_this_machine(
    module: Make, pool: Pool, world: World, tmp_path: Path, kind: str, outcome: str
) -> None:
    with listening(tmp_path, kind) as address:
        body = "import socket" + attempt(connect(kind, address))
        assert pool.run(module(body, grants=Grants(network=True)), None, world).output == outcome


@needs_landlock
@pytest.mark.skipif(LANDLOCK < 6, reason="this kernel's landlock does not know signals")
def test_other_processes_cannot_be_signalled(module: Make, pool: Pool, world: World) -> None:
    body = "import os, signal" + attempt("os.kill(given, 0)")
    assert pool.run(module(body), os.getpid(), world).output in REFUSED


@needs_filter
@pytest.mark.parametrize(
    "what",
    [
        "os.setsid()", "os.setpgid(0, 0)", "resource.prlimit(given, resource.RLIMIT_NOFILE)",
        "os.sched_setaffinity(given, {0})", "os.setpriority(os.PRIO_PROCESS, given, 19)",
        "subprocess.run(['true'], start_new_session=True)", "os.pidfd_open(given)",
    ],
)  # fmt: skip
def test_calls_that_reach_other_processes_are_refused(module: Make, pool: Pool, world: World, what: str) -> None:
    body = "import os, resource, subprocess" + attempt(what)
    assert pool.run(module(body), os.getpid(), world).output == "PermissionError"


@needs_filter
def test_what_ordinary_modules_do_still_works(module: Make, pool: Pool, world: World) -> None:
    body = """
import asyncio, hashlib, os, random, socket, sqlite3, ssl, subprocess, tempfile, threading, time, uuid, zoneinfo
one, other = socket.socketpair()
one.send(b"x")
thread = threading.Thread(target=time.sleep, args=(0.01,))
thread.start(); thread.join()
with tempfile.NamedTemporaryFile("w") as file:
    file.write("x")
async def wait():
    await asyncio.sleep(0.01)
    made = await asyncio.create_subprocess_exec("echo", "hi", stdout=subprocess.PIPE)
    return (await made.communicate())[0].decode()
kept = sqlite3.connect("kept.db").execute("select 1").fetchone()[0]
return [asyncio.run(wait()), kept, len(os.urandom(4)), os.cpu_count() > 0, str(zoneinfo.ZoneInfo("UTC"))]
"""
    assert pool.run(module(body), None, world).output == ["hi\n", 1, 4, True, "UTC"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has what is taken away here")
def test_root_has_no_powers_inside_a_module(module: Make, pool: Pool, world: World) -> None:
    body = "return [line for line in open('/proc/self/status') if line.startswith(('Cap', 'NoNewPrivs', 'Seccomp:'))]"
    lines = dict(line.split() for line in pool.run(module(body), None, world).output)
    assert int(lines["CapEff:"], 16) == int(lines["CapPrm:"], 16) == int(lines["CapInh:"], 16) == 0
    assert lines["NoNewPrivs:"] == "1"
    assert lines["Seccomp:"] == "2"


class listening:  # noqa: N801 – used as a function
    """A server of one kind on this machine; its address."""

    def __init__(self, directory: Path, kind: str) -> None:
        family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        self._socket.bind(str(directory / "socket") if kind == "unix" else ("127.0.0.1", 0))
        if kind != "udp":
            self._socket.listen()
            threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            self._socket.accept()[0].close()
        except OSError:  # closed before anyone came
            return

    def __enter__(self) -> str:
        return repr(self._socket.getsockname())

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR) if self._socket.type == socket.SOCK_STREAM else None
        self._socket.close()


def connect(kind: str, address: str) -> str:
    family = "AF_UNIX" if kind == "unix" else "AF_INET"
    sort = "SOCK_DGRAM" if kind == "udp" else "SOCK_STREAM"
    return f"socket.socket(socket.{family}, socket.{sort}).connect({address})"
