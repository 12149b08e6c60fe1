"""`python -m bench.model`: a model in a process of its own; it says where it listens, and ends with SIGTERM.

Offered tools, it calls one, each time with other words. Otherwise, and when it is asked `WHEN`, it streams an answer
whose first words are when it had read the question and when it began to answer, on the clock that all processes of this
host share.
"""

import signal
import sys
import time
from typing import Any

from tests.endpoint import Said, endpoint

WHEN = "when?"
THINKS_S = 0.02


def answer(request: dict[str, Any]) -> Said:
    if request.get("tools") and request["messages"][-1]["content"] != WHEN:
        return Said("", (("find_channels", {"words": f"Q{len(request['messages'])}"}),))
    received = time.monotonic()
    time.sleep(THINKS_S)
    return Said(f"{received!r}|{time.monotonic()!r} and some words more")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with endpoint(answer) as scripted:
        sys.stdout.write(f"{scripted.url}\n")
        sys.stdout.flush()
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
