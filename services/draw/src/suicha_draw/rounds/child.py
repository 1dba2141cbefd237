"""Starts `suicha_draw.compute` for a deed and follows it; in a worker, keeps one child from deed to deed.

To load rid1 with its compiled kernels takes a fresh interpreter longer than most draws (decision 0046).
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from suicha_chassis.app import Runtime

Progress = Callable[[str, int, int], Awaitable[None]]

KEPT_BELOW = 400 << 10
"""KiB. A child that once needed more is replaced after its deed, so that the memory goes back."""

_LINE_LIMIT = 64 << 20
"""Bytes of the longest answer: the naming of a thousand objects fits many times over."""


class DeedRefusedError(Exception):
    """RID/1 refuses; `code` is rid1's, `zh` says why."""

    def __init__(self, code: str, zh: str) -> None:
        super().__init__(code, zh)
        self.code = code
        self.zh = zh


class Standby:
    """The one child of a worker that has loaded everything, and whether it is free for a deed."""

    def __init__(self) -> None:
        self.child: Process | None = None
        self.free = False
        self.missing = asyncio.Event()

    def take(self) -> Process | None:
        """Return the child if it waits for a deed; it is the caller's until it is given back."""
        if self.child is None or not self.free:
            return None
        self.free = False
        if self.child.returncode is None:
            return self.child
        self.missing.set()
        return None

    def give_back(self, child: Process) -> bool:
        """Let the child wait for its next deed; False if it is not the one kept."""
        if child is not self.child:
            return False
        self.free = True
        return True


_standby: Standby | None = None


async def keep_one_ready(runtime: Runtime) -> None:
    """Have a child wait that has loaded everything, as long as this runs; replace it when it is gone.

    Where nobody has compiled the kernels yet, another child does so first, and takes its memory with it.
    """
    global _standby  # noqa: PLW0603 - one for each process, like the loop that keeps it
    mine = _standby = Standby()
    try:
        mine.child = await _start()
        _answer_of(await _ask(mine.child, {"deed": "compile"}, _unheard))
        while True:
            if mine.child.returncode is None:
                await _end(mine.child)
            mine.child = await _start()
            _answer_of(await _ask(mine.child, {"deed": "warm"}, _unheard))
            mine.missing.clear()
            mine.free = True
            await mine.missing.wait()
    finally:
        if _standby is mine:
            _standby = None
        if mine.child is not None:
            await _end(mine.child)


async def compute(deed: str, progress: Progress, **task: Any) -> dict[str, Any]:
    """Have a child do a deed and return its answer; `progress` is told (stage, done, total).

    Raises:
        DeedRefusedError: RID/1 forbids it.
        RuntimeError: the child died; it may be tried again.
    """
    standby = _standby
    child = (standby.take() if standby else None) or await _start()
    kept = False
    try:
        said = await _ask(child, {"deed": deed, **task}, progress)
        kept = standby is not None and said["peak"] <= KEPT_BELOW and standby.give_back(child)
    finally:
        if not kept:
            await _end(child)
            if standby is not None and child is standby.child:
                standby.missing.set()
    return _answer_of(said)


async def _start() -> Process:
    command = (sys.executable, "-m", "suicha_draw.compute")
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=_LINE_LIMIT)


async def _ask(child: Process, task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Hand over a task and return the child's last word on it."""
    assert child.stdin is not None and child.stdout is not None
    with suppress(ConnectionError):  # a child that died says no last word either
        child.stdin.write(json.dumps(task).encode() + b"\n")
        await child.stdin.drain()
    async for line in child.stdout:
        said: dict[str, Any] = json.loads(line)
        if "progress" not in said:
            return said
        await progress(*said["progress"])
    raise RuntimeError(f"the child doing {task['deed']} ended without an answer")


def _answer_of(said: Mapping[str, Any]) -> dict[str, Any]:
    if "fault" in said:
        raise DeedRefusedError(said["fault"]["code"], said["fault"]["zh"])
    answer: dict[str, Any] = said["done"]
    return answer


async def _end(child: Process) -> None:
    assert child.stdin is not None
    child.stdin.close()
    if child.returncode is None:
        await child.wait()


async def _unheard(step: str, done: int, total: int) -> None:
    """Nobody follows how far the loading is."""
