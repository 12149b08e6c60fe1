"""The points at which tests kill, freeze or cut a writer. Without a listener, reaching one costs a comparison."""

import json
import os
import socket
from enum import StrEnum

from xoptweb.config import config


class Failpoint(StrEnum):
    BEFORE_INTENT = "before_intent"
    INTENT_PUT = "intent_put"
    CHECKED_PUT = "checked_put"
    PUT_OUTCOME = "put_outcome"
    OUTCOME_SETTLE = "outcome_settle"
    SETTLING = "settling"
    MEASURING = "measuring"
    COMPLETED = "completed"
    TOLD = "told"
    RESTORE_STEP = "restore_step"


def reach(point: Failpoint) -> None:
    """Tell the listener named by `XOPTWEB_FAILPOINTS` that this process is at `point`, and wait for its answer."""
    path = config().failpoints
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return  # the test has stopped listening
        connection.sendall(json.dumps({"point": point, "pid": os.getpid()}).encode() + b"\n")
        connection.recv(1)
