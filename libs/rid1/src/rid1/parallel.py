"""Runs parts of a large job in child interpreters, one per core.

Own interpreters instead of `multiprocessing`: forking a service that has threads is unsafe, and spawning would
import the service's main module in every child. A child holds nothing but `rid1`. What is pickled travels only
between this process and its own children.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

from rid1.errors import RidError

Tick = Callable[[int], None]
"""Called with the number of bytes or targets finished since the last call."""

_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from rid1.parallel import child; child()"


def cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(target: Callable[..., Any], parts: Sequence[tuple[Any, ...]], tick: Tick | None = None) -> list[Any]:
    """Calls `target(*part, tick)` for every part, at once, in child interpreters; results in the order of the parts.

    `target` is a module-level function of rid1. A RidError of a child is raised here, the earliest part's first.
    """
    if len(parts) <= 1:
        return [target(*part, tick or (lambda _: None)) for part in parts]
    children: list[subprocess.Popen[bytes]] = []
    try:
        for part in parts:
            child_process = _start()
            children.append(child_process)
            assert child_process.stdin is not None
            pickle.dump(
                (target.__module__, target.__name__, part), child_process.stdin, pickle.HIGHEST_PROTOCOL
            )
            child_process.stdin.close()
        with ThreadPoolExecutor(len(parts)) as readers:
            answers = list(readers.map(lambda running: _collect(running, tick), children))
    finally:
        for running in children:
            if running.poll() is None:
                running.kill()
            running.wait()
            assert running.stdout is not None
            running.stdout.close()
    for answer in answers:
        if isinstance(answer, RidError):
            raise answer
    return answers


def _start() -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parent.parent)
    command = [sys.executable, "-I", "-S", "-c", _BOOT, root]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own code


def _collect(running: subprocess.Popen[bytes], tick: Tick | None) -> Any:
    assert running.stdout is not None
    while True:
        try:
            done, answer = pickle.load(running.stdout)  # noqa: S301 - our own child or parent
        except EOFError:
            code = running.wait()
            raise RuntimeError(f"a child of rid1 ended without an answer (exit {code})") from None
        if done:
            return answer
        if tick is not None:
            tick(answer)


def child() -> None:
    """Entry point of a child interpreter: one job from stdin, progress and the answer to stdout."""
    out = sys.stdout.buffer
    sys.stdout = sys.stderr
    module, name, part = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own child or parent

    def tick(amount: int) -> None:
        pickle.dump((False, amount), out)
        out.flush()

    try:
        answer = getattr(import_module(module), name)(*part, tick)
    except RidError as error:
        answer = error
    pickle.dump((True, answer), out, pickle.HIGHEST_PROTOCOL)
    out.flush()
