"""Core-seconds that the machine and single programs have used, from Linux's own counts."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def busy() -> float:
    """Core-seconds in which any core of the machine was not idle, since it started."""
    user, nice, system, _, _, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    return (user + nice + system + sum(interrupts)) / _TICKS


def used_by(pids: list[int]) -> float:
    """Core-seconds of processes, with those of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICKS
