"""A soft IOC with the kinds of channels that the demo does not have. Run as a script: port, prefix.

Besides ordinary records: one whose puts take a second, one that lets nobody write, one that updates ten times a second.
"""

import asyncio
import itertools
import os
import sys
import tempfile
import time

ACCESS = "ASG(DEFAULT) { RULE(1,WRITE) } ASG(READONLY) { RULE(1,READ) }"
SLOW_PUT_S = 1.0
UPDATE_S = 0.1
LOOK_S = 0.5
READY = "the probe is ready"


def environment(port: int) -> dict[str, str]:
    return {
        "EPICS_CAS_SERVER_PORT": str(port),
        "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_CAS_BEACON_ADDR_LIST": "127.0.0.1",
        "EPICS_CAS_BEACON_PORT": str(port),
    }


def serve(port: int, prefix: str) -> None:
    """Until the process that started it is gone."""
    parent = os.getppid()
    os.environ.update(environment(port))
    from softioc import asyncio_dispatcher, builder, softioc
    from softioc.imports import dbCore

    async def take_long(_: float) -> None:
        await asyncio.sleep(SLOW_PUT_S)

    dispatcher = asyncio_dispatcher.AsyncioDispatcher()
    builder.SetDeviceName(prefix)
    builder.aOut("FLOAT", initial_value=1.5, EGU="A", PREC=3, DRVL=-10, DRVH=10, LOPR=-20, HOPR=20)
    builder.aOut("OTHER", initial_value=0.0)
    builder.longOut("INT", initial_value=3, EGU="n", DRVL=-100, DRVH=100)
    builder.mbbOut("ENUM", "off", "on", "°warm", initial_value=1)
    builder.stringOut("TEXT", initial_value="hello")
    builder.WaveformOut("ARRAY", [1.0, 2.0, 3.0])
    builder.aOut("SLOW", initial_value=0.0, on_update=take_long, blocking=True)
    builder.aOut("LOCKED", initial_value=4.0, ASG="READONLY")
    builder.aIn("NAN", initial_value=float("nan"))
    beam = builder.aIn("BEAM", initial_value=0.0, EGU="°", PREC=2)
    builder.LoadDatabase()
    with tempfile.NamedTemporaryFile("w", suffix=".acf") as access:
        access.write(ACCESS)
        access.flush()
        dbCore.asSetFilename(access.name.encode())
        softioc.iocInit(dispatcher, enable_pva=False)

    async def update() -> None:
        for number in itertools.count(1):
            beam.set(float(number))
            await asyncio.sleep(UPDATE_S)

    dispatcher(update)
    sys.stdout.write(READY + "\n")
    sys.stdout.flush()
    while os.getppid() == parent:
        time.sleep(LOOK_S)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
