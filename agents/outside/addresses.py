"""Connecting to public addresses only: checked when the name was resolved, and that address is then used."""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from agents.outside.deadline import Deadline, Until

Public = Callable[[str], bool]
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Private(Exception):
    """The name leads to an address that is not of the internet."""


def public(address: str) -> bool:
    """Whether an IP address is of the internet: not of this host, its networks, or any reserved range."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    inside = _inside(parsed) if isinstance(parsed, ipaddress.IPv6Address) else None
    return parsed.is_global and not parsed.is_multicast and (inside is None or inside.is_global)


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The older address that one of the newer kind leads to, where it only wraps one."""
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


class PublicOnly(httpcore.NetworkBackend):
    """Resolves a name once, refuses it when any of its addresses is private, and connects to one of them, until the
    deadline."""

    def __init__(self, is_public: Public, deadline: Deadline) -> None:
        self._is_public, self._deadline = is_public, deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as problem:
            raise httpcore.ConnectError(f"{host} is not known") from problem
        addresses = [str(each[4][0]) for each in found]
        if not addresses or not all(self._is_public(address) for address in addresses):
            raise Private(host)
        within = self._deadline.within(timeout)
        stream = self._plain.connect_tcp(addresses[0], port, within, local_address, socket_options)
        return Until(stream, self._deadline)

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise Private("a socket of this host")

    def sleep(self, seconds: float) -> None:
        self._plain.sleep(seconds)
