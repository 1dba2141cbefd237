"""Peak memory of a process with all its children, watched from outside."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from suicha_local.home import Home
from suicha_local.platform import Platform

_PAUSE_SECONDS = 0.1


@dataclass
class Peak:
    """The most that was seen, in bytes; pages that processes share count once."""

    size: int = 0
    before: int = 0
    """What it was when the watch began."""

    @property
    def grown(self) -> int:
        """By how much it grew, in MiB."""
        return max(0, self.size - self.before) >> 20

    @property
    def megabytes(self) -> float:
        """The same in MB of 1,000,000 bytes, the unit of the goals."""
        return self.size / 1_000_000


@contextmanager
def peak_of(home: Home, name: str) -> Iterator[Peak]:
    """Watch a part of the platform and its children while the block runs.

    Raises:
        RuntimeError: it was not there from the beginning to the end, so there is no figure.
    """
    platform = Platform(home)
    root = platform.pid(name)
    if root == 0:
        raise RuntimeError(f"{name} is down: nothing to watch")
    with peak_of_process(root) as peak:
        yield peak
    if platform.pid(name) != root or peak.size == 0:
        raise RuntimeError(f"{name} ended while it was watched")


@contextmanager
def peak_of_process(root: int) -> Iterator[Peak]:
    """Watch a process and its children while the block runs."""
    peak, over = Peak(before=_size_of(root)), threading.Event()

    def watch() -> None:
        while not over.wait(_PAUSE_SECONDS):
            peak.size = max(peak.size, _size_of(root))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _size_of(root: int) -> int:
    """Return what a process and its children hold now."""
    return sum(map(_proportional, family(root))) << 10


def family(pid: int) -> list[int]:
    """Return a process and all its descendants, as far as they are still there."""
    children: list[str] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children += (thread / "children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def _proportional(pid: int) -> int:
    """Proportional set size in KiB; 0 once the process has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
