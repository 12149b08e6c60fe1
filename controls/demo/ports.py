"""The port that a demo IOC serves on, and the environment that keeps it there."""

import random
import socket

# Below the range that the system uses for outgoing connections, so that a restarted IOC finds its port free again.
LOWEST, HIGHEST = 20_000, 31_999
LOOPBACK = "127.0.0.1"
TRIES = 200


def free_port() -> int:
    """A random port that is free for UDP and TCP on the loopback.

    Raises:
        OSError: none was found.
    """
    for _ in range(TRIES):
        port = random.randint(LOWEST, HIGHEST)
        if is_free(port):
            return port
    raise OSError(f"found no free port between {LOWEST} and {HIGHEST} in {TRIES} tries")


def is_free(port: int) -> bool:
    """Whether an IOC could serve on it now. A port that only waits for old connections to end counts as free."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tcp.bind((LOOPBACK, port))
            tcp.listen()
            udp.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def server_environment(port: int) -> dict[str, str]:
    """EPICS variables of an IOC that is seen on the loopback only and leaves the default ports alone.

    Beacons go to the IOC's own port: they would wake clients' search for it, through a repeater that nobody here runs.
    Without real-time priorities EPICS also leaves the memory unlocked: as root it would keep 250 MB more resident.
    """
    return {
        "EPICS_CAS_INTF_ADDR_LIST": LOOPBACK,
        "EPICS_CAS_SERVER_PORT": str(port),
        "EPICS_CAS_BEACON_ADDR_LIST": LOOPBACK,
        "EPICS_CAS_AUTO_BEACON_ADDR_LIST": "NO",
        "EPICS_CAS_BEACON_PORT": str(port),
        "EPICS_ALLOW_POSIX_THREAD_PRIORITY_SCHEDULING": "NO",
        **client_environment(port),
    }


def client_environment(port: int) -> dict[str, str]:
    """EPICS variables of a client that looks for this IOC and no other."""
    return {
        "EPICS_CA_ADDR_LIST": LOOPBACK,
        "EPICS_CA_AUTO_ADDR_LIST": "NO",
        "EPICS_CA_SERVER_PORT": str(port),
    }
