"""Whether code of models can be run on this host, and if not, why."""

import os

from xoptweb.config import config

SIGNALS_FROM = 6  # version of landlock that keeps signals inside


def no_sandbox() -> str:
    """Why there is none; empty where one covers files, sockets and signals."""
    from modules.runner import isolation

    if isolation.bubblewrap() or (isolation.landlock_version() >= SIGNALS_FROM and isolation.seccomp()):
        return ""
    return "This host has no sandbox: it takes bubblewrap, or Linux 6.12 with landlock on x86-64 or ARM64."


def no_interpreter() -> str:
    """Why there is none for conversations, a sandbox aside."""
    named = config().agent_interpreter
    return "" if not named or os.access(named, os.X_OK) else "XOPTWEB_AGENT_INTERPRETER names no program of this host."


def no_code() -> str:
    """Why models can have none of their code run."""
    allowed = "" if config().agent_python else "Switched off here: XOPTWEB_AGENT_PYTHON is false."
    return no_sandbox() or allowed


def no_python() -> str:
    return no_code() or no_interpreter()


def no_shell() -> str:
    allowed = "" if config().agent_shell else "Switched off here: an administrator can set XOPTWEB_AGENT_SHELL."
    return no_sandbox() or allowed or no_interpreter()
