"""The local platform keeps its promises: nothing is left behind, and a second copy runs beside the first."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from suicha_local.home import Home
from suicha_local.platform import Platform

pytestmark = pytest.mark.slow

START = """
import sys, time
from pathlib import Path
from suicha_local.home import Home
from suicha_local.platform import Platform
Platform(Home(Path(sys.argv[1])), lambda text: None).up(bound=True)
print("ready", flush=True)
time.sleep(600)
"""


def processes_of(folder: Path) -> list[str]:
    """Command lines of all living processes that name a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = entry.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(folder) in text and str(os.getpid()) != entry.parent.name:
            found.append(text)
    return found


def test_a_second_copy_runs_beside_the_first_and_dies_with_the_demonstration_that_was_killed(
    running, tmp_path: Path
):
    folder = tmp_path / "second"
    starter = subprocess.Popen([sys.executable, "-c", START, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert starter.stdout is not None and starter.stdout.readline().strip() == "ready"
        second = Home(folder)
        assert not set(second.ports.values()) & set(running.home.ports.values())
        states = {one["name"]: one["statename"] for one in Platform(second).status()}
        assert len(states) == 11 and set(states.values()) == {"RUNNING"}
        starter.send_signal(signal.SIGKILL)
        starter.wait(10)
        ends = time.monotonic() + 40
        while processes_of(folder) and time.monotonic() < ends:
            time.sleep(0.1)
        assert processes_of(folder) == []
        assert running.platform.running()
    finally:
        Platform(Home(folder)).remove()
    assert not folder.exists()
