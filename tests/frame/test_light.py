"""Only the control worker carries the numerical libraries; only the web process carries the pages."""

import os
import subprocess
import sys

import pytest

HEAVY = ["xopt", "torch", "botorch", "gest_api", "numpy", "scipy", "pandas", "matplotlib", "at", "softioc"]
PAGES = ["unfold", "ninja", "xoptweb.urls", "twisted"]
ROLES = {
    "worker": "import xoptweb.celery, xoptweb.work.celery_task",
    "beat": "import xoptweb.celery, xoptweb.work.beat",
    "monitor": "import controls.monitor.process",
    "watchdog": "import controls.watchdog.process",
    "command": "import xoptweb.cli.stop, controls.services.stopping",
}


def loaded(role: str, code: str) -> set[str]:
    lines = ["import sys, django", "django.setup()", code, "print(*sys.modules)"]
    command = [sys.executable, "-c", "\n".join(lines)]
    environment = {**os.environ, "XOPTWEB_ROLE": role}
    return set(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("role", ROLES)
def test_a_background_process_carries_neither(role: str) -> None:
    modules = loaded(role, ROLES[role])
    assert modules.isdisjoint(HEAVY)
    assert modules.isdisjoint(PAGES)


REGISTERED = {"optimizer.tasks", "optimizer.approval_kinds", "optimizer.tools"}


def test_a_monitor_never_loads_what_it_does_not_ask_for() -> None:
    as_the_command_does = "from xoptweb.cli.django_setup import prepare; prepare(logs=True, acts=False)"
    assert loaded("monitor", f"{as_the_command_does}; {ROLES['monitor']}").isdisjoint(REGISTERED)


def test_the_web_process_does_without_the_numerical_libraries_and_what_only_some_requests_need() -> None:
    assert loaded("web", "import xoptweb.asgi, xoptweb.urls").isdisjoint([*HEAVY, "mcp", "openai"])


@pytest.mark.parametrize("role", ["watchdog", "command"])
def test_who_acts_has_loaded_work_and_approvals_before_its_first_transaction_and_no_tools(role: str) -> None:
    modules = loaded(role, f"from xoptweb.cli.django_setup import prepare; prepare(); {ROLES[role]}")
    assert modules & REGISTERED == REGISTERED - {"optimizer.tools"}


def test_the_beat_has_loaded_what_it_calls_before_it_sweeps() -> None:
    begins = "import xoptweb.work.beat as b; b.run_periodic = int; b.Sweeper(xoptweb.celery.app)"
    assert loaded("beat", f"{ROLES['beat']}; {begins}") & REGISTERED == REGISTERED - {"optimizer.tools"}


def test_a_worker_has_loaded_all_that_is_registered_before_it_works() -> None:
    starts = "from celery.signals import worker_init; worker_init.send(sender=None)"
    assert loaded("worker", f"{ROLES['worker']}; {starts}") >= REGISTERED
