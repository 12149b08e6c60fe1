"""Runs commands of xoptweb as a terminal does."""

import os
import subprocess
import sys

from tests.patience import patient

TIMEOUT_S = 60


def xoptweb(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "xoptweb", *words]
    env = {**os.environ, **environment}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=patient(TIMEOUT_S), check=False)
