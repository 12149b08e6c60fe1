"""STOP when part of what carries it fails."""

import json
import os
from pathlib import Path

import pytest

from controls.models import Machine
from controls.services import stopping
from controls.services.stopping import stop_everything, stop_machine
from controls.stopfile import StopFile, pull
from xoptweb.actors import system
from xoptweb.config import config

BY = system("tests")


def machine(slug: str) -> Machine:
    return Machine.objects.create(slug=slug, name=slug)


def test_two_who_press_in_the_same_moment_are_both_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noticed = StopFile("linac", tmp_path)
    sync = os.fsync

    def press_again(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        pull(tmp_path, "linac", by="peter", reason="at the same time")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", press_again)
    path = pull(tmp_path, "linac", by="olga", reason="smoke")
    assert noticed.pulled() == "STOP by olga: smoke"
    assert json.loads(path.read_text())["by"] == "olga"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.django_db(transaction=True)
def test_a_disk_that_takes_no_file_does_not_hold_up_the_stop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    linac = machine("linac")
    (tmp_path / "stop").write_text("a file where the directory should be")
    monkeypatch.setitem(config().__dict__, "home", tmp_path)
    stop_machine(linac, by=BY)
    linac.refresh_from_db()
    assert linac.stops == 1


@pytest.mark.django_db(transaction=True)
def test_a_machine_that_cannot_be_stopped_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    machine("linac")
    ring = machine("ring")
    stop = stopping.stop_machine

    def fails_for_the_linac(one: Machine, **given: object) -> object:
        if one.slug == "linac":
            raise RuntimeError("broken")
        return stop(one, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(stopping, "stop_machine", fails_for_the_linac)
    with pytest.raises(RuntimeError, match="broken"):
        stop_everything(by=BY)
    ring.refresh_from_db()
    assert ring.stops == 1
