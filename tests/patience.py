"""How long a test waits for what has to come, before it is taken for hung: longer where parts of the suite share cores.

No such limit judges a speed; the benchmark does that.
"""

import os

FACTOR = float(os.environ.get("XOPTWEB_TEST_PATIENCE", "1"))


def patient(time: float) -> float:
    """A limit for one process alone on the machine, as it is here."""
    return time * FACTOR
