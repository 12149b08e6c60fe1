"""One supervisor per home."""

import os
from pathlib import Path

import pytest

from xoptweb.errors import Conflict
from xoptweb.supervisor import lock


def test_a_second_supervisor_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.lock"
    with lock.take(path), pytest.raises(Conflict, match=rf"already runs .*process {os.getpid()}.*XOPTWEB_HOME"):
        lock.take(path)


def test_the_lock_is_free_when_its_holder_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.lock"
    with lock.take(path):
        assert lock.holder(path) == os.getpid()
    assert lock.holder(path) is None
    lock.take(path).close()
