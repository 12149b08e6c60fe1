"""Whether somebody listens at a broker that is not ours."""

import socket

from xoptweb.supervisor import health


def test_a_broker_is_found_where_its_url_leads() -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        port = broker.getsockname()[1]
        assert health.listens(f"redis://:secret@127.0.0.1:{port}/3")
    assert not health.listens(f"redis://127.0.0.1:{port}/3")


def test_nothing_is_said_of_what_has_no_host() -> None:
    assert health.listens("")
    assert health.listens("unix:///run/valkey.sock?db=0")
