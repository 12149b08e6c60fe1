"""System calls that a module has no use for: sockets without a grant, and whatever reaches other processes.

Landlock says which files; this says which calls. Sockets of the Unix family are never for a module, which could
otherwise talk to the broker or the database of the host that runs it. Leaving the process group is refused, so that
killing the group ends everything that a module has started.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import NamedTuple

PR_SET_SECCOMP = 22
MODE_FILTER = 2
ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM
UNKNOWN = 0x00050000 | errno.ENOSYS
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
X32 = 0x40000000
INTERNET = (2, 10, 16)  # AF_INET, AF_INET6, AF_NETLINK (which the resolver asks)


class Machine(NamedTuple):
    audit: int
    calls: dict[str, int]


NAMES = [
    "socket",
    "setsid",
    "setpgid",
    "prlimit64",
    "sched_setaffinity",
    "setpriority",
    "ioprio_set",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "bpf",
    "keyctl",
    "add_key",
    "request_key",
    "mount",
    "umount2",
    "unshare",
    "setns",
    "userfaultfd",
    "perf_event_open",
    "open_by_handle_at",
    "io_uring_setup",
    "pidfd_open",
    "pidfd_getfd",
    "process_madvise",
    "pidfd_send_signal",
]
NEW = [425, 434, 438, 440, 424]
X86_64 = [41, 112, 109, 302, 203, 141, 251, 101, 310, 311, 312, 321, 250, 248, 249, 165, 166, 272, 308, 323, 298, 304]
AARCH64 = [198, 157, 154, 261, 122, 140, 30, 117, 270, 271, 272, 280, 219, 217, 218, 40, 39, 97, 268, 282, 241, 265]
MACHINES = {
    "x86_64": Machine(0xC000003E, dict(zip(NAMES, X86_64 + NEW, strict=True))),
    "aarch64": Machine(0xC00000B7, dict(zip(NAMES, AARCH64 + NEW, strict=True))),
}
ON_OTHERS = {"prlimit64": 0, "sched_setaffinity": 0, "setpriority": 1, "ioprio_set": 1}  # argument that names whom


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction))]


def restrict(libc: ctypes.CDLL, *, network: bool) -> None:
    """Nothing happens on machines whose calls are not listed here.

    Raises:
        OSError: the kernel refused.
    """
    machine = MACHINES.get(os.uname().machine)
    if machine is None:
        return
    rules = filter_for(machine, network=network)
    listed = (Instruction * len(rules))(*rules)
    program = Program(len(rules), listed)
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"seccomp: {os.strerror(error)}")


def filter_for(machine: Machine, *, network: bool) -> list[Instruction]:
    """The program: each call is compared in turn, and what is not listed is allowed."""
    rules = [
        _load(ARCHITECTURE_AT),
        Instruction(EQUAL, 1, 0, machine.audit),
        _return(UNKNOWN),
        _load(NUMBER_AT),
        Instruction(AT_LEAST, 0, 1, X32),
        _return(UNKNOWN),
    ]
    for name, number in machine.calls.items():
        if name == "socket":
            block = _families(INTERNET if network else ())
        elif name in ON_OTHERS:
            block = [
                _load(ARGUMENTS_AT + 8 * ON_OTHERS[name]),
                Instruction(EQUAL, 0, 1, 0),
                _return(ALLOW),
                _return(REFUSE),
            ]
        else:
            block = [_return(REFUSE)]
        rules += [Instruction(EQUAL, 0, len(block), number), *block]
    return [*rules, _return(ALLOW)]


def _families(allowed: tuple[int, ...]) -> list[Instruction]:
    block = [_load(ARGUMENTS_AT)]
    for family in allowed:
        block += [Instruction(EQUAL, 0, 1, family), _return(ALLOW)]
    return [*block, _return(REFUSE)]


def _load(offset: int) -> Instruction:
    return Instruction(LOAD, 0, 0, offset)


def _return(value: int) -> Instruction:
    return Instruction(RETURN, 0, 0, value)
