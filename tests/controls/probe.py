"""Starting, freezing and killing the probe IOC."""

import signal
import subprocess
import sys
from pathlib import Path

from controls.demo.ports import free_port
from tests import processes
from tests.controls.probe_ioc import READY


class Probe:
    """A soft IOC of the tests on a port of its own, which it keeps through restarts."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def address(self, name: str) -> str:
        return f"{self.prefix}:{name}"

    @property
    def address_list(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it serves."""
        script = Path(__file__).with_name("probe_ioc.py")
        self.process = processes.start(
            [sys.executable, script, str(self.port), self.prefix],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if READY in line.decode():
                return
        raise AssertionError(f"the probe ended with {self.process.wait()}")

    def freeze(self) -> None:
        """Returns when every thread of it has stopped."""
        self._signal(signal.SIGSTOP)
        processes.wait_until(self._stopped, 5)

    def _stopped(self) -> bool:
        assert self.process is not None
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return all(stat.read_text().rpartition(")")[2].split()[0] in "Tt" for stat in threads)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        if self.process is not None:
            self._signal(signal.SIGCONT)
            processes.end(self.process)
            if self.process.stdout:
                self.process.stdout.close()
            self.process = None

    def _signal(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
