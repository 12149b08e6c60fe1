"""What keeps a module away from everything else on this machine, and which of it this machine has."""

import ctypes
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

CREATE_RULESET = 444
ASK_VERSION = 1
SECCOMP_MACHINES = ("x86_64", "aarch64")

SYSTEM = (
    "/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/ssl",
    "/etc/pki", "/etc/ca-certificates", "/etc/mime.types", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
    "/etc/fonts", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self", "/sys/devices/system/cpu",
    "/dev/zero", "/dev/random", "/dev/urandom",
)  # fmt: skip
NETWORK = ("/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/run/systemd/resolve")
WRITABLE = ("/dev/null",)


@dataclass(frozen=True)
class Isolation:
    """`detail` says in words what it covers and what not."""

    kind: Literal["landlock", "bubblewrap", "none"]
    detail: str

    def __str__(self) -> str:
        return self.kind


@lru_cache(maxsize=1)
def landlock_version() -> int:
    """The kernel's version of landlock; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    answer: int = ctypes.CDLL(None, use_errno=True).syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ASK_VERSION)
    return max(answer, 0)


@lru_cache(maxsize=1)
def bubblewrap() -> str | None:
    """The program, where it is installed and this kernel lets it work."""
    program = shutil.which("bwrap")
    if program is None:
        return None
    trial = [program, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "/bin/true"]
    works = subprocess.run(trial, capture_output=True, timeout=10, check=False).returncode == 0
    return program if works else None


@lru_cache(maxsize=1)
def in_force() -> Isolation:
    """What isolates modules on this machine."""
    version = landlock_version()
    if bubblewrap():
        inside = f", landlock {version} inside" if version else ""
        return Isolation("bubblewrap", f"namespaces of its own for files, processes and network{inside}")
    if not version:
        return Isolation("none", "this system has neither landlock nor bubblewrap: a module can do what its user can")
    covers = ["files"]
    if seccomp():
        covers += ["sockets", "calls that reach other processes"]
    elif version >= 4:
        covers.append("TCP")
    if version >= 6:
        covers.append("signals")
    missing = [] if seccomp() else ["sockets other than TCP"]
    missing += [] if version >= 6 else ["signals to other processes of the same user"]
    without = f"; not {' nor '.join(missing)}" if missing else ""
    return Isolation("landlock", f"version {version}: {', '.join(covers)}{without}")


def readable(*, python: Path, source: Path, sdk: Path, network: bool) -> list[str]:
    """What a module's process may read and run: the system's libraries, its interpreter, environment and code."""
    here = Path(__file__).resolve().parent / "child"
    own = [python.parent.parent, _home_of(python), source, sdk, here]
    return [*SYSTEM, *(NETWORK if network else ()), *(str(path) for path in own)]


def writable(*own: Path) -> list[str]:
    """What it may write. Only bubblewrap has shared memory that is nobody else's."""
    shared = ["/dev/shm"] if bubblewrap() else []  # noqa: S108 – in a namespace of its own
    return [*(str(path) for path in own), *WRITABLE, *shared]


def wrapped(command: Sequence[str], *, read: Sequence[str], write: Sequence[str], network: bool) -> list[str]:
    """The command inside bubblewrap, where that is in force."""
    program = bubblewrap()
    if program is None:
        return list(command)
    words = [program, "--unshare-all", "--die-with-parent", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 – its own
    words += ["--share-net"] if network else []
    for path in read:
        if not path.startswith(("/proc", "/dev")):
            words += ["--ro-bind-try", path, path]
    for path in write:
        if not path.startswith("/dev"):
            words += ["--bind", path, path, "--chdir", path]
    return [*words, "--", *command]


def _home_of(python: Path) -> Path:
    """Where the interpreter's own library is: beside the program that the environment's `python` leads to."""
    return python.resolve().parent.parent


@lru_cache(maxsize=1)
def seccomp() -> bool:
    """Whether system calls are filtered here."""
    status = Path("/proc/self/status")
    known = sys.platform == "linux" and platform.machine() in SECCOMP_MACHINES
    return known and "\nSeccomp:" in status.read_text()
