"""The tests' own world: what each test may rely on."""

import os
import stat
import subprocess
import sys

import pytest
from django.db import connection

from tests.brokers import Broker
from tests.environment import SERVICES
from xoptweb.config import config

COUNT_USERS = "import django; django.setup(); from xoptweb.accounts.models import User; print(User.objects.count())"


@pytest.mark.django_db(transaction=True)
def test_a_process_started_by_a_test_sees_the_same_database() -> None:
    from xoptweb.accounts.models import User

    User.objects.create(username="seen")
    command = [sys.executable, "-c", COUNT_USERS]
    output = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "XOPTWEB_ROLE": "command"}
    ).stdout
    assert output.strip() == "1"


def test_the_home_is_a_temporary_one() -> None:
    assert config().home.name.startswith("xoptweb-test-")
    assert os.environ["XOPTWEB_HOME"] == str(config().home)


@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for() -> None:
    assert connection.vendor == ("postgresql" if SERVICES else "sqlite")


@pytest.mark.skipif(SERVICES, reason="the Redis of this machine is not ours to kill")
def test_the_broker_comes_back_with_what_it_knew(broker: Broker) -> None:
    with broker.client(0) as client:
        client.set("kept", "yes")
        assert client.execute_command("WAITAOF", 1, 0, 5000)[0] == 1, "written to disk, which happens each second"
    broker.kill()
    assert not broker.answers()
    broker.start()
    with broker.client(0) as client:
        assert client.get("kept") == b"yes"


@pytest.mark.skipif(SERVICES, reason="there is no embedded broker")
def test_the_embedded_broker_is_closed_to_others(broker: Broker) -> None:
    socket = config().broker_socket
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    with broker.client(0) as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
