"""Work that takes long, and who does not want it any more."""

import threading

import pytest

from xoptweb.tools.serving import serving
from xoptweb.tools.watched import WantedNoMore, watched


def test_what_comes_of_it_is_handed_on_be_it_an_error() -> None:
    assert watched(lambda cancelled: 7, "seven") == 7
    with pytest.raises(ZeroDivisionError):
        watched(lambda cancelled: 1 / 0, "nothing")


def test_work_that_is_wanted_no_more_hears_of_it_and_is_waited_for() -> None:
    with serving("conversation:1", lambda: True):
        assert watched(lambda cancelled: cancelled.wait(30), "waiting")


def test_work_that_can_t_hear_of_it_is_left() -> None:
    ended = threading.Event()
    with serving("conversation:1", lambda: True), pytest.raises(WantedNoMore):
        watched(lambda cancelled: ended.wait(30), "waiting", leaving=True)
    ended.set()
