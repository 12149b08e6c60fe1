"""`python -m bench.rivals.guarded PREFIX`: a bare loop in a child; its parent waits, to put the setpoints back."""

import subprocess
import sys

from bench.ioc import VARIABLES
from bench.rivals.channels import connect


def main(words: list[str]) -> int:
    setpoints = connect([words[0] + name for name in VARIABLES], auto_monitor=False)
    start = {name: pv.get() for name, pv in setpoints.items()}
    child = subprocess.Popen([sys.executable, "-m", "bench.rivals.loop", words[0]])  # its answers are ours
    if child.wait() != 0:
        for name in reversed(start):
            setpoints[name].put(start[name], wait=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
