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


def test_the_web_process_does_without_the_numerical_libraries() -> None:
    assert loaded("web", "import xoptweb.asgi, xoptweb.urls").isdisjoint(HEAVY)
