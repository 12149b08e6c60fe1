"""The demo IOC as a process of its own: started, frozen, killed and started again from outside."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from controls.demo import ports, puts
from controls.demo.puts import Put

STARTS_WITHIN_S = 30.0
ENDS_WITHIN_S = 5.0
FREEZES_WITHIN_S = 5.0
LOOK_EVERY_S = 0.01
LOG_TAIL = 2000  # characters


class DemoIocError(Exception):
    """The IOC did not start."""


class DemoIoc:
    """One demo IOC on 127.0.0.1, whose port stays the same when it is started again.

    Its put log, ready file and output lie in `directory`, by default a temporary one that `stop` leaves and leaving
    the `with` block removes. It ends when the process that started it is gone.
    """

    def __init__(
        self,
        *,
        prefix: str = "",
        port: int = 0,
        rate_hz: float = 10.0,
        drift: float = 0.01,
        seed: int | None = None,
        directory: Path | None = None,
    ) -> None:
        self._temporary = None if directory else tempfile.TemporaryDirectory(prefix="demo-ioc-")
        self.directory = directory or Path(self._temporary.name if self._temporary else "")
        self.prefix = prefix
        self.port = port or ports.free_port()
        self._options = ["--rate", str(rate_hz), "--drift", str(drift)]
        if seed is not None:
            self._options += ["--seed", str(seed)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running IOC.

        Raises:
            DemoIocError: it does not run.
        """
        return self._running().pid

    @property
    def running(self) -> bool:
        """Whether there is a process; a frozen one counts."""
        return self._process is not None and self._process.poll() is None

    def pv(self, name: str) -> str:
        """The full name of a process variable."""
        return self.prefix + name

    def client_environment(self) -> dict[str, str]:
        """The EPICS variables with which a client finds this IOC and no other."""
        return ports.client_environment(self.port)

    def start(self, timeout_s: float = STARTS_WITHIN_S) -> Self:
        """Start it and return when it answers; its settings are those of a fresh start.

        Raises:
            DemoIocError: it ended or did not answer in time; the message holds its last output.
        """
        if self.running:
            raise DemoIocError(f"the demo IOC runs already, as process {self.pid}")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._ready_file.unlink(missing_ok=True)
        with (self.directory / "ioc.log").open("ab") as output:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        self._wait_until_ready(time.monotonic() + timeout_s)
        return self

    def puts(self, name: str | None = None) -> list[Put]:
        """All puts since the first start, or those to one process variable; names are without the prefix."""
        return [put for put in puts.read(self._put_log, self.prefix) if name in (None, put.name)]

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does; its connections stay open, and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)
        deadline = time.monotonic() + FREEZES_WITHIN_S
        while not self._stopped() and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it in good order, also when it is frozen. Without a running IOC nothing happens."""
        if self._process is None or not self.running:
            return
        self.thaw()
        self._process.terminate()
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would. Without a running IOC nothing happens."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(ENDS_WITHIN_S)

    def restart(self) -> Self:
        """End it and start it again on the same port, with the settings of a fresh start."""
        self.stop()
        return self.start()

    def output(self) -> str:
        """The last of what it wrote."""
        return (self.directory / "ioc.log").read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]

    def _stopped(self) -> bool:
        """Whether every thread of it has stopped; a signal takes a moment to reach them all."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/stat")
        return all(stat.read_text().rpartition(")")[2].split()[0] in "Tt" for stat in threads)

    @property
    def _ready_file(self) -> Path:
        return self.directory / "ready.json"

    @property
    def _put_log(self) -> Path:
        return self.directory / "puts.jsonl"

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "controls.demo", "--with-parent", f"--prefix={self.prefix}"]
        command += ["--port", str(self.port), "--put-log", str(self._put_log), "--ready-file", str(self._ready_file)]
        return command + self._options

    def _wait_until_ready(self, deadline: float) -> None:
        process = self._running()
        while not self._ready_file.exists():
            if process.poll() is not None:
                raise DemoIocError(f"the demo IOC ended with status {process.returncode}:\n{self.output()}")
            if time.monotonic() > deadline:
                self.kill()
                raise DemoIocError(f"the demo IOC did not answer in time:\n{self.output()}")
            time.sleep(LOOK_EVERY_S)
        ready = json.loads(self._ready_file.read_text(encoding="utf-8"))
        if ready["pid"] != process.pid:
            raise DemoIocError(f"process {ready['pid']} wrote the ready file, not {process.pid}")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise DemoIocError("the demo IOC was not started")
        return self._process

    def __enter__(self) -> Self:
        try:
            return self.start()
        except DemoIocError:
            self._clean()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._clean()

    def _clean(self) -> None:
        if self._temporary:
            self._temporary.cleanup()
