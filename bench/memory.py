"""Peak memory of one of the platform's processes with all its children, watched from outside."""

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
    """The most that was seen, in MiB; pages that processes share count once."""

    mebibytes: int = 0


@contextmanager
def peak_of(home: Home, name: str) -> Iterator[Peak]:
    """Watch a process of the platform and its children while the block runs."""
    root, peak, over = Platform(home).pid(name), Peak(), threading.Event()

    def watch() -> None:
        while not over.wait(_PAUSE_SECONDS):
            peak.mebibytes = max(peak.mebibytes, sum(map(_proportional, _family(root))) >> 10)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _proportional(pid: int) -> int:
    """Proportional set size in KiB; 0 once the process has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
