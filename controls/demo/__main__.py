"""`python -m controls.demo`: runs the demo IOC in this process."""

import argparse
import logging
import os
import sys
from pathlib import Path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m controls.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="UDP and TCP port on 127.0.0.1; 0 picks a free one")
    parser.add_argument("--prefix", default="", help="put in front of every name")
    parser.add_argument("--rate", type=float, default=10.0, help="shots per second")
    parser.add_argument("--drift", type=float, default=0.01, help="of the incoming beam, rms as a fraction of its size")
    parser.add_argument("--seed", type=int, help="of the random numbers, for the same noise again")
    parser.add_argument("--put-log", type=Path, help="append a JSON line for every put of a client")
    parser.add_argument("--ready-file", type=Path, help="gets port, pid and prefix as JSON when the IOC answers")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started this one is gone")
    return parser.parse_args()


def main() -> int:
    given = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # small matrices: further threads only cost memory

    from controls.demo import ports

    port = given.port or ports.free_port()
    os.environ.update(ports.server_environment(port))

    from controls.demo.ioc import Options, serve

    return serve(
        Options(
            port=port,
            prefix=given.prefix,
            rate_hz=given.rate,
            drift=given.drift,
            seed=given.seed,
            put_log=given.put_log,
            ready_file=given.ready_file,
            with_parent=given.with_parent,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
