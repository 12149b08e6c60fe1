"""A stand-in for the CA repeater, so that the CA library does not start a process that outlives ours.

The library looks whether EPICS_CA_REPEATER_PORT is taken and starts `caRepeater` where it is not. Here the port is
one that this process has bound itself, and registrations are confirmed, as the library asks for. Beacons, which a
real repeater passes on, only speed up finding a returned server; `Connector.search_again` does that instead.
"""

import logging
import os
import socket
import struct
import threading

REGISTER, CONFIRM = 24, 17
HEADER = struct.Struct(">HHHHII")

log = logging.getLogger(__name__)


def start() -> int:
    """Bind a port on the loopback, answer registrations on it from a thread, and name it in the environment."""
    port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port.bind(("127.0.0.1", 0))
    number = int(port.getsockname()[1])
    os.environ["EPICS_CA_REPEATER_PORT"] = str(number)
    threading.Thread(target=_confirm, args=(port,), name="ca-repeater", daemon=True).start()
    return number


def _confirm(port: socket.socket) -> None:
    """Answer registrations from this host, until the process ends."""
    loopback = struct.unpack(">I", socket.inet_aton("127.0.0.1"))[0]
    while True:
        try:
            message, sender = port.recvfrom(2048)
            registers = not message or (len(message) >= HEADER.size and HEADER.unpack_from(message)[0] == REGISTER)
            if registers:
                port.sendto(HEADER.pack(CONFIRM, 0, 0, 0, 0, loopback), sender)
        except OSError as error:
            log.debug("repeater stand-in: %s", error)
