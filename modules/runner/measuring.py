"""How much a module's process and its children take, read from /proc."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
MEGABYTE = 1_000_000
MOST_FILES = 20_000  # more than these count as too much
GONE = (FileNotFoundError, ProcessLookupError)


@dataclass(frozen=True, slots=True)
class Use:
    """Memory in MB; pages that several processes share are counted for each of them."""

    memory_mb: float
    processes: int


def family(pid: int) -> list[int]:
    """The process and everything below it. Orphans stay below it, because it takes them in."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        with contextlib.suppress(*GONE, PermissionError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                children = (thread / "children").read_bytes()
                waiting += [int(child) for child in children.split()]
    return found


def use(pid: int) -> Use:
    """Of the process and everything below it; nothing when it has gone."""
    members = family(pid)
    memory = 0
    for member in members:
        with contextlib.suppress(*GONE):
            memory += int(Path(f"/proc/{member}/statm").read_bytes().split()[1]) * PAGE
    return Use(memory / MEGABYTE, len(members))


def shared_memory_mb(pid: int) -> float:
    """As `use`, but each shared page counts once; slower."""
    kilobytes = 0
    for member in family(pid):
        with contextlib.suppress(*GONE, PermissionError):
            for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes * 1024 / MEGABYTE


def forget_peak(pid: int) -> None:
    """Begin a new count of the most memory that the process, and everything below it, has had."""
    for member in family(pid):
        with contextlib.suppress(OSError):
            Path(f"/proc/{member}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    """The most memory that the largest of them has had since then; 0 when they have gone."""
    return max((_peak(member) for member in family(pid)), default=0.0)


def _peak(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / MEGABYTE
    return 0.0


def disk_mb(directory: Path) -> float:
    """What the files below a directory take on the disk; infinity when there are too many to look at them all."""
    blocks, seen, waiting = 0, 0, [directory]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > MOST_FILES:
                    return float("inf")
                with contextlib.suppress(OSError):
                    blocks += entry.stat(follow_symlinks=False).st_blocks
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
    return blocks * 512 / MEGABYTE
