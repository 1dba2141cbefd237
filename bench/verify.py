"""`rid1 verify` of a large round's bundle, as anybody runs it at home: seconds, memory, temporary files.

The goals: it takes no longer than the round itself may (whoever checks has no better machine), and memory that an old
office computer has. Temporary files are never larger than the bundle, which is there twice then.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.memory import peak_of_process
from bench.report import Report

MEGABYTES = 600.0
_PAUSE_SECONDS = 0.2


def measure_bundle(bundle: Path, key: str, objects: int, seconds: float, report: Report) -> None:
    """Verify a bundle with the standard library alone and with [fast]; `seconds` is what the round may take."""
    for fast, words in (("0", "标准库"), ("", "[fast]")):
        with tempfile.TemporaryDirectory(prefix="suicha-verify-") as folder:
            began = time.perf_counter()
            running = subprocess.Popen(
                [sys.executable, "-m", "rid1", "verify", str(bundle), "--log-key", key, "--json"],
                stdout=subprocess.PIPE,
                env={**os.environ, "RID1_FAST": fast, "TMPDIR": folder},
            )
            with peak_of_process(running.pid) as peak, _largest(Path(folder)) as disk:
                said, _ = running.communicate()
            took = time.perf_counter() - began
        found = json.loads(said)
        assert found["ok"], found["fault"]
        report.add(
            f"rid1 verify（{words}）：{objects:,} 户的证明包，{bundle.stat().st_size / 1e6:.0f} MB",
            f"{took:.1f} 秒，{peak.megabytes:.0f} MB，临时文件最多 {disk[0] / 1e6:.0f} MB",
            goal=f"≤ {seconds:.0f} 秒（不比抽取本身久），≤ {MEGABYTES:.0f} MB，临时文件不大于证明包",
            met=took <= seconds and peak.megabytes <= MEGABYTES and disk[0] <= bundle.stat().st_size,
        )


@contextmanager
def _largest(folder: Path) -> Iterator[list[int]]:
    """Watch how many bytes lie below a folder; the first item of the list is the most."""
    most, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(_PAUSE_SECONDS):
            sizes = []
            for path in folder.rglob("*"):
                try:
                    sizes.append(path.stat().st_size)
                except OSError:
                    continue
            most[0] = max(most[0], sum(sizes))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()
