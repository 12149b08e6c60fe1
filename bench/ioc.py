"""`python -m bench.ioc`: an IOC that answers as fast as EPICS can, so that what is timed is the client.

Two equal sets of records, one for the product and one for its rival: three setpoints whose readbacks follow in the
same moment, and five observables that are processed about 500 times a second, at irregular moments, so that no client
falls into step with them. All is done by the IOC's own records; Python only ticks.
"""

import argparse
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from controls.demo import ports

SETS = ("A:", "B:")
VARIABLES = ("V1", "V2", "V3")
OBSERVABLES = ("O1", "O2", "O3", "O4", "O5")
RANGE = 10.0
TICK_S = (0.5e-3, 3.5e-3)  # between two updates of the observables


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.ioc")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("--put-log", type=Path, required=True)
    parser.add_argument("--ready-file", type=Path, required=True)
    return parser.parse_args()


def records(prefix: str) -> Any:
    """Build everything; the record to tick is returned."""
    from softioc import builder

    builder.SetSimpleRecordNames(prefix, "")
    tick = builder.longIn("TICK", initial_value=0)
    previous = tick
    for letter in SETS:
        builder.records.bo(f"{letter}PERMIT", VAL=1, PINI="YES", ZNAM="NO", ONAM="YES")
        for name in VARIABLES:
            _variable(builder.records, prefix, letter + name)
        for number, name in enumerate(OBSERVABLES):
            observable = _observable(builder.records, prefix, letter, name, number)
            previous.FLNK = observable
            previous = observable
    return tick


def _variable(make: Any, prefix: str, name: str) -> None:
    """Setpoint → slow supply (at once, unless its delay is set) → readback; a put with callback waits for all."""
    setpoint = make.ao(name, VAL=0, PINI="YES", DRVL=-RANGE, DRVH=RANGE, PREC=4, EGU="A")
    supply = make.calcout(f"{name}:SUPPLY", INPA=f"{prefix}{name}", CALC="A", ODLY=0, OOPT="Every Time")
    readback = make.calc(f"{name}:RBV", INPA=f"{prefix}{name}", CALC="A", PREC=4, EGU="A")
    setpoint.FLNK = supply
    supply.FLNK = readback


def _observable(make: Any, prefix: str, letter: str, name: str, number: int) -> Any:
    """A bowl around a point of its own, with a little noise: no two values are the same."""
    inputs = dict(zip(("INPA", "INPB", "INPC"), (f"{prefix}{letter}{v}:RBV" for v in VARIABLES), strict=True))
    bowl = f"(A-{number})*(A-{number})+B*B+(C+{number})*(C+{number})"
    return make.calc(letter + name, **inputs, CALC=f"{bowl}+RNDM/100", PREC=4)


def tick_for_ever(tick: Any) -> None:
    count = 0
    while True:
        count += 1
        tick.set(count % 2**31)
        time.sleep(random.uniform(*TICK_S))


def main() -> int:
    given = arguments()
    os.environ.update(ports.server_environment(given.port))
    from softioc import asyncio_dispatcher, builder, softioc

    from controls.demo import answering, putlog

    tick = records(given.prefix)
    putlog.start(given.put_log)
    builder.LoadDatabase()
    softioc.iocInit(asyncio_dispatcher.AsyncioDispatcher(), enable_pva=False)
    answering.tcp_port(given.port, f"{given.prefix}A:V1", 10.0)
    given.ready_file.write_text("ready")
    threading.Thread(target=tick_for_ever, args=(tick,), daemon=True).start()
    threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
