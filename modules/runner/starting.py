"""Starting a module's process: a clean environment, pipes of its own, and orders to confine itself."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modules import sdk
from modules.runner import isolation
from modules.runner.results import Failed
from modules.runner.spec import MEGABYTE, Spec

START = Path(__file__).resolve().parent / "child" / "start.py"
ROOM_MB = 256  # of addresses beyond the memory limit: stacks of threads, buffers that are never touched
LARGEST_FILE = 1_000 * MEGABYTE
THREADS = str(min(4, os.cpu_count() or 1))


@dataclass
class Started:
    """A process that has not been told yet what to do. All four descriptors are the host's ends."""

    popen: subprocess.Popen[bytes]
    to_child: int
    from_child: int
    printed: int
    complained: int
    scratch: Path
    orders: dict[str, Any] = field(default_factory=dict)


def start(spec: Spec, writable: tuple[Path, ...] = ()) -> Started:
    """Begin the process; it dies with the thread that calls this. Byte code is written only where `writable` says so.

    Raises:
        Failed: the interpreter or the code is gone.
    """
    for path in (spec.python, spec.source / spec.code_file):
        if not path.exists():
            raise Failed(
                f"{spec.name}@{spec.version} is not complete: {path.name} is missing. Install it again.", "start"
            )
    scratch = Path(tempfile.mkdtemp(prefix="xoptweb-module-")).resolve()
    child_in, to_child = os.pipe()
    from_child, child_out = os.pipe()
    read, write = _paths(spec, scratch, writable)
    compiled = [] if writable else ["-B"]
    command = [str(spec.python), "-I", "-S", *compiled, "-X", "utf8", str(START), str(child_in), str(child_out)]
    try:
        popen = subprocess.Popen(
            isolation.wrapped(command, read=read, write=write, network=spec.grants.network),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(child_in, child_out),
            env=environment(spec, scratch),
            cwd=scratch,
            start_new_session=True,
        )
    except OSError as error:
        os.close(to_child)
        os.close(from_child)
        shutil.rmtree(scratch, ignore_errors=True)
        raise Failed(f"The process of {spec.name} cannot be started: {error.strerror}.", "start") from None
    finally:
        os.close(child_in)
        os.close(child_out)
    printed, complained = _detached(popen)
    for fd in (from_child, printed, complained):
        os.set_blocking(fd, False)
    return Started(popen, to_child, from_child, printed, complained, scratch, _orders(spec, read, write))


def environment(spec: Spec, scratch: Path) -> dict[str, str]:
    """Nothing of the host's own environment, which holds secrets."""
    drawing = {"MPLBACKEND": "Agg"} if spec.serves == "code" else {}
    return {
        **drawing,
        "PATH": f"{spec.python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": THREADS,
        "OPENBLAS_NUM_THREADS": THREADS,
    }


def _paths(spec: Spec, scratch: Path, writable: tuple[Path, ...]) -> tuple[list[str], list[str]]:
    read = isolation.readable(python=spec.python, source=spec.source, sdk=sdk.SOURCE, network=spec.grants.network)
    write = isolation.writable(*writable, scratch)
    if spec.serves == "code":
        read.append("/sys/fs/cgroup")  # libraries that ask how many cores they may use end where they are refused
    if spec.limits.disk_mb:
        write = [path for path in write if not path.startswith("/dev/shm")]  # noqa: S108 – memory that nobody counts
    return read, write


def _detached(popen: subprocess.Popen[bytes]) -> tuple[int, int]:
    """The descriptors of what it prints, no longer closed by anyone but us."""
    if popen.stdout is None or popen.stderr is None:
        raise RuntimeError("the process was started without pipes")
    found = os.dup(popen.stdout.fileno()), os.dup(popen.stderr.fileno())
    popen.stdout.close()
    popen.stderr.close()
    return found


def _orders(spec: Spec, read: list[str], write: list[str]) -> dict[str, Any]:
    wrapped = isolation.bubblewrap() is not None
    return {
        "linux": sys.platform == "linux",
        "parent": 0 if wrapped else os.getpid(),
        "limits": {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_FSIZE: min(LARGEST_FILE, spec.limits.disk_mb * MEGABYTE or LARGEST_FILE),
            resource.RLIMIT_DATA: (spec.limits.memory_mb + ROOM_MB) * MEGABYTE,
        },
        "landlock": isolation.landlock_version(),
        "seccomp": isolation.seccomp(),
        "network": spec.grants.network,
        "read": read,
        "write": write,
        "serves": spec.serves,
        "name": spec.name,
        "version": spec.version,
        "source": str(spec.source),
        "code_file": spec.code_file,
        "tunables": spec.tunables,
        "configurables": spec.configurables,
        "callable_modules": spec.callable_modules,
        "transitions": spec.limits.transitions,
    }
