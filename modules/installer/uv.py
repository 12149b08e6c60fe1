"""The program that makes environments and installs distributions into them."""

import os
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from uv import find_uv_bin

from modules.installer.errors import InstallError

Say = Callable[[str], None]
PASSED_ON = (
    "HOME", "PATH", "LANG", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip
LONGEST_S = 900.0
LAST_LINES = 12


def make_environment(into: Path, interpreter: Path, say: Say) -> None:
    """An empty environment that can be moved."""
    _run(["venv", "--relocatable", "--no-project", "--python", str(interpreter), str(into)], say)


def install(python: Path, requirements: Sequence[str], say: Say, *, builds: bool, offline: bool = False) -> None:
    """Install into the environment of `python`.

    Raises:
        InstallError: something cannot be had, with uv's reasons.
    """
    words = ["pip", "install", "--python", str(python), "--no-progress"]
    words += [] if builds else ["--only-binary", ":all:"]
    words += ["--offline"] if offline else []
    try:
        _run([*words, "--", *requirements], say)
    except InstallError as error:
        hint = "" if builds else " Only ready-made wheels are taken; building from source is a setting."
        raise InstallError(
            f"What the module needs cannot be installed.{hint}\n{error.message}", code="dependency"
        ) from None


def environment() -> dict[str, str]:
    """Nothing of ours but what uv needs: code of others may run where builds from source are allowed."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {name: value for name, value in os.environ.items() if name.startswith("UV_")} | {"NO_COLOR": "1"}


def _run(words: Sequence[str], say: Say) -> None:
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        [find_uv_bin(), *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        text=True,
        errors="replace",
    ) as running:
        alarm = threading.Timer(LONGEST_S, running.kill)
        alarm.start()
        try:
            for line in running.stdout or ():
                last.append(line.rstrip())
                say(line.rstrip())
        finally:
            alarm.cancel()
    if running.returncode != 0:
        raise InstallError("\n".join(line for line in last if line) or "uv failed without a word.")
