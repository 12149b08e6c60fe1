"""Landlock: which files this process and its children can reach. Constants are those of linux/landlock.h."""

from __future__ import annotations

import ctypes
import os
import stat

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
BIND_TCP, CONNECT_TCP = 1, 2
ABSTRACT_UNIX_SOCKETS, SIGNALS = 1, 2
READ = EXECUTE | READ_FILE | READ_DIR


class Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def all_of_files(abi: int) -> int:
    """Every right on files that this version of landlock knows."""
    return (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1


def restrict(libc: ctypes.CDLL, abi: int, *, read: list[str], write: list[str], network: bool) -> None:
    """From now on, for ever and for every child: read and run below `read`, everything below `write`, nothing else.

    Paths that do not exist are passed over.

    Raises:
        OSError: the kernel refused.
    """
    files = all_of_files(abi)
    rules = Ruleset(
        files=files,
        network=0 if network or abi < 4 else BIND_TCP | CONNECT_TCP,
        scoped=ABSTRACT_UNIX_SOCKETS | SIGNALS if abi >= 6 else 0,
    )
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = _call(libc, CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0)
    try:
        for path in read:
            _allow(libc, ruleset, path, READ & files)
        for path in write:
            _allow(libc, ruleset, path, files)
        _call(libc, RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= OF_FILES
        rule = PathBeneath(allowed=rights, parent=parent)
        _call(libc, ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    result: int = libc.syscall(number, *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"landlock ({number}): {os.strerror(error)}")
    return result
