"""Asks an IOC on the loopback for a name, as any Channel Access client does."""

import socket
import struct
import time

from controls.demo.ports import LOOPBACK

VERSION, SEARCH = 0, 6
MINOR_VERSION = 13
REPLY_ONLY_IF_FOUND = 5
HEADER = struct.Struct(">HHHHII")
ASK_AGAIN_S = 0.05


def tcp_port(udp_port: int, name: str, timeout_s: float) -> int:
    """The TCP port that the server of `name` gives, and that takes connections.

    Raises:
        TimeoutError: nobody answered.
    """
    deadline = time.monotonic() + timeout_s
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(ASK_AGAIN_S)
        asking.connect((LOOPBACK, udp_port))
        while time.monotonic() < deadline:
            if port := _ask(asking, name):
                socket.create_connection((LOOPBACK, port), timeout_s).close()
                return port
            time.sleep(ASK_AGAIN_S)
    raise TimeoutError(f"no server answers for {name} at {LOOPBACK}:{udp_port}")


def _ask(asking: socket.socket, name: str) -> int | None:
    padded = name.encode() + b"\0" * (8 - len(name) % 8)
    version = HEADER.pack(VERSION, 0, 0, MINOR_VERSION, 0, 0)
    search = HEADER.pack(SEARCH, len(padded), REPLY_ONLY_IF_FOUND, MINOR_VERSION, 1, 1) + padded
    try:
        asking.send(version + search)
        return _found(asking.recv(2048))
    except (TimeoutError, ConnectionRefusedError):
        return None


def _found(answer: bytes) -> int | None:
    while len(answer) >= HEADER.size:
        command, size, port, *_ = HEADER.unpack_from(answer)
        if command == SEARCH:
            return int(port)
        answer = answer[HEADER.size + size :]
    return None
