"""Ports that are free, wanted and kept."""

import socket
from pathlib import Path

import pytest

from xoptweb.errors import Conflict
from xoptweb.supervisor import ports

HOST = "127.0.0.1"


def taken() -> tuple[socket.socket, int]:
    listener = socket.create_server((HOST, 0))
    return listener, listener.getsockname()[1]


def test_a_port_that_is_in_use_is_named_with_what_to_do() -> None:
    listener, port = taken()
    with listener, pytest.raises(Conflict, match=f"Port {port} of {HOST} is in use.*XOPTWEB_PORT"):
        ports.wanted(HOST, port)


def test_zero_takes_a_free_port() -> None:
    assert ports.bindable(HOST, ports.wanted(HOST, 0))


def test_a_kept_port_stays_the_same(tmp_path: Path) -> None:
    first = ports.kept(tmp_path / "port", HOST)
    assert ports.kept(tmp_path / "port", HOST) == first


def test_a_kept_port_that_somebody_took_is_replaced(tmp_path: Path) -> None:
    listener, port = taken()
    (tmp_path / "port").write_text(str(port))
    with listener:
        new = ports.kept(tmp_path / "port", HOST)
    assert new != port
    assert (tmp_path / "port").read_text() == str(new)
