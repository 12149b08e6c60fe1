"""The test's end of the failpoints: it holds a process where it is until it is told to go on."""

import json
import socket
import threading
from pathlib import Path

from controls.failpoints import Failpoint


class Failpoints:
    """Answers every process at once, but holds the first that reaches the armed point for the `nth` time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(path))
        self._server.listen(64)
        self._armed: Failpoint | None = None
        self._left = 0
        self._held: socket.socket | None = None
        self._reached = threading.Event()
        self.pid = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def arm(self, point: Failpoint, nth: int = 1) -> None:
        self.release()
        self._reached.clear()
        self._armed, self._left = point, nth

    def wait(self, timeout_s: float = 60) -> int:
        """The process that is held at the armed point."""
        if not self._reached.wait(timeout_s):
            raise AssertionError(f"nobody reached {self._armed} within {timeout_s} s")
        return self.pid

    def release(self) -> None:
        """Let the held process go on, if it still lives; hold nobody any more."""
        self._armed = None
        if self._held is not None:
            self._held.close()
            self._held = None

    def close(self) -> None:
        self.release()
        self._server.close()
        self.path.unlink(missing_ok=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            said = json.loads(connection.makefile().readline())
            if said["point"] == self._armed:
                self._left -= 1
                if self._left == 0:
                    self._armed = None
                    self.pid, self._held = said["pid"], connection
                    self._reached.set()
                    continue
            connection.close()
